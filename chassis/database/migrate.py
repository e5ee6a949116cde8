"""Bring one service's database to its newest schema: `python -m chassis.database.migrate alarm`."""

import sys
from importlib.util import find_spec

from alembic import command
from alembic.config import Config


def config_of(service: str) -> Config:
    """Make Alembic's configuration of one service; the database is the secret `database_url`."""
    found = find_spec(f"services.{service}.migrations")
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"there are no migrations of a service {service!r}")
    config = Config()
    config.set_main_option("script_location", found.submodule_search_locations[0])
    return config


def upgrade(service: str) -> None:
    """Apply what is missing."""
    command.upgrade(config_of(service), "head")


if __name__ == "__main__":
    upgrade(sys.argv[1])
