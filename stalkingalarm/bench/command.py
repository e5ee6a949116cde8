"""The command `bench`."""

import typer

from stalkingalarm.bench.run import bench as run
from stalkingalarm.cli import command


@command()
def bench() -> None:
    """Measure the floor, the latencies and the highest sustained rate, on a system of its own."""
    raise typer.Exit(run())
