"""The auditor: what devices were promised, against what came to units and what stands in the records."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True)
class Came:
    """An order that came to a unit, `at` seconds after the end of the fault; `withdrawn`: taken back."""

    order_id: str
    unit_id: str
    at: float
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One press as its device and the units saw it. `begun`: seconds after the end of the fault.

    `refusals`: answers that were no receipt; `held_as`: the alarm that its receipt names, where it is another.
    """

    alarm_id: UUID
    begun: float
    accepted: bool
    refusals: int = 0
    orders: tuple[Came, ...] = ()
    held_as: UUID | None = None

    @property
    def took_s(self) -> float | None:
        """From the press to the first order."""
        return min(order.at for order in self.orders) - self.begun if self.orders else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One press as the records have it: whether alarm stored it, its incidents, the orders taken back.

    `told`: the ledger itself says that it does not add up.
    """

    stored: bool
    incidents: int
    withdrawn: frozenset[str] = frozenset()
    told: bool = False

    @property
    def adds_up(self) -> bool:
        """Whether there is nothing more to come."""
        return self.stored and self.incidents == 1


@dataclass(slots=True)
class Findings:
    """The figures of one fault. Times in seconds; `complaints` name presses and what is wrong with them."""

    presses: int = 0
    accepted: int = 0
    refused: int = 0
    brought_in: int = 0
    dispatched: int = 0
    lost: int = 0
    duplicated: int = 0
    late: int = 0
    unrecorded: int = 0
    told: int = 0
    p50_s: float | None = None
    p99_s: float | None = None
    worst_s: float | None = None
    complaints: list[str] = field(default_factory=list)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def audit(lines: Sequence[Line], records: Mapping[UUID, Entry]) -> Findings:
    """Compare. `refused`: presses refused at least once; `brought_in`: those among them accepted later.

    `told`: not in the records, and the ledger names each; `unrecorded`: nobody does.
    """
    found = Findings(presses=len(lines))
    for line in lines:
        found.accepted += line.accepted
        found.refused += bool(line.refusals)
        found.brought_in += bool(line.refusals and line.accepted)
        found.dispatched += bool(line.orders)
        who = f"{line.alarm_id} ({line.begun:+.1f} s{f', held as {line.held_as}' if line.held_as else ''})"
        entry = records.get(line.alarm_id, Entry(stored=False, incidents=0))
        if line.accepted and not line.orders:
            found.lost += 1
            found.complaints.append(f"{who}: accepted, and no unit got an order; records: {entry}")
        if doubled := _doubled(line.orders, entry):
            found.duplicated += 1
            found.complaints.append(f"{who}: {doubled}: {line.orders}")
        if line.accepted and not entry.adds_up:
            if entry.told and entry.incidents < 2:
                found.told += 1
            else:
                found.unrecorded += 1
            found.complaints.append(f"{who}: the records have {entry}")
        if line.accepted and line.took_s is not None and line.took_s > DEADLINE_S:
            found.late += 1
    took = sorted(line.took_s for line in lines if line.took_s is not None)
    if took:
        p50, p99, worst = (took[min(int(share * len(took)), len(took) - 1)] for share in (0.5, 0.99, 1.0))
        found.p50_s, found.p99_s, found.worst_s = round(p50, 3), round(p99, 3), round(worst, 3)
    return found


def _doubled(orders: Sequence[Came], entry: Entry) -> str:
    """How the orders of one incident are too many; empty when they are not."""
    if len({order.order_id for order in orders}) < len(orders):
        return "one order came to two units"
    # A unit that was cut off when its order was taken back was not told; the records say that it was.
    standing = [o for o in orders if not o.withdrawn and o.order_id not in entry.withdrawn]
    return "two orders that nobody took back" if len(standing) > 1 else ""


_LATE, _UNWELL = "after the deadline", "not well again"


def only_time(broken: Sequence[str]) -> bool:
    """Whether bars are broken, and none but those of time: nothing was lost, doubled, refused or unrecorded."""
    return bool(broken) and all(_LATE in bar or _UNWELL in bar for bar in broken)


def verdict(
    found: Findings,
    *,
    may_be_late: bool,
    back_s: float | None,
    back_within_s: float | None,
    unwell_after_s: float | None = None,
    may_lack: bool = False,
) -> list[str]:
    """Which bars are broken.

    `back_s`: how long after the end the last refused press came to a unit; `unwell_after_s`: how long was
    waited, when presses were still slow or work still lay in queues then; `may_lack`: gaps that the ledger
    names are allowed.
    """
    unrecorded = found.unrecorded + (0 if may_lack else found.told)
    bars = {"lost": found.lost, "duplicated": found.duplicated, "unrecorded": unrecorded}
    broken = [f"{count} {name}" for name, count in bars.items() if count]
    if found.late and not may_be_late:
        broken.append(f"{found.late} {_LATE}")
    if missing := found.presses - found.accepted:
        broken.append(f"{missing} presses never got a receipt")
    if back_within_s is not None and (back_s is None or back_s > back_within_s):
        broken.append(f"refused presses came in {back_s} s after the end, not within {back_within_s:g} s")
    if not found.presses:
        broken.append("nobody pressed")
    if unwell_after_s is not None:
        broken.append(f"{_UNWELL} {unwell_after_s:g} s after its end")
    return broken
