"""What a fault is, and which faults a run has, in what order and at which moments: all of it from the seed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tests.chaos.subject import Subject

if TYPE_CHECKING:
    from tests.chaos.audit import Line
    from tools.simulation.world import World

# What a fault has in its hands: the levers of one substrate.
R = TypeVar("R", bound=Subject)
Do = Callable[[R], Any]
Check = Callable[[R, "World", "Sequence[Line]"], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of it. Seconds that something is away, long and short; times `again`; `poison` on a queue.

    `restarted`: how many processes a rolling restart takes, of all that there are.
    """

    name: str
    outage_s: float
    short_s: float
    again: int
    poison: int
    restarted: int


CI = Scale("ci", outage_s=6, short_s=5, again=2, poison=300, restarted=4)
FULL = Scale("full", outage_s=60, short_s=12, again=4, poison=5_000, restarted=12)


@dataclass(frozen=True, slots=True)
class Step(Generic[R]):
    """One blow, `at` seconds after the first moment. `what` says it to people, whom it hits included."""

    at: float
    what: str
    do: Do[R]


def nothing(_: Subject) -> None:
    """Nothing is left to be mended."""


@dataclass(frozen=True, slots=True)
class Fault(Generic[R]):
    """One fault. The last step ends it; `mend` runs after it whatever happened, and twice does no harm.

    `late_because`: why a press accepted in the midst of it may come after its deadline; empty: it may not.
    `lacks_because`: why the records may lack a press for good; the ledger must name each as a gap.
    `back_within_s`: refused presses must be at a unit so many seconds after the end.
    `recovered_within_s`: how long after the end presses may still be slow and queues full.
    `check`: what else must be right afterwards; its complaints.
    """

    name: str
    steps: Callable[[Random, Scale], list[Step[R]]]
    mend: Do[R] = nothing
    late_because: str = ""
    lacks_because: str = ""
    back_within_s: float | None = None
    recovered_within_s: float = 75.0
    check: Check[R] | None = None
    ci: bool = False


@dataclass(frozen=True, slots=True)
class Drawn(Generic[R]):
    """A fault with the moments and targets that the seed gave it."""

    fault: Fault[R]
    steps: tuple[Step[R], ...]

    @property
    def told(self) -> list[str]:
        """What happens, when, to whom."""
        return [f"{step.at:.2f} s: {step.what}" for step in self.steps]


def draw(faults: Sequence[Fault[R]], seed: int, scale: Scale) -> list[Drawn[R]]:
    """The faults in the seed's order. Each has dice of its own: alone it goes as it does in a whole run."""
    order = list(faults)
    Random(f"{seed}").shuffle(order)
    return [
        Drawn(
            fault, tuple(sorted(fault.steps(Random(f"{seed} {fault.name}"), scale), key=lambda step: step.at))
        )
        for fault in order
    ]


def outage(
    what: str, begin: Do[R], end: Do[R], *, short: bool = False, at_least_s: float = 0.0
) -> Callable[[Random, Scale], list[Step[R]]]:
    """Something is away for the scale's outage, long or short, from a random moment on."""

    def steps(dice: Random, scale: Scale) -> list[Step[R]]:
        at, lasts = dice.uniform(0, 1), max(at_least_s, scale.short_s if short else scale.outage_s)
        return [Step(at, what, begin), Step(at + lasts, f"end of: {what}", end)]

    return steps


def blow(what: str, do: Do[R]) -> Callable[[Random, Scale], list[Step[R]]]:
    """Something happens once, at a random moment."""
    return lambda dice, _: [Step(dice.uniform(0, 1), what, do)]


def again(what: str, do: Do[R], pause_s: float = 3.0) -> Callable[[Random, Scale], list[Step[R]]]:
    """Something happens again and again, at random moments about `pause_s` apart."""

    def steps(dice: Random, scale: Scale) -> list[Step[R]]:
        at, found = 0.0, list[Step[R]]()
        for _ in range(scale.again):
            at += dice.uniform(0.2, 2 * pause_s)
            found.append(Step(at, what, do))
        return found

    return steps
