"""Bring one service's database to its newest schema: `python -m chassis.migrate alarm`."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

import services


def config_of(service: str) -> Config:
    """Alembic's configuration of one service; the database comes from DATABASE_URL."""
    config = Config()
    config.set_main_option("script_location", str(Path(services.__path__[0]) / service / "migrations"))
    config.attributes["service"] = service
    return config


def upgrade(service: str) -> None:
    """Apply what is missing."""
    command.upgrade(config_of(service), "head")


if __name__ == "__main__":
    upgrade(sys.argv[1])
