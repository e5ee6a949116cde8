"""A fleet that presses as long as it runs, beside the services: profile `fleet` of compose.yaml."""

import asyncio
import itertools

from rich.console import Console

from tools.demo.demo import prepare
from tools.demo.fleet import Fleet
from tools.runtime.native.layout import Layout
from tools.simulation.world import World

_VICTIMS = 10
_PAUSE_S = 2.0


class Neighbours:
    """The system as a container in it sees it."""

    layout = Layout.at()

    def url(self, name: str) -> str:
        """Give the base URL of a service, or of `collector`."""
        return "http://collector:4318" if name == "collector" else f"http://{name}-api:8000"


async def press_on() -> None:
    """Have one victim after the other press, for ever; print a line for each press."""
    async with World(Neighbours()) as world:
        victims, units = await prepare(world, Console(), _VICTIMS)
        async with Fleet(world, units) as fleet:
            for victim in itertools.cycle(victims):
                travel = await fleet.press(victim)
                text = ", ".join(f"{stage} {at:,.0f} ms" for stage, at in travel.stages.items())
                print(f"{travel.alarm_id} {travel.place}: {text or 'not accepted'}", flush=True)
                fleet.travels.clear()
                await asyncio.sleep(_PAUSE_S)


if __name__ == "__main__":
    asyncio.run(press_on())
