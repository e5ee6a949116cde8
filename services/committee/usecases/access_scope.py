"""Which cases a caller may read and change. A conflict of interest beats every role."""

from functools import partial
from uuid import UUID

from chassis.database.damaged_rows import Known
from chassis.database.database import Session
from chassis.errors import Forbidden
from chassis.security.principal import Principal
from services.committee.domain.protocol import ProtocolContent, Reach, VersionState
from services.committee.domain.roles import COMMITTEE
from services.committee.store import protocols
from services.committee.store.access_scope import AccessScope, Own


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
