"""Messages that nobody can read, or that are not what their type promises."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from contracts.alarm import AlarmLocated, AlarmRaised
from contracts.catalogue import AUDIT_SEALED, PARKED, PUBLISHED
from contracts.topology import ALARM_RECORDER, DISPATCH_ALARMS, QUEUES, Queue
from tests.chaos.fault import Fault, Scale, Step
from tests.chaos.rig import Rig
from tests.chaos.subject import WORK_QUEUES

_TYPES = [kind for kinds in (*PUBLISHED.values(), PARKED.values(), AUDIT_SEALED.values()) for kind in kinds]
# Other faults end there, too, and would be counted.
_CLEARED: Step[Rig] = Step(0.0, "clear away what lies parked", lambda rig: rig.purge_parking())
_UNREADABLE = b"\x00 this is no event"


def _on_each(dice: Random, _: Scale) -> list[Step[Rig]]:
    def do(rig: Rig) -> None:
        for queue in QUEUES:
            if queue.name in WORK_QUEUES:
                # A press is an alarm whatever is broken in it.
                kind = _type_of(queue)
                kind = AlarmLocated.TYPE if kind == AlarmRaised.TYPE else kind
                rig.publish(queue.name, [_UNREADABLE, _broken(kind)])
        # A broken payload of a type that a service has no use for is passed over, not parked.
        rig.told["poison"] = len(WORK_QUEUES)

    what = "one that nobody can read and one of a broken payload on each queue"
    return [_CLEARED, Step(dice.uniform(0, 1), what, do)]


def _flood(dice: Random, scale: Scale) -> list[Step[Rig]]:
    def flood(queue: str) -> Step[Rig]:
        def do(rig: Rig) -> None:
            rig.publish(queue, _mixed(scale.poison))
            rig.told["poison"] = 2 * scale.poison

        return Step(dice.uniform(0, 1), f"{scale.poison} poison messages on {queue}", do)

    return [_CLEARED, flood(DISPATCH_ALARMS), flood(ALARM_RECORDER)]


def _mixed(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield _UNREADABLE if number % 2 else _broken(AlarmLocated.TYPE)


def _broken(kind: str) -> bytes:
    """A good envelope around a payload that is nothing."""
    event = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "/services/alarm",
        "type": kind,
        "time": datetime.now(UTC).isoformat(),
        "subject": "poison",
        "data": {"alarm_id": "no identifier"},
    }
    return json.dumps(event).encode()


def _type_of(queue: Queue) -> str:
    """A type that comes by this queue."""
    for binding in queue.bindings:
        for kind in _TYPES:
            key = binding.routing_key.rstrip("#*.")
            if binding.exchange == kind.EXCHANGE and (kind.TYPE.startswith(key) or key.startswith(kind.TYPE)):
                return kind.TYPE
    raise LookupError(f"nothing in the catalogue comes by {queue.name}")


async def _parked(rig: Rig, *_: object) -> list[str]:
    """All of it lies where people look; then it is cleared away."""
    parked, least = rig.purge_parking(), rig.told["poison"]
    return [] if parked >= least else [f"only {parked} of {least} poison messages were parked"]


FAULTS = (
    Fault("poison:each queue", _on_each, check=_parked),
    # 10,000 are set aside within a minute on two cores; meanwhile presses go the other way.
    Fault("poison:flood", _flood, recovered_within_s=200, check=_parked, ci=True),
)
