"""Step 3: unverified presses join only what they may be about."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chassis.database.database import Transaction
from contracts.alarm import AlarmRaised
from contracts.common import Fix
from services.dispatch.store.alarm_path import select_open_unverified
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.location_updates import is_far
from services.dispatch.usecases.raise_alarms.raised_press import RaisedPress


def keep_apart(tx: Transaction, context: Context, raised: Sequence[RaisedPress]) -> None:
    """Let unverified presses join only near by, soon, from one source, and none that a person took.

    Who named the device before was perhaps somebody else. Near is reckoned from where the incident was opened
    as well: step by step nobody leads it away.
    """
    unverified = [press for press in raised if press.alarm.lane == "unverified"]
    if not unverified:
        return
    [rows] = tx.send(select_open_unverified({press.alarm.device_id for press in unverified}))
    known = [
        UnverifiedIncident(
            (row.device_id, row.source),
            row.subject,
            (context.decrypt_first_fix(row), context.decrypt_fix(row)),
            row.last_press_at,
        )
        for row in reversed(rows)
    ]
    for press in unverified:
        joined = next((each for each in known if _may_join(context, press.alarm, each)), None)
        if joined is not None:
            press.subject = joined.subject
        else:
            alarm = press.alarm
            press.subject = f"{press.subject}:{alarm.alarm_id}"
            sender = (alarm.device_id, alarm.source)
            known.insert(0, UnverifiedIncident(sender, press.subject, (alarm.fix,), alarm.received_at))


class UnverifiedIncident(NamedTuple):
    """An open incident of unverified presses: who sent them, where it was opened and where it is now."""

    sender: tuple[str, str | None]
    subject: str
    places: tuple[Fix | None, ...]
    last_press_at: datetime


def _may_join(context: Context, alarm: AlarmRaised, incident: UnverifiedIncident) -> bool:
    apart_s = abs((alarm.received_at - incident.last_press_at).total_seconds())
    return (
        incident.sender == (alarm.device_id, alarm.source)
        and apart_s <= context.settings.unverified_join_s
        and all(_is_near(context, place, alarm.fix) for place in incident.places)
    )


def _is_near(context: Context, one: Fix | None, other: Fix | None) -> bool:
    """Say whether two places may be one; of a known and an unknown one nobody can say so."""
    if one is None or other is None:
        return one is other
    return not is_far(one, other, context.settings.unverified_join_m)
