"""The demonstration: a fleet of presses on the running system, shown live, counted twice."""

import asyncio
import json
import random
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tools.demo import control_rooms, seed
from tools.demo.fleet import STAGES, Fleet, Travel
from tools.demo.story import NotRefused, Story
from tools.runtime.native.layout import COMMAND
from tools.runtime.native.running import RunningSystem
from tools.simulation.answers import LedgerEntry, SentOrder, UnitEntry
from tools.simulation.world import Refused, World, until

UNITS = 120
# Belgium's real alarms are a few hundred a year: this many in a quarter of a minute is a bad night.
PRESSES, WITHIN_S = 40, 15.0
# Of them those whose story is told from the first paper on.
STORY = 2
_ROWS = 24
_BOOKS_S = 15.0
# How long a machine under load may answer that it is busy, while everything is prepared.
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the presses; milliseconds from press to unit, None where none came."""

    presses: int
    accepted: int
    dispatched: int
    late: int
    lost: int
    duplicated: int
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    # As reporting sums it up.
    ledger: object


def demo(system: RunningSystem, console: Console, presses: int = PRESSES) -> bool:
    """Run it; True only if every press came to a unit within its deadline, exactly once."""
    try:
        return asyncio.run(_demo(system, console, presses))
    except (Refused, NotRefused, TimeoutError, httpx.HTTPError) as error:
        console.print(f"[bold red]The demonstration stopped:[/] {escape(what_failed(error))}", soft_wrap=True)
        return False


def what_failed(error: Exception) -> str:
    """Describe the error for people: without words, at least by its kind; of a request, with its address."""
    try:
        asked = f"{error.request.method} {error.request.url}: " if isinstance(error, httpx.HTTPError) else ""
    except RuntimeError:  # of no request
        asked = ""
    return asked + (str(error) or type(error).__name__)


async def _demo(system: RunningSystem, console: Console, presses: int) -> bool:
    async with World(system, patience_s=_PATIENCE_S) as world:
        since = datetime.now(UTC)
        victims, units = await prepare(world, console, presses - STORY)
        story = Story(world, console)
        victims += await story.before()
        console.print()
        async with Fleet(world, units) as fleet:
            await _fire(fleet, victims, console)
            travels = list(fleet.travels.values())
            result = await _counted(world, travels, since)
        await story.after(travels)
        console.print()
        console.print(_summary(travels, result))
        (system.layout.run / "demo.json").write_text(json.dumps(asdict(result), indent=1) + "\n")
        _where_next(system, console, travels)
    good = result.dispatched == presses and not (result.late or result.lost or result.duplicated)
    console.print(
        f"[bold green]All {presses} presses reached a patrol within their deadline, once.[/]"
        if good
        else f"[bold red]Not every press was dispatched in time, once:[/] {system.layout.run / 'demo.json'}",
        soft_wrap=True,
    )
    return good


async def prepare(world: World, console: Console, count: int) -> tuple[list[seed.Victim], list[UnitEntry]]:
    """Set up protocol, control rooms, units and victims, with a progress bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("enrolling victims: application, grant, card, device, test press", total=count)
        await seed.protocol(world)
        units = await control_rooms.units(world, UNITS)
        rooms = sorted({unit["control_room_id"] for unit in units})
        # Ghent decides by hand, the others have units sent at once: both ways are shown.
        for cic in rooms:
            await control_rooms.policy(
                world, cic, policy="proposed" if cic == control_rooms.GENT else "automatic"
            )
        await control_rooms.tidy(world, rooms)
        victims = await seed.victims(world, count, progress=lambda: progress.advance(task))
    return victims, units


async def _fire(fleet: Fleet, victims: Sequence[seed.Victim], console: Console) -> None:
    dice = random.Random(7)  # noqa: S311 - a simulation, no secret

    async def one(victim: seed.Victim) -> None:
        await asyncio.sleep(dice.uniform(0, WITHIN_S))
        await fleet.press(victim)

    with Live(console=console, refresh_per_second=8, get_renderable=lambda: table(fleet.travels.values())):
        await asyncio.gather(*(one(victim) for victim in victims))


