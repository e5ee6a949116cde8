"""Which cases a caller may read and change. A conflict of interest beats every role."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from uuid import UUID

from chassis.database import unit_of_work
from chassis.database.damaged_rows import Known
from chassis.database.database import Session
from chassis.errors import Forbidden
from chassis.security.principal import Principal
from services.committee.domain.protocol import ProtocolContent, Reach, VersionState
from services.committee.domain.roles import COMMITTEE
from services.committee.errors import ApplicationUnknown
from services.committee.models import ApplicationRow, HistoryRow
from services.committee.store import cases, encrypted_columns, protocols
from services.committee.store.access_scope import AccessScope, Own


@dataclass(frozen=True)
class Reading(unit_of_work.UnitOfWork):
    """A caller who looks, at one moment: what is read stands in the audit log, or is not read."""

    @cached_property
    def scope(self) -> AccessScope:
        """Say which cases the caller may know, conflicts apart; asked once, by whatever asks first."""
        return scope_of(self.session, self.caller)

    def readable(self, application_id: UUID) -> ApplicationRow:
        """Find an application that the caller may see; raises `ApplicationUnknown`, also for a conflict."""
        return self._found(application_id, lock=False)

    def _found(self, application_id: UUID, *, lock: bool) -> ApplicationRow:
        row = cases.application(self.session, application_id, self.scope, lock=lock)
        if row is None:
            raise ApplicationUnknown("there is no such application")
        if cases.is_conflicted(self.session, self.caller.subject, row.id, row.enrolment_id):
            raise ApplicationUnknown("there is no such application")
        return row

    def is_conflicted(self, enrolment_id: UUID) -> bool:
        """Say whether the caller has a conflict of interest in any case of this victim."""
        return cases.is_conflicted(self.session, self.caller.subject, None, enrolment_id)


@dataclass(frozen=True)
class UnitOfWork(Reading):
    """A caller who changes something: all of it happens or nothing."""

    def changeable(self, application_id: UUID) -> ApplicationRow:
        """Lock an application that the caller may see and change, and raise its number.

        Raises `ApplicationUnknown`.
        """
        row = self._found(application_id, lock=True)
        row.number += 1
        return row

    def lock(self, application_id: UUID) -> ApplicationRow:
        """Lock the application behind something that the caller may answer for."""
        row = cases.application(self.session, application_id, lock=True)
        if row is None:
            raise ApplicationUnknown("there is no such application")
        row.number += 1
        return row

    def note(self, subject_id: UUID, what: str, details: Mapping[str, object] | None = None) -> None:
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


def scope_of(session: Session, caller: Principal) -> AccessScope:
    """Say which cases a caller may know, conflicts of interest apart; the rule itself is in `AccessScope`."""
    ours, covered, elsewhere = set[UUID](), set[str](), set[str]()
    for row in protocols.binding(session):
        reach = reach_of(row.id, row.content)
        if reach.holds(caller.partner, caller.district, caller.zone):
            ours.add(row.id)
            covered |= set(reach.zones)
        elif row.state == VersionState.IN_FORCE:
            elsewhere |= set(reach.zones)
    outside = "procureur_general" in caller.roles and not caller.roles & COMMITTEE
    own = None if outside else own_cases(caller)
    return AccessScope(
        caller.subject, frozenset(ours), frozenset(covered), frozenset(elsewhere - covered), own, outside
    )


# Of a protocol that cannot be read nobody knows whose it is; all others are as ever.
_NOBODYS = Reach("", (), ())


def reach_of(protocol_id: UUID, content: ProtocolContent) -> Reach:
    """Say whose a protocol is, by what it says."""
    return Known("protocol", protocol_id).read("content", partial(_reach, content), _NOBODYS)


def _reach(content: ProtocolContent) -> Reach:
    partners = [str(partner["id"]) for partner in content["partners"]]
    return Reach(str(content["district"]), [str(zone) for zone in content["zones"]], partners)


def own_cases(caller: Principal) -> Own | None:
    """Say whose applications a caller sees: those of its partner and zone, or (None) those of its committees.

    Victim support works in many zones, and its people without one see all that it proposed.
    """
    if caller.roles & COMMITTEE:
        return None
    any_zone = caller.zone is None and "follow_up" in caller.roles
    return Own(partner_of(caller), caller.zone, any_zone)


def partner_of(caller: Principal) -> str:
    """Return the partner that the caller acts for; raises `Forbidden`."""
    if caller.partner is None:
        raise Forbidden("the token names no partner", field="partner")
    return caller.partner
