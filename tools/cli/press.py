"""Commands that show the alarm path: `demo` and `press`.

The simulation is imported by those who run it: every other command would wait for it.
"""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live

from tools.cli.base import Containers, bring_up, command, console, running
from tools.runtime.native.layout import COMMAND, SetupError
from tools.runtime.native.running import RunningSystem

if TYPE_CHECKING:
    from tools.demo.fleet import Travel


@command()
def demo(
    presses: int = 40,
    keep: Annotated[bool, typer.Option(help="Leave the system up afterwards.")] = False,
    containers: Containers = False,
) -> None:
    """Start everything, fire a fleet of presses, show them arrive, and count."""
    system = bring_up(containers)
    try:
        from tools.demo import demo as demonstration

        good = demonstration.demo(system, console, presses)
    finally:
        if system.started_here and not keep:
            system.down()
            console.print("Stopped. With KEEP=1 it is left up.")
    if not good:
        raise typer.Exit(1)


@command()
def press() -> None:
    """Fire one simulated press; watch it travel to a patrol and back."""
    travel = asyncio.run(_press(running()))
    console.print(f"The whole way, hop by hop: {COMMAND} trace {travel.alarm_id}", soft_wrap=True)
    if travel.late or not travel.orders:
        raise SetupError("no order came to a unit within the deadline")


async def _press(system: RunningSystem) -> "Travel":
    from tools.demo import demo as demonstration
    from tools.demo.fleet import Fleet
    from tools.simulation.world import World

    async with World(system) as world:
        victims, units = await demonstration.prepare(world, console, 1)
        async with Fleet(world, units) as fleet:
            with Live(console=console, get_renderable=lambda: demonstration.table(fleet.travels.values())):
                return await fleet.press(victims[0])
