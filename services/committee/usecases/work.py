"""What every use case works with, and who may see which case."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import chassis.work
from chassis.caller import Caller
from chassis.errors import Forbidden
from services.committee.errors import ApplicationUnknown
from services.committee.models import ApplicationRow, HistoryRow
from services.committee.store import cases
from services.committee.usecases import sealed

# Who sees every case that they have no tie to; the rest sees what it proposed.
COMMITTEE = frozenset({"committee", "secretariat", "magistrate", "procureur"})


@dataclass(frozen=True, slots=True)
class Reading(chassis.work.Work):
    """A caller who looks, at one moment: what is read stands in the audit log, or is not read."""

    def visible(self, application_id: UUID, *, lock: bool = False) -> ApplicationRow:
        """An application that the caller may see; raises `ApplicationUnknown`. A tie beats every role.

        `lock`: it is to be changed, and its number rises.
        """
        row = cases.application(self.session, application_id, lock=lock)
        if row is None or not may_see(self.caller, row):
            raise ApplicationUnknown("there is no such application")
        if cases.is_tied(self.session, self.caller.subject, row.id, row.enrolment_id):
            raise ApplicationUnknown("there is no such application")
        if lock:
            row.number += 1
        return row

    def is_tied(self, enrolment_id: UUID) -> bool:
        """Whether the caller has a tie to a party of any case of this victim."""
        return cases.is_tied(self.session, self.caller.subject, None, enrolment_id)


@dataclass(frozen=True, slots=True)
class Work(Reading):
    """A caller who changes something: all of it happens or nothing."""

    def lock(self, application_id: UUID) -> ApplicationRow:
        """The application of something that the caller may answer for; nobody else changes it meanwhile."""
        row = cases.application(self.session, application_id, lock=True)
        if row is None:
            raise ApplicationUnknown("there is no such application")
        row.number += 1
        return row

    def note(self, subject_id: UUID, what: str, said: Mapping[str, Any] | None = None) -> None:
        """Write into the history of a protocol, a case or a meeting."""
        row = HistoryRow(
            subject_id=subject_id,
            what=what,
            at=self.at,
            by=self.caller.subject,
            partner=self.caller.partner,
            sealed=self.seal(sealed.history(subject_id, what), dict(said)) if said else None,
        )
        self.session.add(row)


def may_see(caller: Caller, row: ApplicationRow) -> bool:
    """Whether a caller without a tie to it may see a case: the committee all, a partner its own."""
    if caller.roles & COMMITTEE:
        return True
    if "procureur_general" in caller.roles:
        return row.protocol_id is None and row.submitted_at is not None
    own = own_cases(caller)
    return own is None or own.holds(row)


def own_cases(caller: Caller) -> cases.Own | None:
    """Whose applications a caller sees: those of its partner and zone, or (None) all.

    Victim support works in many zones, and its people without one see all that it proposed.
    """
    if caller.roles & COMMITTEE:
        return None
    any_zone = caller.zone is None and "follow_up" in caller.roles
    return cases.Own(partner_of(caller), caller.zone, any_zone)


def partner_of(caller: Caller) -> str:
    """The partner that the caller acts for; raises `Forbidden`."""
    if caller.partner is None:
        raise Forbidden("the token names no partner", field="partner")
    return caller.partner