def table(travels: Iterable[Travel]) -> Table:
    """Draw the newest presses with the milliseconds to each stage."""
    rows = Table(
        title="STALKINGALARM: milliseconds from the press to each stage", header_style="bold", box=None
    )
    for heading in ("alarm", "where", *STAGES):
        rows.add_column(heading, justify="left" if heading in ("alarm", "where") else "right", no_wrap=True)
    for travel in list(travels)[-_ROWS:]:
        style = "dim" if "closed" in travel.stages else "yellow" if "unit" in travel.stages else "bold red"
        cells = (f"{travel.stages[s]:,.0f}" if s in travel.stages else "" for s in STAGES)
        rows.add_row(str(travel.alarm_id)[:8], travel.place[:14], *cells, style=style)
    return rows


async def _counted(world: World, travels: Sequence[Travel], since: datetime) -> Counts:
    """Set what the units saw against what the ledger has; they must agree."""
    entries = await asyncio.gather(*(_ledger_entry(world, travel) for travel in travels))
    lost = duplicated = 0
    for travel, entry in zip(travels, entries, strict=True):
        incidents, orders = len(entry.get("incident_ids", ())), len(_sent(entry))
        lost += not (travel.orders and incidents)
        duplicated += len(travel.orders) > 1 or incidents > 1 or orders > 1
    times = sorted(t.stages["unit"] for t in travels if "unit" in t.stages)
    reader = world.bearer("device_desk")
    when = (since - timedelta(seconds=1)).isoformat().replace("+", "%2B")
    summary = await world.call("GET", "reporting", f"/v1/ledger/summary?since={when}&lane=verified", reader)
    return Counts(
        presses=len(travels),
        accepted=sum(bool(t.press and t.press.receipt) for t in travels),
        dispatched=sum(bool(t.orders) for t in travels),
        late=sum(t.late for t in travels),
        lost=lost,
        duplicated=duplicated,
        p50_ms=percentile(times, 50),
        p90_ms=percentile(times, 90),
        p99_ms=percentile(times, 99),
        ledger=summary,
    )


def _sent(entry: LedgerEntry) -> list[SentOrder]:
    return [order for order in entry.get("dispatch_orders", ()) if order["sent_at"]]


async def _ledger_entry(world: World, travel: Travel) -> LedgerEntry:
    """Fetch the ledger's line of a press once it is complete, or as far as it came."""
    entry: LedgerEntry = {}

    async def complete() -> bool:
        nonlocal entry
        try:
            entry = await world.call(
                "GET", "reporting", f"/v1/ledger/presses/{travel.alarm_id}", world.bearer("device_desk")
            )
        except Refused:
            return False
        return bool(entry["incident_ids"] and _sent(entry))

    try:
        await until(complete, _BOOKS_S, 0.3)
    except TimeoutError:
        return entry
    return entry


def percentile(times: Sequence[float], q: int) -> float | None:
    """Compute the q-th percentile, milliseconds to a tenth; None without times."""
    if len(times) < 2:
        return round(times[0], 1) if times else None
    return round(statistics.quantiles(times, n=100, method="inclusive")[q - 1], 1)


def _summary(travels: Sequence[Travel], result: Counts) -> Table:
    text = (
        f"presses {result.presses} · accepted {result.accepted} · dispatched {result.dispatched}"
        f" · late {result.late} · lost {result.lost} · duplicated {result.duplicated}"
    )
    rows = Table(title=text, header_style="bold", box=None)
    for heading in ("from press to", "count", "p50", "p90", "p99"):
        rows.add_column(heading, justify="left" if heading == "from press to" else "right")
    for stage in STAGES:
        times = sorted(t.stages[stage] for t in travels if stage in t.stages)
        cells = (
            f"{value:,.1f} ms" if (value := percentile(times, q)) is not None else "" for q in (50, 90, 99)
        )
        rows.add_row(stage, str(len(times)), *cells)
    return rows


def _where_next(system: RunningSystem, console: Console, travels: Sequence[Travel]) -> None:
    alarm = next((str(t.alarm_id) for t in travels if "closed" in t.stages), "ALARM")
    console.print(
        "In Ghent an operator sends the unit, 0.3 s after the alarm shows; elsewhere it is sent at once."
    )
    lines = {
        "operator console": f"{system.url('dispatch')}/console",
        "committee, file managers": f"{system.url('committee')}/desk, {system.url('registry')}/desk",
        "API documentation": ", ".join(
            f"{system.url(name)}/docs" for name in ("alarm", "dispatch", "registry", "committee", "reporting")
        ),
        "one alarm's trace": f"{COMMAND} trace {alarm}",
        "the records": f"{COMMAND} ledger",
        "figures": str(Path(system.layout.run) / "demo.json"),
    }
    for what, where in lines.items():
        console.print(f"[bold]{what}:[/] {where}", soft_wrap=True, highlight=False)
