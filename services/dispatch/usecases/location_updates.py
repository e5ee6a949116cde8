"""Where an open alarm is now: a newer place wins, and brings in the rooms in whose area it is."""

import math
from datetime import datetime, timedelta

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from chassis.runtime import clock
from contracts.alarm import AlarmLocated
from contracts.common import Fix
from services.dispatch.domain.flags import FLAGS_OF_A_PLACE, merged
from services.dispatch.domain.geography import to_metres
from services.dispatch.domain.locations import fix_time
from services.dispatch.domain.routing import Basis, Route
from services.dispatch.events.outgoing import incident_relocated
from services.dispatch.models import IncidentRow
from services.dispatch.store.incidents import touch_incident
from services.dispatch.store.presses import note_fix_sequence
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.device_messages import lock_incident_of_message
from services.dispatch.usecases.notify import notify_watchers
from services.dispatch.usecases.send_unit import look_nearer

# What other clocks may be ahead of this one.
_AHEAD = timedelta(seconds=2)


def take_location(tx: Transaction, context: Context, located: AlarmLocated, span: Span | None) -> None:
    """Take a further fix of a device."""
    incident = lock_incident_of_message(tx, located, "fixes")
    if incident is not None:
        note_fix_sequence(tx.session, located.alarm_id, located.sequence)
        follow_fix(tx, context, incident, located.fix, located.received_at, span)


def move_incident(
    tx: Transaction,
    context: Context,
    incident: IncidentRow,
    fix: Fix,
    at: datetime,
    route: Route,
    now: datetime,
    span: Span | None,
) -> list[str]:
    """Move an incident to a newer place; returns the control rooms that this brings in."""
    previous, had = incident.zone_id, {incident.control_room_id, *incident.also_control_room_ids}
    reached = merged([route.control_room_id], (n.control_room_id for n in route.neighbours))
    touch_incident(
        tx.session,
        incident,
        now,
        fix=context.encrypt_fix(incident.subject, fix),
        fix_at=at,
        zone_id=route.zone,
        border_zones=[n.zone for n in route.neighbours],
        also_control_room_ids=[
            control_room_id
            for control_room_id in merged(incident.also_control_room_ids, reached)
            if control_room_id != incident.control_room_id
        ],
        basis=route.basis,
        flags=merged((f for f in incident.flags if f not in FLAGS_OF_A_PLACE), sorted(route.flags)),
    )
    if route.zone is not None and route.zone != previous:
        tx.publish(incident_relocated(incident, now, route.control_room_id, route.zone, previous), cause=span)
    return [room for room in reached if room not in had]


def follow_fix(
    tx: Transaction, context: Context, incident: IncidentRow, fix: Fix, received_at: datetime, span: Span | None
) -> None:
    """Follow a further fix.

    An older one than the last is ignored; a border crossed brings the other side in.
    """
    at, now = fix_time(fix, received_at), clock.now()
    route = context.situation.route(fix, None)
    if route.basis is not Basis.CURRENT_FIX or not is_newer(at, incident.fix_at, now):
        return
    now_known = incident.basis != Basis.CURRENT_FIX
    move_incident(tx, context, incident, fix, at, route, now, span)
    if now_known:
        # Who went to her address or to her zone is perhaps far from where she is.
        look_nearer(tx, context, incident, now, far=True)
    notify_watchers(tx, context, incident, span)


def is_newer(at: datetime, before: datetime | None, now: datetime) -> bool:
    """Say whether a place is newer than the one before.

    One that is to come would hide all others until then.
    """
    return before is None or at > before or before > now + _AHEAD


def is_far(before: Fix | None, now: Fix, metres: float) -> bool:
    """Say whether two places are known to be further apart than so many metres."""
    if before is None:
        return False
    return math.dist(to_metres(before.lat, before.lon), to_metres(now.lat, now.lon)) > metres
