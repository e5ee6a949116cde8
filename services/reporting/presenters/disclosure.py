"""The one door of the policy table in reporting: what may be known of a case is decided, and logged, here."""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from chassis.database.unit_of_work import UnitOfWork
from chassis.security import access_policy, audit
from chassis.security.access_policy import Limited
from chassis.security.audit import Purpose
from contracts.policy import Circumstances, audiences

M = TypeVar("M", bound=BaseModel)


def limit(uow: UnitOfWork, how: Circumstances, answer: M) -> Limited[M]:
    """Limit an answer to what the caller may know of the case, unlogged."""
    return access_policy.limit(answer, audiences(uow.caller.roles), how)


def log_read(uow: UnitOfWork, enrolment_id: UUID, fields: Iterable[str]) -> None:
    """Log that the caller reads these fields of a case."""
    about = Purpose("follow-up", f"enrolment:{enrolment_id}")
    uow.tx.write(audit.entry(uow.caller, "read", about, fields))
