"""What must be looked at."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.registry.api.dependencies import FileManagerUnitOfWork
from services.registry.presenters.reminders import confirm_reminder, present_reminders
from services.registry.schemas.file import ReminderOut
from services.registry.usecases import reminders

router = APIRouter(prefix="/v1/reminders", tags=["reminders"])


@router.get("")
def listed(uow: FileManagerUnitOfWork, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[ReminderOut]:
    """List what the caller's zone must look at now, the highest step first."""
    return present_reminders(reminders.list_reminders(uow, limit))


@router.post("/{reminder_id}/settle")
def settle(reminder_id: UUID, uow: FileManagerUnitOfWork) -> ReminderOut:
    """Say that it was looked at; what a card still says of it comes back with its next version."""
    return confirm_reminder(uow, reminders.settle_reminder(uow, reminder_id))
