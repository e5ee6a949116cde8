"""The command `audit verify`; what it needs is imported when it runs."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from contracts.topology import SERVICES
from stalkingalarm import issuer
from stalkingalarm.cli import app, command, console, running
from stalkingalarm.embedded.layout import SetupError
from stalkingalarm.running import RunningSystem

group = typer.Typer(no_args_is_help=True, help="The audit logs: who read and wrote which personal data.")
app.add_typer(group, name="audit")
# Service to its `url` and `public_key` (32 bytes, base64url).
Places = dict[str, dict[str, str]]


Installation = Annotated[
    Path | None,
    typer.Option(
        help="JSON file: service to {url, public_key}; the token of an auditor is in STALKINGALARM_TOKEN. "
        "Default: the system of this checkout."
    ),
]


@command("verify", within=group)
def verify_logs(installation: Installation = None) -> None:
    """Find any change, removal or reordering in the logs, and say where; exit code 1 when there is one."""
    from stalkingalarm.auditing.verify import verify_all

    places, token = told(installation) if installation else places_of(running())
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("service", "entries", "signed up to", "at (UTC)", ""):
        table.add_column(heading)
    checked = verify_all(places, token)
    for each in checked:
        at = f"{each.sealed_at:%Y-%m-%d %H:%M:%S}" if each.sealed_at else "-"
        verdict = f"[bold red]{len(each.problems)} problems[/]" if each.problems else "[green]whole[/]"
        table.add_row(each.service, str(each.position), str(each.sealed_position), at, verdict)
    console.print(table)
    problems = [(each.service, problem) for each in checked for problem in each.problems]
    for service, problem in problems:
        console.print(f"[bold red]{service}:[/] {problem}", highlight=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)


def places_of(system: RunningSystem) -> tuple[Places, str]:
    """The services of a system of this checkout, and the token of an auditor."""
    from chassis.vault import public_key

    places = {
        service: {
            "url": system.url(service),
            "public_key": public_key(system.layout.secret(f"audit.{service}")),
        }
        for service in SERVICES
    }
    return places, issuer.mint("auditor", ["auditor"], layout=system.layout)


def told(installation: Path) -> tuple[Places, str]:
    """What an installation file says, and the token of an auditor; raises SetupError."""
    try:
        places: Any = json.loads(installation.read_text())
        given = {name: {"url": str(p["url"]), "public_key": str(p["public_key"])} for name, p in places.items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise SetupError(f"{installation}: {type(error).__name__}: {error}") from None
    token = os.environ.get("STALKINGALARM_TOKEN")
    if not token:
        raise SetupError("STALKINGALARM_TOKEN: the bearer token of an auditor is needed")
    return given, token
