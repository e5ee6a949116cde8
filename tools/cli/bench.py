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
    """Several lanes share the load; heartbeats beside presses. On systems of their own."""
    from tools.bench.scale import scale as run

    raise typer.Exit(run())
