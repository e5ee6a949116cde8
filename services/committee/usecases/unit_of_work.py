"""One request of one caller, with the cases that exist for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from chassis.database.unit_of_work import UnitOfWork
from services.committee.errors import ApplicationUnknown
from services.committee.models import ApplicationRow, HistoryRow
from services.committee.store import cases, conflicts, encrypted_columns
from services.committee.store.access_scope import AccessScope
from services.committee.usecases.access_scope import scope_of


@dataclass(frozen=True)
class CaseReading(UnitOfWork):
    """A caller who looks, at one moment: what is read stands in the audit log, or is not read."""

    @cached_property
    def scope(self) -> AccessScope:
        """Say which cases the caller may know, conflicts apart; asked once, by whatever asks first."""
        return scope_of(self.session, self.caller)

    def find_case(self, application_id: UUID) -> ApplicationRow:
        """Find an application that the caller may see; raises `ApplicationUnknown`, also for a conflict."""
        return self._found(application_id, lock=False)

    def _found(self, application_id: UUID, *, lock: bool) -> ApplicationRow:
        row = cases.application(self.session, application_id, self.scope, lock=lock)
        if row is None:
            raise ApplicationUnknown("there is no such application")
        if conflicts.is_conflicted(self.session, self.caller.subject, row.id, row.enrolment_id):
            raise ApplicationUnknown("there is no such application")
        return row

    def is_conflicted(self, enrolment_id: UUID) -> bool:
        """Say whether the caller has a conflict of interest in any case of this victim."""
        return conflicts.is_conflicted(self.session, self.caller.subject, None, enrolment_id)


@dataclass(frozen=True)
class CaseUnitOfWork(CaseReading):
    """A caller who changes something: all of it happens or nothing."""

    def lock_case(self, application_id: UUID) -> ApplicationRow:
        """Lock an application that the caller may see and change, and raise its number.

        Raises `ApplicationUnknown`.
        """
        row = self._found(application_id, lock=True)
        row.number += 1
        return row

    def lock_any_case(self, application_id: UUID) -> ApplicationRow:
        """Lock the application behind something that the caller may answer for."""
        row = cases.application(self.session, application_id, lock=True)
        if row is None:
            raise ApplicationUnknown("there is no such application")
        row.number += 1
        return row

    def add_history(self, subject_id: UUID, what: str, details: Mapping[str, object] | None = None) -> None:
        """Write into the history of a protocol, a case or a meeting."""
        row = HistoryRow(
            subject_id=subject_id,
            what=what,
            at=self.at,
            by=self.caller.subject,
            partner=self.caller.partner,
            encrypted=self.encrypt(encrypted_columns.history(subject_id, what), dict(details))
            if details
            else None,
        )
        cases.add_history(self.session, row)
