"""The command line for people. Other commands are in modules of their own; see the end of this file."""

import json
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from stalkingalarm import issuer
from stalkingalarm.compose import docker
from stalkingalarm.compose.system import ComposeSystem, containers_run
from stalkingalarm.embedded import plan, records
from stalkingalarm.embedded.layout import COMMAND, Layout, SetupError
from stalkingalarm.embedded.system import System
from stalkingalarm.running import Processes, RunningSystem

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
console = Console()
Containers = Annotated[bool, typer.Option("--containers", help="Containers instead of native processes.")]
_STYLES = {"ready": "green", "done": "green", "failed": "bold red", "crashed": "red", "stopped": "yellow"}


def command(
    name: str | None = None, within: typer.Typer = app
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a command whose SetupErrors are one line and exit code 1."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def guarded(*args: Any, **options: Any) -> None:
            try:
                function(*args, **options)
            except SetupError as error:
                Console(stderr=True).print(f"[bold red]error:[/] {error}", highlight=False, soft_wrap=True)
                raise typer.Exit(1) from None

        return within.command(name)(guarded)

    return register


def bring_up(containers: bool = False) -> RunningSystem:
    """Start the system, or join the running one, with progress on the screen."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting")

        def show(processes: Processes) -> None:
            waiting = [p["name"] for p in processes if p["state"] not in ("ready", "done")]
            told = ", ".join(waiting[:3]) + (" ..." if len(waiting) > 3 else "")
            progress.update(
                task,
                total=len(processes),
                completed=len(processes) - len(waiting),
                description=f"starting {told}",
            )

        return ComposeSystem.up(progress=show) if containers else System.up(progress=show)


def running() -> RunningSystem:
    """The system of this checkout that runs, native or in containers; raises SetupError when none does."""
    layout = Layout.at()
    if records.supervisor(layout) is not None:
        return System(layout)
    if left := [record.name for record in records.running(layout)]:
        raise SetupError(f"the supervisor was killed; still running: {', '.join(left)}: `make stop`")
    engine = containers_run() and docker.succeeds("docker", "info")
    found = next((system for system in map(_compose, containers_run()) if engine and system.runs), None)
    if found is None:
        raise SetupError(f"nothing runs here: `{COMMAND} up`")
    return found


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
        *(name for run in containers_run() for name in _compose(run).down()),
    ]
    console.print(f"Stopped {len(stopped)} processes." if stopped else "Nothing runs here.")


@command()
def status(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Processes, addresses and readiness; exit code 1 unless all is ready."""
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
    """A bearer token for the running system, valid for an hour."""
    try:
        layout = running().layout
    except SetupError:
        layout = Layout.at()  # its secrets are there whether it runs or not
    narrowed = {"cic": cic, "zone": zone, "unit": unit, "district": district}
    typer.echo(issuer.mint(subject, role, partner, layout=layout, seconds=issuer.TOKEN_SECONDS, **narrowed))


@command("trace")
def show_trace(alarm: Annotated[str, typer.Argument(help="Alarm id, or trace id (32 digits).")]) -> None:
    """The waterfall of one alarm through every service."""
    import httpx

    from stalkingalarm import trace

    if plan.exports_elsewhere():
        endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "your collector")
        raise SetupError(f"traces go to {endpoint}: look there")
    base = running().url("collector")
    is_trace = len(alarm) == 32 and "-" not in alarm
    address = f"{base}/api/traces/{alarm}" if is_trace else f"{base}/api/traces?alarm_id={alarm}"
    try:
        answer = httpx.get(address, timeout=40, trust_env=False)
    except httpx.HTTPError as error:
        raise SetupError(f"the trace collector does not answer: `{COMMAND} up`") from error
    if answer.status_code == 404 or not answer.json():
        raise SetupError(f"no trace of {alarm}; spans arrive a second or two after the fact")
    console.print(trace.render(answer.json(), f"alarm {alarm}"))


@command(name="wipe")
def wipe() -> None:
    """Delete all data, ports and secrets of this installation; it must be down."""
    layout = Layout.at()
    if records.running(layout):
        raise SetupError("it runs: stop it first (`make stop`)")
    for run in containers_run():
        _compose(run).wipe()
    layout.wipe()
    console.print("Deleted.")


def _compose(run: Path) -> ComposeSystem:
    return ComposeSystem(Layout.at(run))


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


# Modules that add commands by `@command()`: imported last, for they import this one.
from stalkingalarm import importing as _importing  # noqa: E402, F401
from stalkingalarm import ledger as _ledger  # noqa: E402, F401
from stalkingalarm import press as _press  # noqa: E402, F401
from stalkingalarm import redeliver as _redeliver  # noqa: E402, F401
from stalkingalarm import topology as _topology  # noqa: E402, F401
from stalkingalarm.auditing import command as _audit  # noqa: E402, F401
from stalkingalarm.auditing import keys as _keys  # noqa: E402, F401
from stalkingalarm.bench import command as _bench  # noqa: E402, F401
