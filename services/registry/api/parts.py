"""What every part of the API has in common: who may call, one unit of work a request, the audit log."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from psycopg.errors import UniqueViolation
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from chassis.database.database import Database
from chassis.security import audit
from chassis.security.audit import Purpose
from chassis.security.auth import require
from chassis.security.principal import Caller
from chassis.security.vault import Vault
from contracts.policy import Audience, Circumstances
from services.registry.errors import DoneAtOnce
from services.registry.settings import RegistrySettings
from services.registry.usecases.work import Work

M = TypeVar("M", bound=BaseModel)

# Who may break the glass, and so read what is not theirs.
READERS = ("file_manager", "supervisor", "magistrate")

FileManager = Annotated[Caller, require("file_manager")]
Reader = Annotated[Caller, require(*READERS)]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the handlers of one application share."""

    database: Database
    vault: Vault
    settings: RegistrySettings

    @contextmanager
    def work(self, caller: Caller) -> Iterator[Work]:
        """One transaction of a caller; raises `DoneAtOnce` where another one made the same meanwhile."""
        try:
            with self.database.transaction() as tx:
                yield Work(tx, self.vault, caller)
        except IntegrityError as error:
            if not isinstance(error.orig, UniqueViolation):
                raise
            raise DoneAtOnce("somebody else did the same meanwhile: look again") from None


def about(enrolment_id: UUID) -> Purpose:
    """What an entry of the audit log about a file says."""
    return Purpose("file management", f"enrolment:{enrolment_id}")


def wrote(work: Work, enrolment_id: UUID, *fields: str) -> None:
    """The caller changes these fields of a file."""
    audit.wrote(work.tx, work.caller, about(enrolment_id), fields)


def read(work: Work, enrolment_id: UUID, fields: Iterable[str]) -> None:
    """The caller reads these fields of a file."""
    work.tx.write(audit.entry(work.caller, "read", about(enrolment_id), fields))


def shown(work: Work, enrolment_id: UUID, answer: M) -> M:
    """What may be read of a file: whoever gets this far reads it as its manager does."""
    who = frozenset({Audience.FILE_MANAGER})
    return audit.disclose(work.tx, work.caller, about(enrolment_id), answer, Circumstances(), who)
