"""Where an open alarm is now: by a further press of its subject, or by a further fix of its device.

A press that joins is routed like a first one. Rooms in whose area it is are brought in, a newer place wins over
an older one, and where it is far from what somebody acknowledged it rings again: nobody has taken that.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from opentelemetry.trace import Span

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.timers import Due
from chassis.runtime import clock
from contracts.common import Fix
from contracts.dispatch import IncidentRelocated
from services.dispatch.domain.flags import FLAGS_OF_A_PLACE, merged
from services.dispatch.domain.geography import to_metres
from services.dispatch.domain.locations import fix_time
from services.dispatch.domain.routing import Basis, Route
from services.dispatch.models import IncidentRow
from services.dispatch.store.incidents import touch_incident
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.notify import changed, tell_queues
from services.dispatch.usecases.raise_alarms.persist import after
from services.dispatch.usecases.raise_alarms.raised import Raised
from services.dispatch.usecases.send_unit import look_nearer

RE_PRESS = "re_press"
# What other clocks may be ahead of this one.
_AHEAD = timedelta(seconds=2)


def join(
    tx: Transaction, context: Context, incident: IncidentRow, presses: Sequence[Raised], now: datetime
) -> None:
    """Further presses of an open incident, however many, in one change. They are counted already."""
    placed = [press for press in presses if press.alarm.fix and press.route.basis is Basis.CURRENT_FIX]
    newest = max(placed, key=_measured_at, default=None)
    here = newest is not None and _is_newer(_measured_at(newest), incident.fix_at, now)
    came, far = list[str](), False
    if newest is not None and newest.alarm.fix is not None and here:
        before = context.open_fix(incident)
        came = move(
            tx, context, incident, newest.alarm.fix, _measured_at(newest), newest.route, now, newest.span
        )
        far = bool(came) or is_far(before, newest.alarm.fix, context.settings.ring_again_m)
    # Taken between the look and the join: nobody who took it saw a press that proves nothing.
    far = far or (incident.lane == "unverified" and incident.acknowledged_at is not None)
    flags = merged(incident.flags, *(press.flags for press in presses), [RE_PRESS])
    if incident.fix is not None:
        flags = [flag for flag in flags if flag != "no_location"]
    touch_incident(tx.session, incident, now, flags=flags)
    if far:
        _ring_again(tx, context, incident, now)
    if newest is not None and here:
        look_nearer(tx, context, incident, now, far=far)
    changed(tx, context, incident, presses[-1].span)
    tell_queues(tx, context, incident, presses[-1].span)


def move(
    tx: Transaction,
    context: Context,
    incident: IncidentRow,
    fix: Fix,
    at: datetime,
    route: Route,
    now: datetime,
    span: Span | None,
) -> list[str]:
    """A newer place of an incident; the control rooms that this brings in."""
    previous, had = incident.zone_id, {incident.cic_id, *incident.also_cics}
    reached = merged([route.cic], (n.cic for n in route.neighbours))
    touch_incident(
        tx.session,
        incident,
        now,
        fix=context.seal_fix(incident.subject, fix),
        fix_at=at,
        zone_id=route.zone,
        border_zones=[n.zone for n in route.neighbours],
        also_cics=[cic for cic in merged(incident.also_cics, reached) if cic != incident.cic_id],
        basis=route.basis,
        flags=merged((f for f in incident.flags if f not in FLAGS_OF_A_PLACE), sorted(route.flags)),
    )
    if route.zone is not None and route.zone != previous:
        tx.publish(
            IncidentRelocated(
                incident_id=incident.id,
                at=now,
                control_room_id=route.cic,
                zone_id=route.zone,
                previous_zone_id=previous,
            ),
            cause=span,
        )
    return [room for room in reached if room not in had]


def follow(
    tx: Transaction, context: Context, incident: IncidentRow, fix: Fix, received_at: datetime, span: Span | None
) -> None:
    """A further fix. An older one than the last is ignored; a border crossed brings the other side in."""
    at, now = fix_time(fix, received_at), clock.now()
    route = context.board.route(fix, None)
    if route.basis is not Basis.CURRENT_FIX or not _is_newer(at, incident.fix_at, now):
        return
    now_known = incident.basis != Basis.CURRENT_FIX
    move(tx, context, incident, fix, at, route, now, span)
    if now_known:
        # Who went to her address or to her zone is perhaps far from where she is.
        look_nearer(tx, context, incident, now, far=True)
    changed(tx, context, incident, span)


def _is_newer(at: datetime, before: datetime | None, now: datetime) -> bool:
    """Whether a place is newer than the one before. One that is to come would hide all others until then."""
    return before is None or at > before or before > now + _AHEAD


def is_far(before: Fix | None, now: Fix, metres: float) -> bool:
    """Whether two places are known to be further apart than so many metres."""
    if before is None:
        return False
    return math.dist(to_metres(before.lat, before.lon), to_metres(now.lat, now.lon)) > metres


def _measured_at(press: Raised) -> datetime:
    alarm = press.alarm
    return fix_time(alarm.fix, alarm.received_at) if alarm.fix else alarm.received_at


def _ring_again(tx: Transaction, context: Context, incident: IncidentRow, now: datetime) -> None:
    """Whoever took it took it for somewhere else: all of the ladder begins anew.

    Where nobody took it the ladder goes on: who presses again and again must not hold it back.
    """
    if incident.acknowledged_at is None:
        return
    key = str(incident.id)
    timers.cancel(tx.session, key, ["acknowledge", "unsent"])
    due_at = after(now, context.settings.escalate_after_s[0])
    timers.schedule(tx.session, [Due(kind="acknowledge", subject_id=key, due_at=due_at)])
    touch_incident(tx.session, incident, now, acknowledged_at=None, acknowledged_by=None, escalation=None)
