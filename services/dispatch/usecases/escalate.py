"""What happens when nobody does: due rows are claimed and acted upon, whichever process is alive.

Each act commits together with the removal of its row, so a crash repeats it and nothing is skipped; what fails
is put off and hurts no other (chassis/database/timers.py).
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.timers import Due
from chassis.runtime import clock
from chassis.telemetry import metrics
from contracts.telemetry import INCIDENT_ESCALATED
from services.dispatch.domain.escalation import ABOUT_INCIDENTS, ladder_of
from services.dispatch.domain.flags import merged
from services.dispatch.events.outgoing import incident_escalated
from services.dispatch.models import IncidentRow
from services.dispatch.store import duty
from services.dispatch.store.incidents import lock_incident, roomless_incidents, touch_incident
from services.dispatch.store.orders import live_orders, orders_of, stale_proposals
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.due_rows import after
from services.dispatch.usecases.late_proofs import prove
from services.dispatch.usecases.locks import lock_order
from services.dispatch.usecases.notify import notify_queues, notify_watchers
from services.dispatch.usecases.order_actions import apply_move
from services.dispatch.usecases.send_unit import find_unit

log = logging.getLogger(__name__)

KINDS = (*ABOUT_INCIDENTS, "unit_answer")
# None of these waits longer: see settings.py.
_LONGEST = timedelta(minutes=10)


def act_on_due(context: Context) -> int:
    """Act on everything that is due, one transaction a timer; returns how many."""

    def act(tx: Transaction, row: Due) -> None:
        _ACTS[row.kind](tx, context, row, clock.now())

    return timers.act_on_due(context.database, KINDS, act, _LONGEST)


def look_again_for_stale(tx: Transaction, context: Context) -> None:
    """Look again where another alarm took a unit that was proposed.

    Look for the next one before somebody counts on it.
    """
    now = clock.now()
    fresh_since = after(now, -context.settings.unit_fresh_s)
    stale = stale_proposals(tx.session, fresh_since)
    timers.schedule(tx.session, [Due(kind="find_unit", subject_id=str(i), due_at=now) for i in stale])


def adopt_roomless(tx: Transaction, context: Context) -> None:
    """Adopt an alarm whose control room no map knows, which stands on no screen.

    It is the default room's from now on.
    """
    room = context.settings.default_control_room
    for incident_id in roomless_incidents(tx.session, context.situation.rooms):
        incident = lock_incident(tx.session, incident_id)
        if incident is None:
            continue
        log.error("incident %s: control room unknown, given to %s", incident_id, room)
        also = [other for other in incident.also_control_room_ids if other != room]
        touch_incident(tx.session, incident, clock.now(), control_room_id=room, also_control_room_ids=also)
        notify_watchers(tx, context, incident)
        notify_queues(tx, context, incident)


def warn_of_blind_rooms(tx: Transaction, context: Context) -> None:
    """Warn where all on duty in a room have a conflict of interest.

    Its screen says so, and the neighbours have it at once.
    """
    now = clock.now()
    for row in duty.changed(tx.session, now):
        incident = lock_incident(tx.session, row.id)
        if incident is None or incident.state != "open":
            continue
        others = [flag for flag in incident.flags if flag != duty.ALL_CONFLICTED]
        touch_incident(tx.session, incident, now, flags=[*others, duty.ALL_CONFLICTED] if row.blind else others)
        if row.blind and incident.acknowledged_at is None:
            last = len(ladder_of(incident.lane, incident.flags)) - 1
            due = Due(kind="acknowledge", subject_id=str(incident.id), due_at=now, attempt=last)
            timers.schedule(tx.session, [due])
        notify_watchers(tx, context, incident)


def _open_incident(tx: Transaction, row: Due) -> IncidentRow | None:
    incident = lock_incident(tx.session, UUID(row.subject_id))
    return incident if incident is not None and incident.state == "open" else None


def _unacknowledged(tx: Transaction, context: Context, row: Due, now: datetime) -> None:
    """Escalate what nobody took: tell the next ones. `row.attempt` is the step of the ladder."""
    incident = _open_incident(tx, row)
    if incident is None or incident.acknowledged_at is not None:
        return
    ladder = ladder_of(incident.lane, incident.flags)
    level = ladder[min(row.attempt, len(ladder) - 1)]
    target = None
    if level == "neighbour":
        target = next((c for c in context.situation.room(incident.control_room_id).neighbours), None)
        if context.settings.send_unattended:
            find_unit(tx, context, incident, now)
    steps = context.settings.escalate_after_s
    if row.attempt + 1 < len(ladder):
        wait = steps[row.attempt + 1] - steps[row.attempt]
        due_at = after(row.due_at, wait)
        timers.schedule(
            tx.session,
            [Due(kind=row.kind, subject_id=row.subject_id, due_at=due_at, attempt=row.attempt + 1)],
        )
    also = merged(incident.also_control_room_ids, [target] if target else [])
    touch_incident(tx.session, incident, now, escalation=level, also_control_room_ids=also)
    _tell(tx, incident, level, now, target)
    notify_watchers(tx, context, incident)


def _unsent(tx: Transaction, context: Context, row: Due, now: datetime) -> None:
    """Escalate what somebody took and sent nobody to.

    The supervisor hears of it, then the nearest unit goes.
    """
    incident = _open_incident(tx, row)
    if incident is None or incident.acknowledged_at is None:
        return
    if live_orders(orders_of(tx.session, [incident.id])):
        return
    if row.attempt == 0:
        due_at = after(row.due_at, context.settings.unsent_after_s)
        again = Due(kind=row.kind, subject_id=row.subject_id, due_at=due_at, attempt=1)
        timers.schedule(tx.session, [again])
        touch_incident(tx.session, incident, now, escalation="supervisor")
        _tell(tx, incident, "supervisor", now)
    elif context.settings.send_unattended:
        find_unit(tx, context, incident, now)
    notify_watchers(tx, context, incident)


def _unit_silent(tx: Transaction, context: Context, row: Due, now: datetime) -> None:
    """Replace a unit that did not acknowledge: it is withdrawn and another one takes its place."""
    incident, order = lock_order(tx, UUID(row.subject_id))
    if incident.state != "open" or order.state not in ("sent", "received"):
        return
    apply_move(tx, incident, order, "withdrawn", now, "unit_silent")
    touch_incident(tx.session, incident, now)
    _tell(tx, incident, "unit_silent", now)
    find_unit(tx, context, incident, now)
    notify_watchers(tx, context, incident)
    notify_queues(tx, context, incident)


def _look_for_unit(tx: Transaction, context: Context, row: Due, now: datetime) -> None:
    """Look again where there was no free unit, and keep telling until there is one."""
    incident = _open_incident(tx, row)
    if incident is None:
        return
    automatic = (
        context.situation.room(incident.control_room_id).policy == "automatic" and incident.lane == "verified"
    )
    before = incident.revision
    found = find_unit(tx, context, incident, now, send_now=automatic or row.kind == "send_unit")
    if found is None and "no_unit" not in incident.flags:
        touch_incident(tx.session, incident, now, flags=merged(incident.flags, ["no_unit"]))
        _tell(tx, incident, "no_unit", now)
    # Also where all that changed is that a stale proposal was withdrawn.
    if incident.revision != before:
        notify_watchers(tx, context, incident)


def _pressed_again(tx: Transaction, context: Context, row: Due, now: datetime) -> None:
    """Ring again after a press long after the acknowledgement: the alarm must be taken anew."""
    incident = _open_incident(tx, row)
    if incident is None:
        return
    notify_queues(tx, context, incident)
    if incident.acknowledged_at is None:
        return
    if (now - incident.acknowledged_at).total_seconds() < context.settings.repress_window_s:
        return
    due_at = after(now, context.settings.escalate_after_s[0])
    timers.schedule(tx.session, [Due(kind="acknowledge", subject_id=str(incident.id), due_at=due_at)])
    touch_incident(tx.session, incident, now, acknowledged_at=None, acknowledged_by=None, escalation=None)
    notify_watchers(tx, context, incident)


def _prove(tx: Transaction, context: Context, row: Due, now: datetime) -> None:
    """Try again to prove a press whose device was not known when it came: perhaps it is now."""
    incident = _open_incident(tx, row)
    if incident is not None:
        prove(tx, context, incident, now)


def _linked(tx: Transaction, context: Context, row: Due, now: datetime) -> None:
    """Show that an alarm about the same perpetrator was raised: room and crew are shown it."""
    incident = _open_incident(tx, row)
    if incident is not None:
        touch_incident(tx.session, incident, now)
        notify_watchers(tx, context, incident)
        notify_queues(tx, context, incident)


def _tell(tx: Transaction, incident: IncidentRow, level: str, now: datetime, target: str | None = None) -> None:
    tx.publish(incident_escalated(incident, now, level, target))
    tx.after_commit(lambda: metrics.count(INCIDENT_ESCALATED, level=level))


_ACTS: dict[str, Callable[[Transaction, Context, Due, datetime], None]] = {
    "acknowledge": _unacknowledged,
    "unsent": _unsent,
    "unit_answer": _unit_silent,
    "find_unit": _look_for_unit,
    "send_unit": _look_for_unit,
    "re_press": _pressed_again,
    "proof": _prove,
    "linked": _linked,
}
