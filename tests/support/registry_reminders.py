"""The reminders of a zone, as its desk is told of them."""

from chassis.database.database import Database
from contracts.registry import FileReminded
from services.registry.usecases import reminders
from tests.support.desks import Desk


def told(registry: Desk, database: Database, path: str) -> list[tuple[str, int]]:
    """What the worker tells now of one file."""
    while reminders.publish_due(database):
        pass
    found = [e for e in registry.published(path.rpartition("/")[2]) if e.type == FileReminded.TYPE]
    return [(e.data["kind"], e.data["reminder_step"]) for e in found]
