"""The one door of the policy table: what is disclosed or written through it stands in the audit log."""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from chassis.database.unit_of_work import UnitOfWork
from chassis.security import audit
from chassis.security.audit import Purpose
from contracts.policy import Audience, Circumstances

M = TypeVar("M", bound=BaseModel)


def purpose_of(enrolment_id: UUID) -> Purpose:
    """Say in the audit log why, and about which file."""
    return Purpose("file management", f"enrolment:{enrolment_id}")


def stock_purpose_of(item_id: UUID) -> Purpose:
    """Say in the audit log why, and about which item of the stock."""
    return Purpose("device stock", f"stock:{item_id}")


def log_write(uow: UnitOfWork, enrolment_id: UUID, *fields: str) -> None:
    """Log that the caller changes these fields of a file."""
    audit.wrote(uow.tx, uow.caller, purpose_of(enrolment_id), fields)


def log_stock_write(uow: UnitOfWork, item_id: UUID) -> None:
    """Log that the caller changes where an item of the stock is."""
    audit.wrote(uow.tx, uow.caller, stock_purpose_of(item_id), ("stock.status",))


def log_read(uow: UnitOfWork, enrolment_id: UUID, fields: Iterable[str]) -> None:
    """Log that the caller reads these fields of a file."""
    uow.tx.write(audit.entry(uow.caller, "read", purpose_of(enrolment_id), fields))


def log_break_glass(uow: UnitOfWork, enrolment_id: UUID) -> None:
    """Log that the caller opens a file that is not theirs."""
    uow.tx.write(audit.entry(uow.caller, "break_glass", purpose_of(enrolment_id), ("file",)))


def disclose(uow: UnitOfWork, enrolment_id: UUID, answer: M) -> M:
    """Limit an answer to what may be read of a file, and log it: whoever gets here reads as its manager."""
    who = frozenset({Audience.FILE_MANAGER})
    return audit.disclose(uow.tx, uow.caller, purpose_of(enrolment_id), answer, Circumstances(), who)


def disclose_stock(uow: UnitOfWork, item_id: UUID, answer: M) -> M:
    """Limit an answer to what the caller's roles may read of an item that is part of a device, and log it."""
    return audit.disclose(uow.tx, uow.caller, stock_purpose_of(item_id), answer, Circumstances())
