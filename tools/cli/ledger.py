"""`ledger` says whether each press is where it must be; `close-gap` that a person is done with a gap."""

import getpass
import time
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, TypedDict

import httpx
import typer
from rich.table import Table

from tools.cli.base import command, console, running
from tools.dev import issuer
from tools.runtime.native.layout import COMMAND, SetupError

# How long the worker of reporting may take to compare a day, seconds.
_PATIENCE_S = 60.0
_QUESTIONS = {
    "hours": "How far back; gaps count by when they were found.",
    "day": "A day of the past, YYYY-MM-DD.",
}


class Lack(TypedDict):
    """What one service lacks that another has."""

    kind: str
    service: str
    section: str
    id: str
    received_at: str


class Comparison(TypedDict):
    """What the records have of one day: entries by service and section, who was away, what is lacking."""

    entries: dict[str, dict[str, int]]
    away: dict[str, str]
    named: list[Lack]
    lacking: int
    whole: bool


class _Reporting:
    """Reporting's API, asked as a person of the device desk; what goes wrong is one line."""

    def __init__(self) -> None:
        system = running()
        token = issuer.mint(
            getpass.getuser(), ["device_desk"], layout=system.layout, seconds=issuer.TOKEN_SECONDS
        )
        self._http = httpx.Client(
            base_url=system.url("reporting"),
            headers={"authorization": f"Bearer {token}"},
            timeout=20,
            trust_env=False,
        )

    def call(self, method: str, path: str, *, params: dict[str, str] | None = None, json: object = None) -> Any:
        """Ask reporting, and give the JSON of its answer; raises SetupError."""
        try:
            answer = self._http.request(method, path, params=params, json=json)
        except httpx.HTTPError as error:
            raise SetupError(f"reporting does not answer ({type(error).__name__}): {COMMAND} status") from None
        if not answer.is_success:
            is_problem = "json" in answer.headers.get("content-type", "")
            raise SetupError(f"reporting: {answer.json()['detail'] if is_problem else answer.status_code}")
        return answer.json()


@command()
def ledger(
    hours: Annotated[float, typer.Option(help=_QUESTIONS["hours"], min=0.01, max=24 * 366)] = 24,
    day: Annotated[datetime | None, typer.Option(help=_QUESTIONS["day"], formats=["%Y-%m-%d"])] = None,
) -> None:
    """Check that every service has every press, in exactly one incident; exit code 1 if not, or not known."""
    reporting = _Reporting()
    good = _of_day(reporting, day.date()) if day else _of_late(reporting, hours)
    if not good:
        raise typer.Exit(1)


@command("close-gap")
def close_gap(
    number: Annotated[int, typer.Argument(help="The number that `ledger` shows.", min=1)],
    reason: Annotated[str, typer.Option(help="What was found and done. No personal data.")],
    irreparable: Annotated[bool, typer.Option(help="It cannot be brought back: do not open again.")] = False,
) -> None:
    """Say why a gap is done with; while its cause is there, it opens again under a new number."""
    body = {"reason": reason, "irreparable": irreparable}
    gap = _Reporting().call("POST", f"/v1/ledger/gaps/{number}/close", json=body)
    console.print(f"gap {gap['number']} ({gap['kind']} {gap['entry_id']}) is closed by {gap['closed_by']}.")


def _of_late(reporting: _Reporting, hours: float) -> bool:
    since = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    summary = reporting.call("GET", "/v1/ledger/summary", params={"since": since})
    console.print(" · ".join(f"{name.replace('_', ' ')} {value}" for name, value in summary["counts"].items()))
    table = _table("after receipt", "count", "p50", "p90", "p99")
    for stage, times in summary["stages"].items():
        table.add_row(stage, str(times["count"]), *(f"{times[f'p{q}_ms']:,.1f} ms" for q in (50, 90, 99)))
    console.print(table)
    found = reporting.call("GET", "/v1/ledger/gaps")
    for gap in (recent := [each for each in found if datetime.fromisoformat(each["found_at"]) >= _at(since)]):
        whose = "" if gap["alarm_id"] == gap["entry_id"] else f" of alarm {gap['alarm_id']}"
        text = f"{gap['number']} {gap['kind']} {gap['entry_id']}{whose}, found {gap['found_at']}"
        console.print(f"[bold red]gap[/] {text}", soft_wrap=True, highlight=False)
    if older := len(found) - len(recent):
        console.print(f"{older} older gaps are open: more --hours.", style="yellow")
    return _are_compared(reporting) and not recent


def _are_compared(reporting: _Reporting) -> bool:
    away = [service for service in reporting.call("GET", "/v1/ledger/services") if service["fault"]]
    for service in away:
        name = service["service"]
        text = f"the records of {name} were last compared {service['compared_at']}: {service['fault']}"
        console.print(f"[bold red]not compared[/] {text}", soft_wrap=True, highlight=False)
    return not away


def _of_day(reporting: _Reporting, day: date) -> bool:
    found = _compared(reporting, day)
    sections = ("presses", "incidents", "orders")
    table = _table(f"{day}", *sections)
    for service, entries in found["entries"].items():
        table.add_row(service, *(str(entries.get(section, "")) for section in sections))
    console.print(table)
    for service, fault in found["away"].items():
        console.print(f"[bold red]not compared[/] the records of {service}: {fault}", soft_wrap=True)
    for lack in found["named"]:
        text = f"{lack['service']} lacks {lack['id']} ({lack['section']}), received {lack['received_at']}"
        console.print(f"[bold red]{lack['kind']}[/] {text}", soft_wrap=True, highlight=False)
    if (more := found["lacking"] - len(found["named"])) > 0:
        console.print(f"and {more} more.", style="bold red")
    return found["whole"] and not found["lacking"]


def _compared(reporting: _Reporting, day: date) -> Comparison:
    """Have a day compared now, and give what that shows; raises SetupError when nothing comes."""
    asked = reporting.call("POST", "/v1/ledger/comparisons", json={"day": day.isoformat()})
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        comparison = reporting.call("GET", "/v1/ledger/comparisons", params={"day": day.isoformat()})
        if comparison["made_at"] and _at(comparison["made_at"]) >= _at(asked["asked_at"]):
            found: Comparison = comparison["found"]
            return found
        time.sleep(0.5)
    raise SetupError(
        f"the worker of reporting compared nothing for {_PATIENCE_S:.0f} seconds: {COMMAND} status"
    )


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table
