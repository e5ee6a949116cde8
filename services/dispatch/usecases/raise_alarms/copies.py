"""Which presses are new: a copy has the bytes of the first, whatever way it took and however late it comes.

Its id and its counter do not make it one: who knows a device id can reckon the ids of presses to come, and a
counter may begin anew. Other bytes are another press, under an id of its own and with a flag. So is a copy that
came in after the alarm of the first was closed: people ended that one, and nobody knows who pressed now.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID, uuid5

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from chassis.database.sql import Statement
from chassis.messaging import inbox
from contracts.alarm import AlarmRaised, unverified_alarm_id_of
from contracts.dispatch import AFTER_THE_END
from contracts.press import WITHOUT
from contracts.topology import DISPATCH_ALARMS
from services.dispatch.store.alarm_path import select_known_presses
from services.dispatch.store.rows import KnownPressRow

REUSED = "counter_reused_with_other_content"
_LOCKS = UUID("d0a4fe42-9d54-5d0c-9d52-8f5a1a0a7c11")

Arrived = tuple[UUID, AlarmRaised, Span | None]


def key_of(alarm: AlarmRaised) -> str:
    """Digest what all copies of a press share and no other press has: the bytes that its device sent.

    The signature is among them where there is one: nobody who has no key can make a copy beforehand.
    """
    content = alarm.proof or alarm.content or f"{alarm.received_at.isoformat()} {alarm.pressed_at}"
    return _digest(f"{alarm.device_id} {alarm.counter} {content}")


def keys_of(alarm: AlarmRaised) -> set[str]:
    """List every key that it may be kept under: parts that a store refuses are left out of it."""
    return {key_of(alarm), *(key_of(less(alarm)) for less in WITHOUT.values())}


def by_key(presses: Sequence[Arrived]) -> dict[str, Arrived]:
    """Index each press of a batch once."""
    found: dict[str, Arrived] = {}
    for arrived in presses:
        found.setdefault(key_of(arrived[1]), arrived)
    return found


def locked(arrived: Mapping[str, Arrived]) -> tuple[Statement, ...]:
    """Make the statements that keep copies in other transactions waiting, then read what is there already.

    The inbox is the lock and no more: where a press was lost from the records, a copy brings it back.
    """
    keys, ids = list(arrived), {each for _, alarm, _ in arrived.values() for each in _ids_for(alarm)}
    locks = [uuid5(_LOCKS, key) for key in keys] + list(ids)
    return (*inbox.claimed(DISPATCH_ALARMS, locks), select_known_presses(ids, keys))


def new_among(
    tx: Transaction, arrived: Mapping[str, Arrived], known: Sequence[KnownPressRow]
) -> dict[str, Arrived]:
    """Pick those that are no copies, each under an id of its own. `known`: see `select_known_presses`."""
    taken = {row.alarm_id for row in known}
    earlier = {row.copy_key: row for row in known}
    found: dict[str, Arrived] = {}
    for given, (event_id, press, span) in arrived.items():
        key, alarm = given, press
        while (first := earlier.get(key)) is not None and _is_over(first, alarm):
            key = _digest(f"{key} {first.incident_id}")
            alarm = _flagged(press, AFTER_THE_END, f"{press.content}:{first.incident_id}")
            [_, _, _, again] = tx.send(*locked_key(key, alarm.alarm_id))
            earlier |= {row.copy_key: row for row in again}
        if first is not None or _is_from_before(alarm, known) or key in found:
            continue
        if alarm.alarm_id in taken:
            alarm = _flagged(alarm, REUSED, str(alarm.content))
        if alarm.alarm_id in taken:
            alarm = alarm.model_copy(update={"alarm_id": uuid5(_LOCKS, key)})
        taken.add(alarm.alarm_id)
        found[key] = (event_id, alarm, span)
    return found


def locked_key(key: str, alarm_id: UUID) -> tuple[Statement, ...]:
    """Do the same as `locked` for one key."""
    return (
        *inbox.claimed(DISPATCH_ALARMS, [uuid5(_LOCKS, key), alarm_id]),
        select_known_presses([alarm_id], [key]),
    )


def _ids_for(alarm: AlarmRaised) -> Iterator[UUID]:
    """Give the id of a press, and the one that the alarm service gives it where that is another's."""
    yield alarm.alarm_id
    yield unverified_alarm_id_of(alarm.device_id, str(alarm.counter), str(alarm.content))


def _flagged(alarm: AlarmRaised, flag: str, content: str) -> AlarmRaised:
    alarm_id = unverified_alarm_id_of(alarm.device_id, str(alarm.counter), content)
    return alarm.model_copy(update={"alarm_id": alarm_id, "flags": (*alarm.flags, flag)})


def _is_over(first: KnownPressRow, alarm: AlarmRaised) -> bool:
    """Say whether the alarm of the first was closed before this came in."""
    return first.closed_at is not None and alarm.received_at > first.closed_at


def _is_from_before(alarm: AlarmRaised, known: Sequence[KnownPressRow]) -> bool:
    """Say whether it was stored before keys of copies were."""
    return any(
        row.copy_key is None and row.alarm_id == alarm.alarm_id and row.received_at == alarm.received_at
        for row in known
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
