"""Commands that show the alarm path: `demo`, `press` and `ledger`.

The simulation is imported by those who run it: every other command would wait for it.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.table import Table

from stalkingalarm.cli import Containers, bring_up, command, console, running
from stalkingalarm.embedded.layout import COMMAND, SetupError
from stalkingalarm.running import RunningSystem


@command()
def demo(
    presses: int = 40,
    keep: Annotated[bool, typer.Option(help="Leave the system up afterwards.")] = False,
    containers: Containers = False,
) -> None:
    """Start everything, fire a fleet of presses, show them arrive, and count."""
    system = bring_up(containers)
    try:
        from stalkingalarm import demo as demonstration

        good = demonstration.demo(system, console, presses)
    finally:
        if system.started_here and not keep:
            system.down()
            console.print("Stopped. With KEEP=1 it is left up.")
    if not good:
        raise typer.Exit(1)


@command()
def press() -> None:
    """One simulated press; watch it travel to a patrol and back."""
    travel = asyncio.run(_press(running()))
    console.print(f"The whole way, hop by hop: {COMMAND} trace {travel.alarm_id}", soft_wrap=True)
    if travel.late or not travel.orders:
        raise SetupError("no order came to a unit within the deadline")


async def _press(system: RunningSystem) -> Any:
    from stalkingalarm import demo as demonstration
    from stalkingalarm.simulation.fleet import Fleet
    from stalkingalarm.simulation.world import World

    async with World(system) as world:
        victims, units = await demonstration.prepare(world, console, 1)
        async with Fleet(world, units) as fleet:
            with Live(console=console, get_renderable=lambda: demonstration.table(fleet.travels.values())):
                return await fleet.press(victims[0])


@command()
def ledger(hours: Annotated[float, typer.Option(help="How far back.")] = 24) -> None:
    """Each accepted press has exactly one incident: counts, stage times, gaps."""
    counts, stages, gaps = asyncio.run(_books(running(), hours))
    console.print(" · ".join(f"{name.replace('_', ' ')} {value}" for name, value in counts.items()))
    shown = Table(box=None, header_style="bold")
    for heading in ("after receipt", "count", "p50", "p90", "p99"):
        shown.add_column(heading, justify="left" if heading == "after receipt" else "right")
    for stage, times in stages.items():
        shown.add_row(stage, str(times["count"]), *(f"{times[f'p{q}_ms']:,.1f} ms" for q in (50, 90, 99)))
    console.print(shown)
    for gap in gaps:
        console.print(f"[bold red]gap:[/] {gap['kind']} {gap['alarm_id']} found {gap['found_at']}")
    if gaps:
        raise typer.Exit(1)


async def _books(
    system: RunningSystem, hours: float
) -> tuple[dict[str, int], dict[str, Any], list[dict[str, Any]]]:
    from stalkingalarm.simulation.world import World

    since = (datetime.now(UTC) - timedelta(hours=hours)).isoformat().replace("+", "%2B")
    async with World(system) as world:
        reader = world.bearer("device_desk")
        summary = await world.call("GET", "reporting", f"/v1/ledger/summary?since={since}", reader)
        gaps = await world.call("GET", "reporting", "/v1/ledger/gaps", reader)
    return summary["counts"], summary["stages"], gaps
