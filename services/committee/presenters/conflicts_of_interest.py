"""Declared conflicts of interest, for who may withdraw them."""

from collections.abc import Iterable
from uuid import UUID

from chassis.security.accounts import is_one_of
from services.committee.models import ConflictRow
from services.committee.presenters.disclosure import log_read, log_write, purpose_of
from services.committee.presenters.rows import present_row
from services.committee.schemas.opinion import ConflictOut
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


def disclose_conflicts(
    reading: CaseReading, application_id: UUID, found: Iterable[tuple[ConflictRow, str]]
) -> list[ConflictOut]:
    """Disclose whose conflicts of interest were declared in a case, by whom and why; withdrawn ones too."""
    log_read(reading, purpose_of("application", application_id), "conflict")
    return [_conflict(*each) for each in found]


def log_conflict(uow: CaseUnitOfWork, application_id: UUID) -> None:
    """Log that the caller declared or withdrew one."""
    log_write(uow, application_id, ("conflict",))


def _conflict(found: ConflictRow, reason: str) -> ConflictOut:
    """Present a conflict of interest, and whether the person said so."""
    return present_row(ConflictOut, found, reason=reason, own=is_one_of(found.subject, [found.declared_by]))
