"""Who may read which case: the same question wherever one is read."""

from uuid import UUID

from chassis.database.database import Session
from chassis.security.principal import Principal
from contracts.policy import Circumstances
from services.reporting.errors import EnrolmentUnknown
from services.reporting.store import access, reports


def readable(session: Session, caller: Principal, enrolment_id: UUID) -> Circumstances:
    """Say how a caller stands to a case; raises `EnrolmentUnknown` for whoever may know nothing of it.

    The device desk watches over all; a file manager over what the zone of its token manages; victim support
    follows what its partner proposed (in its zone, if its token names one). A conflict of interest beats it
    all.
    """
    managing = reports.zone_of(session, enrolment_id)
    partner = caller.partner if "follow_up" in caller.roles else None
    own = partner is not None and access.proposed(session, enrolment_id, partner, caller.zone)
    allowed = own or "device_desk" in caller.roles
    allowed = allowed or ("file_manager" in caller.roles and caller.zone == managing)
    if managing is None or not allowed or access.is_conflicted(session, enrolment_id, caller.subject):
        raise EnrolmentUnknown("no such enrolment", field="enrolment_id")
    return Circumstances(own_case=own)
