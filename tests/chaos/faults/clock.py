"""Clocks that are wrong by an hour, and the two nights on which the hour changes."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from contracts.common import BELGIUM, local_day
from tests.chaos.audit import Line
from tests.chaos.fault import Do, Fault, Scale, Step
from tests.chaos.rig import Rig
from tools.runtime.native.layout import SERVICES
from tools.simulation.world import World

_HOUR = 3600.0
# The moment at which the clock of the wall changes, the day on which it does, and how long that day is.
_SUMMER = (datetime(2026, 3, 29, 1, tzinfo=UTC), date(2026, 3, 29), 23)
_WINTER = (datetime(2026, 10, 25, 1, tzinfo=UTC), date(2026, 10, 25), 25)
_BEFORE_S, _NIGHT_S = 6, 12


def _jumps(whose: str) -> Fault[Rig]:
    def put(seconds: float) -> Do[Rig]:
        return lambda rig: rig.clock(seconds, *_clocks(rig, whose))

    def steps(dice: Random, scale: Scale) -> list[Step[Rig]]:
        at, hold = dice.uniform(0, 1), scale.short_s
        return [
            Step(at, f"clock of {whose} one hour forth", put(_HOUR)),
            Step(at + hold, f"clock of {whose} one hour back", put(-_HOUR)),
            Step(at + 2 * hold, f"clock of {whose} right again", put(0)),
        ]

    return Fault(f"clock:{whose}", steps, mend=_right, ci=whose == "everybody")


def _clocks(rig: Rig, whose: str) -> tuple[str, ...]:
    return rig.clocks if whose == "everybody" else tuple(c for c in rig.clocks if c.startswith(whose))


def _right(rig: Rig) -> None:
    rig.clock(0, *rig.clocks)


def _night(name: str, change: datetime, day: date, hours: int) -> Fault[Rig]:
    def everybody_at(moment: datetime) -> Do[Rig]:
        # The machine's own time: ours may have been put somewhere already.
        def do(rig: Rig) -> None:
            real = datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME) - rig.ahead_s("people"), UTC)
            rig.clock((moment - real).total_seconds(), *rig.clocks)

        return do

    midnight = datetime(day.year, day.month, day.day, tzinfo=BELGIUM).astimezone(UTC) + timedelta(hours=hours)
    before = timedelta(seconds=_BEFORE_S)

    def steps(dice: Random, _: Scale) -> list[Step[Rig]]:
        at = dice.uniform(0, 1)
        return [
            Step(at, f"everybody shortly before {change:%d %B %H:%M} UTC", everybody_at(change - before)),
            Step(at + _NIGHT_S, "everybody shortly before the midnight after", everybody_at(midnight - before)),
            Step(at + 2 * _NIGHT_S, "everybody in the present again", _right),
        ]

    async def check(_: Rig, world: World, lines: Sequence[Line]) -> list[str]:
        return await _daily_reports(world, lines, day, hours)

    return Fault(f"clock:{name}", steps, mend=_right, check=check)


async def _daily_reports(world: World, lines: Sequence[Line], day: date, hours: int) -> list[str]:
    """Each press stands in the report of its local day, and that day is as long as it was."""
    reader, complaints, on_the_day = world.bearer("device_desk"), list[str](), 0

    async def report(enrolment: str, of: date) -> dict[str, Any]:
        path = f"/v1/reports/daily/{enrolment}?day={of.isoformat()}"
        found: dict[str, Any] = await world.call("GET", "reporting", path, reader)
        return found

    async def look(line: Line) -> None:
        nonlocal on_the_day
        entry = await world.call("GET", "reporting", f"/v1/ledger/presses/{line.alarm_id}", reader)
        local = local_day(datetime.fromisoformat(entry["received_at"]))
        if abs(local - day) > timedelta(days=1):
            return
        on_the_day += local == day
        told = await report(entry["enrolment_id"], local)
        if str(line.alarm_id) not in [press["alarm_id"] for press in told["presses"]]:
            complaints.append(f"{line.alarm_id} is missing from the report of {local}")
        if local == day and told["hours"] != hours:
            complaints.append(f"the report of {day} has {told['hours']} hours, not {hours}")

    for start in range(0, len(lines), 8):
        await asyncio.gather(*map(look, lines[start : start + 8]))
    if not on_the_day:
        complaints.append(f"no press was received on {day}: the clocks did not move")
    return complaints


FAULTS = (
    *map(_jumps, (*SERVICES, "people", "everybody")),
    _night("summer time begins", *_SUMMER),
    _night("summer time ends", *_WINTER),
)
