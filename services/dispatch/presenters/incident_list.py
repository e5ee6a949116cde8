"""The incidents of a control room or a unit, as a list and as the first frames of a stream."""

from chassis.database.database import Session
from chassis.runtime import clock
from chassis.security.principal import Principal
from services.dispatch.domain.unverified_groups import LASTS, Line, grouped
from services.dispatch.models import IncidentRow
from services.dispatch.presenters.disclosure import Disclosures
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.schemas.incidents import IncidentView, UnverifiedGroup
from services.dispatch.store.incidents import load_open_incidents, load_served_incidents
from services.dispatch.usecases.context import Context


def disclose_open_incidents(
    session: Session, context: Context, disclosures: Disclosures, caller: Principal, control_room_id: str
) -> list[IncidentView]:
    """Disclose the open incidents of a room, most urgent first; a flood that nobody verified is one."""
    lines = grouped(load_open_incidents(session, control_room_id))
    whole = load_views(context, session, [line.representative.id for line in lines], clock.now())
    groups = {line.representative.id: _group(line) for line in lines if line.alike}
    found = (view.model_copy(update={"group": groups.get(view.incident_id)}) for view in whole)
    return [disclosures.disclose(caller, view) for view in found]


def open_views(session: Session, context: Context, control_room_id: str) -> list[IncidentView]:
    """Read the views of a room's open incidents, as they are before anybody is shown them."""
    found = load_open_incidents(session, control_room_id)
    return load_views(context, session, [each.id for each in found], clock.now())


def served_views(
    session: Session, context: Context, unit_id: str | None = None, control_room_id: str | None = None
) -> list[IncidentView]:
    """Read the views of what this unit, or the units of this room, hold an order for."""
    found = load_served_incidents(session, unit_id, control_room_id)
    return load_views(context, session, [each.id for each in found], clock.now())


def _group(line: Line[IncidentRow]) -> UnverifiedGroup:
    return UnverifiedGroup(
        count=len(line.alike),
        incident_ids=[each.id for each in line.alike],
        presses={each.id: each.presses for each in line.alike},
        first_raised_at=line.representative.raised_at,
        last_raised_at=line.alike[-1].raised_at,
        until=line.representative.raised_at + LASTS,
    )
