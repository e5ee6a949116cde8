"""What every command starts from: the application, its errors in one line, the system that runs."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tools.runtime.containers import docker
from tools.runtime.containers.system import ComposeSystem, containers_run
from tools.runtime.native import records
from tools.runtime.native.layout import COMMAND, Layout, SetupError
from tools.runtime.native.running import Processes, RunningSystem
from tools.runtime.native.system import System

P = ParamSpec("P")

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The command line for people.")
console = Console()
Containers = Annotated[bool, typer.Option("--containers", help="Containers instead of native processes.")]


def command(
    name: str | None = None, within: typer.Typer = app
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function a command whose SetupErrors are one line and exit code 1."""

    def register(function: Callable[P, None]) -> Callable[P, None]:
        @wraps(function)
        def guarded(*args: P.args, **options: P.kwargs) -> None:
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
            text = ", ".join(waiting[:3]) + (" ..." if len(waiting) > 3 else "")
            progress.update(
                task,
                total=len(processes),
                completed=len(processes) - len(waiting),
                description=f"starting {text}",
            )

        return ComposeSystem.up(progress=show) if containers else System.up(progress=show)


def running() -> RunningSystem:
    """Find the system of this checkout that runs, native or in containers; raises SetupError when none does."""
    layout = Layout.at()
    if records.supervisor(layout) is not None:
        return System(layout)
    if left := [record.name for record in records.running(layout)]:
        raise SetupError(f"the supervisor was killed; still running: {', '.join(left)}: `make stop`")
    engine = containers_run() and docker.succeeds("docker", "info")
    found = next((system for system in map(compose_system, containers_run()) if engine and system.runs), None)
    if found is None:
        raise SetupError(f"nothing runs here: `{COMMAND} up`")
    return found


def compose_system(run: Path) -> ComposeSystem:
    """Open the system in containers whose installation is under `run`."""
    return ComposeSystem(Layout.at(run))
