"""Step 5: a further press of an open incident.

It is routed like a first one. Rooms in whose area it is are brought in, a newer place wins over an older one,
and where it is far from what somebody acknowledged it rings again: nobody has taken that.
"""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.timers import Due
from services.dispatch.domain.flags import merged
from services.dispatch.domain.locations import fix_time
from services.dispatch.domain.routing import Basis
from services.dispatch.models import IncidentRow
from services.dispatch.store.incidents import touch_incident
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.due_rows import after
from services.dispatch.usecases.location_updates import is_far, is_newer, move_incident
from services.dispatch.usecases.notify import notify_queues, notify_watchers
from services.dispatch.usecases.raise_alarms.raised_press import RaisedPress
from services.dispatch.usecases.send_unit import look_nearer

RE_PRESS = "re_press"


def join(
    tx: Transaction, context: Context, incident: IncidentRow, presses: Sequence[RaisedPress], now: datetime
) -> None:
    """Join further presses to an open incident, however many, in one change. They are counted already."""
    placed = [press for press in presses if press.alarm.fix and press.route.basis is Basis.CURRENT_FIX]
    newest = max(placed, key=_measured_at, default=None)
    here = newest is not None and is_newer(_measured_at(newest), incident.fix_at, now)
    came, far = list[str](), False
    if newest is not None and newest.alarm.fix is not None and here:
        before = context.decrypt_fix(incident)
        came = move_incident(
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
    notify_watchers(tx, context, incident, presses[-1].span)
    notify_queues(tx, context, incident, presses[-1].span)


def _measured_at(press: RaisedPress) -> datetime:
    alarm = press.alarm
    return fix_time(alarm.fix, alarm.received_at) if alarm.fix else alarm.received_at


def _ring_again(tx: Transaction, context: Context, incident: IncidentRow, now: datetime) -> None:
    """Ring again, for whoever took it took it for somewhere else: all of the ladder begins anew.

    Where nobody took it the ladder goes on: who presses again and again must not hold it back.
    """
    if incident.acknowledged_at is None:
        return
    key = str(incident.id)
    timers.cancel(tx.session, key, ["acknowledge", "unsent"])
    due_at = after(now, context.settings.escalate_after_s[0])
    timers.schedule(tx.session, [Due(kind="acknowledge", subject_id=key, due_at=due_at)])
    touch_incident(tx.session, incident, now, acknowledged_at=None, acknowledged_by=None, escalation=None)
