"""`python -m tests.chaos`: breaks a system of its own in every way, with presses going on; .run/chaos.json."""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from stalkingalarm.bench.run import enrol, units
from stalkingalarm.embedded.layout import Layout
from stalkingalarm.embedded.system import System
from stalkingalarm.simulation.world import World
from tests.chaos import namespace
from tests.chaos.audit import only_time
from tests.chaos.fault import CI, FULL, Drawn, draw
from tests.chaos.faults import NATIVE
from tests.chaos.fleet import Fleet
from tests.chaos.rig import Rig, small_disk
from tests.chaos.run import Performance

PLAN = "tests.chaos.plan:plan"
# More than the presses of the longest outage, and several units for each: who cannot answer is replaced.
_DEVICES, _UNITS = 700, 1500
_AHEAD_OF_THE_SYSTEM = -10
# A fault that begins in the last minute of the budget would end after it.
_RESERVE_S = 30.0

# A log has no edge; rich would take it for 80 columns.
console = Console(width=None if sys.stdout.isatty() else 160)
Keep = Callable[[dict[str, Any]], None]
_COLUMNS = (
    *("presses", "accepted", "refused", "brought_in", "dispatched", "lost", "duplicated", "late"),
    *("p50_s", "p99_s", "worst_s", "recovery_s"),
)


def main() -> None:
    """Play what the command line asks for; exit code 1 when a bar was broken."""
    asked = _arguments()
    scale = CI if asked.ci else FULL
    chosen = [fault for fault in NATIVE if not asked.ci or fault.ci]
    if asked.only:
        names = asked.only.split(",")
        chosen = [fault for fault in NATIVE if any(fault.name.startswith(name) for name in names)]
    drawn = draw(chosen, asked.seed, scale)
    if asked.list:
        for each in drawn:
            console.print(f"[bold]{each.fault.name}[/]", *each.told, sep="\n    ", highlight=False)
        return
    begun = time.monotonic()
    layout = Layout.at(Layout.at().run / "chaos")
    if not namespace.inside():
        layout.wipe()
        namespace.enter(Layout.at(layout.run).run)
    namespace.prepare()
    # `timeout` and `make` end programs with it; the first process of its own corner would not even notice.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))
    records = list[dict[str, Any]]()

    def keep(record: dict[str, Any] | None = None) -> None:
        """Write down what there is: a run that is ended early has shown something, too."""
        if record:
            records.append(record)
            _say(record)
        result = {
            "seed": asked.seed,
            "scale": scale.name,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "took_s": round(time.monotonic() - begun, 1),
            "not_run": _not_run(drawn, records),
            "faults": records,
        }
        (Layout.at().run / "chaos.json").write_text(json.dumps(result, indent=1) + "\n")

    keep()
    _play(layout, drawn, begun + asked.budget_s, keep)
    _show(records, _not_run(drawn, records), asked.seed)
    counted = [record for record in records if not record.get("played_again")]
    sys.exit(1 if not counted or any(record["broken"] for record in counted) else 0)


def _not_run(drawn: Sequence[Drawn], records: Sequence[dict[str, Any]]) -> list[str]:
    done = {record["fault"] for record in records if not record.get("played_again")}
    return [each.fault.name for each in drawn if each.fault.name not in done]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed: the same faults at the same moments"
    )
    parser.add_argument("--budget", help="no further fault begins after it (default: 15m, with --ci 330s)")
    parser.add_argument(
        "--only", default="", help="faults whose names begin with one of these, comma-separated"
    )
    parser.add_argument("--ci", action="store_true", help="the fixed part that continuous integration runs")
    parser.add_argument("--list", action="store_true", help="say what would be done, and do nothing")
    asked = parser.parse_args()
    asked.budget = asked.budget or ("330s" if asked.ci else "15m")
    number, unit = asked.budget[:-1], asked.budget[-1:]
    if unit not in "ms" or not number.isdigit():
        parser.error(f"--budget: {asked.budget!r} is neither minutes (15m) nor seconds (300s)")
    asked.budget_s = int(number) * (60 if unit == "m" else 1)
    return asked


def _play(layout: Layout, drawn: Sequence[Drawn], until: float, keep: Keep) -> None:
    with console.status("a system of its own"):
        small_disk(layout)
        system = System.up(layout.run, plan=PLAN)
    try:
        asyncio.run(_perform(system, drawn, until, keep))
    finally:
        system.down()


async def _perform(system: System, drawn: Sequence[Drawn], until: float, keep: Keep) -> None:
    with console.status(f"{_DEVICES} devices, {_UNITS} units"):
        keys = await enrol(system, _DEVICES)
        await units(system, _UNITS)
    # Devices and crews are not on the server: what is short there must not make them late.
    os.nice(_AHEAD_OF_THE_SYSTEM)
    rig = Rig(system)
    async with World(system) as world, Fleet(world, keys, rig.alarm_urls) as fleet:
        for each in drawn:
            if time.monotonic() > until - _RESERVE_S:
                break
            with console.status(f"{each.fault.name}: {'; '.join(each.told)}"):
                record = await Performance(rig, world, fleet, each).record()
                if only_time(record["broken"]):
                    # A bad moment of the machine, or of ours? Twice is ours. Both are written down.
                    keep(record | {"played_again": True})
                    record = await Performance(rig, world, fleet, each).record()
            keep(record)


def _say(record: dict[str, Any]) -> None:
    figures = ", ".join(f"{name} {record.get(name)}" for name in _COLUMNS)
    good = "[green]held[/]" if not record["broken"] else "[red]BROKEN[/]"
    console.print(f"{good} [bold]{record['fault']}[/]: {figures}", highlight=False)
    for line in record["broken"]:
        console.print(f"    [red]{line}[/]", highlight=False)


def _show(records: Sequence[dict[str, Any]], missed: Sequence[str], seed: int) -> None:
    table = Table("fault", *(name.removesuffix("_s") for name in _COLUMNS), title=f"seed {seed}; times in s")
    for record in records:
        style = "red" if record["broken"] else ""
        table.add_row(record["fault"], *(str(record.get(name, "")) for name in _COLUMNS), style=style)
    console.print(table)
    if missed:
        console.print(f"the budget was too short for {len(missed)}: {', '.join(missed)}")


if __name__ == "__main__":
    main()
