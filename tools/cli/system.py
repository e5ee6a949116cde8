"""Commands that start, stop and show the system: `up`, `down`, `status`, `token`, `wipe`."""

import json
from typing import Annotated

import typer
from rich.table import Table

from tools.cli.base import Containers, bring_up, command, compose_system, console, running
from tools.dev import issuer
from tools.runtime.containers.system import containers_run
from tools.runtime.native import records
from tools.runtime.native.layout import Layout, SetupError
from tools.runtime.native.running import Processes, RunningSystem
from tools.runtime.native.system import System

_STYLES = {"ready": "green", "done": "green", "failed": "bold red", "crashed": "red", "stopped": "yellow"}


@command()
def up(containers: Containers = False) -> None:
    """Start broker, database and services in the background."""
    system = bring_up(containers)
    if not system.started_here:
        console.print("It runs already.")
    _table(system, system.checked())


@command()
def down() -> None:
    """Stop everything, cleanly and in order; also containers, and what a killed supervisor left."""
    stopped = [
        *System(Layout.at()).down(),
        *(name for run in containers_run() for name in compose_system(run).down()),
    ]
    console.print(f"Stopped {len(stopped)} processes." if stopped else "Nothing runs here.")


@command()
def status(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show processes, addresses and readiness; exit code 1 unless all is ready."""
    system = running()
    processes = system.checked()
    if as_json:
        typer.echo(json.dumps(processes, indent=1))
    else:
        _table(system, processes)
    if any(p["state"] not in ("ready", "done") for p in processes):
        raise typer.Exit(1)


@command()
def token(
    role: Annotated[list[str], typer.Option(help="May be given more than once.")],
    subject: str = "developer",
    partner: str | None = None,
    cic: str | None = None,
    zone: str | None = None,
    unit: str | None = None,
    district: str | None = None,
) -> None:
    """Print a bearer token for the running system, valid for an hour."""
    try:
        layout = running().layout
    except SetupError:
        layout = Layout.at()  # its secrets are there whether it runs or not
    narrowed = {"cic": cic, "zone": zone, "unit": unit, "district": district}
    typer.echo(issuer.mint(subject, role, partner, layout=layout, seconds=issuer.TOKEN_SECONDS, **narrowed))


@command()
def wipe() -> None:
    """Delete all data, ports and secrets of this installation; it must be down."""
    layout = Layout.at()
    if records.running(layout):
        raise SetupError("it runs: stop it first (`make stop`)")
    for run in containers_run():
        compose_system(run).wipe()
    layout.wipe()
    console.print("Deleted.")


def _table(system: RunningSystem, processes: Processes) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("process", "state", "pid", "address", "restarts", ""):
        table.add_column(heading)
    for process in processes:
        if process["step"] and process["state"] == "done":
            continue
        scheme = {"postgres": "postgresql", "rabbitmq": "amqp", "epmd": "epmd"}.get(process["name"], "http")
        table.add_row(
            process["name"],
            f"[{_STYLES.get(process['state'], 'yellow')}]{process['state']}[/]",
            str(process["pid"] or ""),
            f"{scheme}://127.0.0.1:{process['port']}" if process["port"] else "",
            str(process["restarts"] or ""),
            process["error"],
        )
    console.print(table)
    console.print(f"Logs, ports and secrets: {system.layout.run}", soft_wrap=True, highlight=False)
