"""The command `bench`."""

import typer

from tools.cli.base import command


@command()
def bench() -> None:
    """Measure the floor, the latencies and the highest sustained rate, on a system of its own."""
    from tools.bench.run import bench as run  # brings the simulation

    raise typer.Exit(run())


@command()
def scale() -> None:
    """Measure several lanes that share the load, and heartbeats beside presses, on systems of their own."""
    from tools.bench.scale import scale as run

    raise typer.Exit(run())
