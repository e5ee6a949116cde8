"""Reminders: nothing of them is personal."""

from collections.abc import Iterable

from chassis.database import damaged_rows
from chassis.database.unit_of_work import UnitOfWork
from services.registry.models import ReminderRow
from services.registry.presenters.disclosure import log_write
from services.registry.schemas.file import ReminderOut


def present_reminders(rows: Iterable[ReminderRow]) -> list[ReminderOut]:
    """Present reminders, also where one is damaged."""
    return [damaged_rows.present_row_in_part(ReminderOut, dict(row), "reminder", row.id) for row in rows]


def confirm_reminder(uow: UnitOfWork, row: ReminderRow) -> ReminderOut:
    """Log that the caller settled a reminder, and show it."""
    log_write(uow, row.enrolment_id, "reminder")
    return ReminderOut.model_validate(row, from_attributes=True)
