"""Bring one service's database to its newest schema: `python -m chassis.database.migrate alarm`."""

import sys
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def config_of(service: str) -> Config:
    """Make Alembic's configuration of one service; the database is the secret `database_url`."""
    found = find_spec(f"services.{service}")
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"there is no service {service!r}")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("version_locations", f"{found.submodule_search_locations[0]}/migrations/versions")
    config.set_main_option("path_separator", "newline")
    return config


def newest_revision(service: str) -> str | None:
    """Give the revision of the newest schema; None without migrations. Raise CommandError if there are two."""
    return ScriptDirectory.from_config(config_of(service)).get_current_head()


def upgrade(service: str) -> None:
    """Apply what is missing."""
    command.upgrade(config_of(service), "head")


if __name__ == "__main__":
    upgrade(sys.argv[1])
