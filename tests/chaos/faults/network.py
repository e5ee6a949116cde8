"""Cables: cut, slow, broken, losing packets; between each process and each that it speaks to."""

from random import Random

from tests.chaos.fault import Do, Fault, Scale, Step, outage
from tests.chaos.faults.processes import PROCESSES
from tests.chaos.plan import link
from tests.chaos.rig import Rig

_CABLES = (
    *(link(p, far) for p in PROCESSES for far in ("broker", "database")),
    link("alarm-api", "dispatch-api"),
)
_IN_CI = {
    ("cut", "dispatch-alarms>database"),
    ("slow", "alarm-api>database"),
}
_LOST = 0.2
_SLOW_S, _JITTER_S = 0.15, 0.1


def _pair(cable: str) -> tuple[Fault[Rig], ...]:
    least_ms, most_ms = _SLOW_S * 1000, (_SLOW_S + _JITTER_S) * 1000
    return (
        _fault("cut", cable, f"cut {cable}", lambda rig: rig.cut(cable)),
        _fault("slow", cable, f"{least_ms:g} to {most_ms:g} ms each way on {cable}", _slow(cable)),
    )


def _fault(kind: str, cable: str, what: str, begin: Do[Rig]) -> Fault[Rig]:
    steps = outage(what, begin, _whole, short=True)
    return Fault(f"{kind}:{cable}", steps, mend=_whole, ci=(kind, cable) in _IN_CI)


def _slow(*cables: str) -> Do[Rig]:
    return lambda rig: rig.slow(_SLOW_S, _JITTER_S, *cables)


def _losing(cable: str, dice: Random, scale: Scale) -> list[Step[Rig]]:
    lost = outage(
        f"{_LOST:.0%} of packets lost on {cable}", lambda rig: rig.lose(_LOST, cable), _whole, short=True
    )
    return lost(dice, scale)


def _whole(rig: Rig) -> None:
    rig.reconnect()


FAULTS = (
    *(fault for cable in _CABLES for fault in _pair(cable)),
    Fault(
        "loss:one",
        lambda dice, scale: _losing(dice.choice(_CABLES), dice, scale),
        mend=_whole,
    ),
    Fault(
        "loss:all",
        outage(f"{_LOST:.0%} of all packets lost", lambda rig: rig.lose(_LOST, *rig.links), _whole, short=True),
        mend=_whole,
        ci=True,
    ),
    Fault(
        "reset:all",
        outage("every connection reset", lambda rig: rig.reset(*rig.links), _whole, short=True),
        mend=_whole,
    ),
)
