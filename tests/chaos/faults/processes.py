"""Processes that die, and processes that are restarted by people."""

import time
from random import Random

from tests.chaos.fault import Do, Fault, Scale, Step, again
from tests.chaos.rig import Rig

PROCESSES = (
    *("alarm-api", "alarm-heartbeats", "alarm-worker", "dispatch-api", "dispatch-alarms", "dispatch-worker"),
    *("registry-api", "registry-worker", "committee-api", "committee-worker"),
    *("reporting-api", "reporting-worker"),
)
# Those that a press waits for; that is as much as continuous integration has time for.
_ON_THE_WAY = ("alarm-api", "dispatch-alarms")
# Seconds in which devices and units find a process again that was just started.
_FOUND_AGAIN_S = 3.0


def _kill(name: str) -> Fault[Rig]:
    return Fault(
        f"kill:{name}",
        again(f"kill -9 {name}, once it is back", lambda rig: _kill_once_back(rig, name)),
        mend=lambda rig: rig.whole(),
        ci=name in _ON_THE_WAY,
    )


def _kill_once_back(rig: Rig, name: str) -> None:
    """Kill it; first let it come back from the last time: what never runs cannot keep a deadline."""
    rig.whole()
    time.sleep(_FOUND_AGAIN_S)
    rig.kill(name)


def _anyone(dice: Random, scale: Scale) -> list[Step[Rig]]:
    """Whoever it hits, one at a time; the next only when that one can be back."""
    names = [dice.choice(PROCESSES) for _ in range(2 * scale.again)]
    return [
        Step(4 * number + dice.uniform(0, 2), f"kill -9 {name}", _killer(name))
        for number, name in enumerate(names)
    ]


def _killer(name: str) -> Do[Rig]:
    return lambda rig: rig.kill(name)


def _rolling(dice: Random, scale: Scale) -> list[Step[Rig]]:
    order = dice.sample(PROCESSES, scale.restarted)
    return [Step(0.5, f"restart {', '.join(order)}", lambda rig: rig.restart(*order))]


def _everything(rig: Rig) -> None:
    rig.whole()


FAULTS = (
    *map(_kill, PROCESSES),
    Fault("kill:anyone", _anyone, mend=_everything),
    Fault("restart:rolling", _rolling, mend=_everything, ci=True),
)
