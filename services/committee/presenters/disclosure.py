"""The one door of the policy table: what is disclosed or written through it stands in the audit log."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from chassis.security import audit
from chassis.security.audit import Purpose
from contracts.policy import Circumstances
from services.committee.domain.application import State
from services.committee.models import ApplicationRow
from services.committee.usecases.access_scope import own_cases
from services.committee.usecases.unit_of_work import CaseReading

M = TypeVar("M", bound=BaseModel)


def purpose_of(kind: str, subject_id: UUID) -> Purpose:
    """Say in the audit log why, and about what: an `application`, a `meeting`, a `handover`."""
    return Purpose("decision on an alarm", f"{kind}:{subject_id}")


def log_read(reading: CaseReading, purpose: Purpose, *fields: str) -> None:
    """Log that the caller reads these fields."""
    reading.tx.write(audit.entry(reading.caller, "read", purpose, fields))


def log_write(reading: CaseReading, application_id: UUID, fields: Iterable[str]) -> None:
    """Log that the caller changes these fields of a case."""
    audit.wrote(reading.tx, reading.caller, purpose_of("application", application_id), fields)


def disclose(reading: CaseReading, row: ApplicationRow, answer: M, *, author: bool = False) -> M:
    """Limit an answer about a case to what the caller may know, and log it. `author`: theirs wrote it."""
    how = _standing(reading, row)
    how = replace(how, author=how.author or author)
    return audit.disclose(reading.tx, reading.caller, purpose_of("application", row.id), answer, how)


def disclose_to_member(reading: CaseReading, purpose: Purpose, answer: M) -> M:
    """Disclose to a member what belongs to no application."""
    return audit.disclose(reading.tx, reading.caller, purpose, answer, Circumstances())


def _standing(reading: CaseReading, row: ApplicationRow) -> Circumstances:
    """Say how the caller stands to a case. Who writes a draft reads all of it."""
    own_ones = own_cases(reading.caller)
    own = own_ones is None or own_ones.holds(row)
    return Circumstances(own_case=own, author=own and row.state == State.DRAFT, chosen=True)
