"""Whoever presses go to is away for longer than anybody tries to bring them (`GIVE_UPS` in plan.py)."""

import time
from random import Random

from contracts.topology import DELIVERY_LIMIT
from tests.chaos.fault import Do, Fault, Scale, Step, outage
from tests.chaos.rig import Rig

_DISPATCH = ("dispatch-api", "dispatch-alarms", "dispatch-worker")
_LATE = "nobody is there who could send a patrol"
# More than the deadline of a press, up to which alarm itself tries, and than the look at what the broker holds.
_AT_LEAST_S = 8.0
# Than workers try again what their database does not take, each attempt after the one before.
_DATABASE_S = 25.0


def _down(*names: str) -> Do[Rig]:
    return lambda rig: rig.down(*names)


def _up(*names: str) -> Do[Rig]:
    return lambda rig: rig.up(*names)


def _back(rig: Rig) -> None:
    rig.up_again()


async def _gave_up(rig: Rig, *_: object) -> list[str]:
    """Something was parked, else nothing has been shown; then it is cleared away."""
    return [] if rig.purge_parking() else ["nobody gave anything up: the fault was too short for it"]


def _too_often(dice: Random, scale: Scale) -> list[Step[Rig]]:
    """The lane has presses in hand when it dies, and the broker gives none out twice."""
    at = dice.uniform(0, 1)

    def begin(rig: Rig) -> None:
        rig.down("dispatch-api")
        rig.limit_deliveries("dispatch", 0)
        rig.freeze("dispatch-alarms")
        # Here, not by a step of its own: whatever it took to come here, it must have presses in hand.
        time.sleep(scale.short_s)
        rig.kill("dispatch-alarms")

    what = "no dispatch-api; dispatch-alarms freezes with presses in hand, dies, and nothing is given out twice"
    return [Step(at, what, begin), Step(at + scale.short_s + 1, "as it was", _as_ever)]


def _as_ever(rig: Rig) -> None:
    rig.limit_deliveries("dispatch", DELIVERY_LIMIT)
    rig.up_again()


def _no_database(service: str, late: str) -> Fault[Rig]:
    def back(rig: Rig) -> None:
        rig.database_up(service)

    steps = outage(
        f"no database of {service}",
        lambda rig: rig.database_down(service),
        back,
        short=True,
        at_least_s=_DATABASE_S,
    )
    return Fault(f"away:database of {service}", steps, mend=back, late_because=late, check=_gave_up)


FAULTS: tuple[Fault[Rig], ...] = (
    Fault(
        "away:dispatch",
        outage("no process of dispatch", _down(*_DISPATCH), _up(*_DISPATCH), at_least_s=_AT_LEAST_S),
        mend=_back,
        late_because=_LATE,
    ),
    Fault(
        # The rows of alarm alone hold a press, and neither log of it is read.
        "away:dispatch and broker",
        outage(
            "neither broker nor dispatch",
            _down("rabbitmq", *_DISPATCH),
            _up("rabbitmq", *_DISPATCH),
            at_least_s=_AT_LEAST_S,
        ),
        mend=_back,
        late_because=_LATE,
        recovered_within_s=120,
    ),
    Fault("away:deliveries", _too_often, mend=_as_ever, late_because=_LATE, check=_gave_up),
    _no_database("alarm", ""),
    _no_database("dispatch", _LATE),
)
