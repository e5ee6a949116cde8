"""The command `audit verify`; what it needs is imported when it runs."""

import typer
from rich.table import Table

from tools.auditing.places import Installation, places_of, read_installation
from tools.cli.base import app, command, console, running

group = typer.Typer(no_args_is_help=True, help="The audit logs: who read and wrote which personal data.")
app.add_typer(group, name="audit")


@command("verify", within=group)
def verify_logs(installation: Installation = None) -> None:
    """Find any change, removal or reordering in the logs, and say where; exit code 1 when there is one."""
    from tools.auditing.verify import verify_all

    places, token = read_installation(installation) if installation else places_of(running())
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
