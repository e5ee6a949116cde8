"""The command `bench`."""

import typer

from stalkingalarm.cli import command


@command()
def bench() -> None:
    """Measure the floor, the latencies and the highest sustained rate, on a system of its own."""
    from stalkingalarm.bench.run import bench as run  # brings the simulation

    raise typer.Exit(run())
