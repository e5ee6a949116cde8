"""One fault from beginning to end: presses before, through and after it, then the auditor."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Generic
from uuid import UUID

import httpx

from tests.chaos.audit import Came, Entry, Findings, Line, audit, verdict
from tests.chaos.fault import Drawn, R
from tests.chaos.fleet import Fleet, Pressed
from tools.simulation.world import Refused, World

_CALM_S = 1.5
# Messages that queues may hold in ordinary times.
_FEW = 4
# Pressing goes on until presses come within this time again and all queues are empty.
_WELL_S = 1.0
# How long presses that took the last way may be under way; how long the records may take, which are told of
# what was parked from the rows of alarm, every half a minute; how long the ledger, to find what they lack for
# good.
_SETTLE_S, _BOOKS_S, _GAPS_S = 45.0, 90.0, 150.0


class Performance(Generic[R]):
    """One fault on one system, with `rate` presses a second."""

    def __init__(self, rig: R, world: World, fleet: Fleet, drawn: Drawn[R], rate: float) -> None:
        self._rig, self._world, self._fleet, self._drawn, self._rate = rig, world, fleet, drawn, rate
        self._ended = 0.0
        self._quiet_at: float | None = None
        self._waited_for: dict[str, int] = {}

    async def record(self) -> dict[str, Any]:
        """Play it; a fault that could not be made or mended is a broken one, and the others have their turn."""
        begun = time.perf_counter()
        try:
            record = await self._play()
            return record | {"played_s": round(time.perf_counter() - begun, 1)}
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and the run is red
            broken = [f"{type(error).__name__}: {error}"]
            return {"fault": self._drawn.fault.name, "steps": self._drawn.told, "broken": broken}

    async def _play(self) -> dict[str, Any]:
        fault, enough = self._drawn.fault, asyncio.Event()
        self._fleet.forget()
        pressing = asyncio.create_task(self._fleet.press(self._rate, enough))
        try:
            await asyncio.sleep(_CALM_S)
            try:
                await self._break()
            finally:
                await asyncio.to_thread(fault.mend, self._rig)
            self._ended = self._ended or time.perf_counter()
            await self._recover()
        finally:
            enough.set()
            await pressing
        await self._fleet.receipts()
        await self._orders()
        presses = list(self._fleet.presses.values())
        lines = [_line(pressed, self._ended) for pressed in presses]
        records = await self._records(lines)
        found = audit(lines, records)
        return await self._record(found, lines)

    async def _break(self) -> None:
        begun = time.perf_counter()
        for step in self._drawn.steps:
            await asyncio.sleep(max(0.0, begun + step.at - time.perf_counter()))
            await asyncio.to_thread(step.do, self._rig)
        self._ended = time.perf_counter()

    async def _recover(self) -> None:
        """Until presses of the last seconds came at once and no work waits in a queue."""
        until = self._ended + self._drawn.fault.recovered_within_s
        while time.perf_counter() < until:
            depths = await asyncio.to_thread(self._rig.depths)
            now = time.perf_counter()
            if depths is not None and sum(depths.values()) <= max(self._rate, _FEW):
                self._quiet_at = self._quiet_at or now
                if now - self._ended > 3 and self._well(now):
                    return
            else:
                self._quiet_at = None
                self._waited_for = {name: n for name, n in (depths or {}).items() if n}
            await asyncio.sleep(0.5)

    def _well(self, now: float) -> bool:
        recent = [p for p in self._fleet.presses.values() if now - 3 < p.begun < now - _WELL_S]
        return bool(recent) and all(p.took_s is not None and p.took_s < _WELL_S for p in recent)

    async def _orders(self) -> None:
        """Wait until every accepted press has its order, and a second one would have come."""
        until = time.perf_counter() + _SETTLE_S
        # A look at what streams brought, not an event.
        while time.perf_counter() < until:
            if all(p.orders for p in self._fleet.presses.values() if p.accepted):
                break
            await asyncio.sleep(0.2)
        await asyncio.sleep(1.0)

    async def _records(self, lines: Sequence[Line]) -> dict[UUID, Entry]:
        """What reporting has of each press, once it has both sides of it, or says that it lacks one."""
        records: dict[UUID, Entry] = {}
        may_lack = bool(self._drawn.fault.lacks_because)
        until, gate = time.perf_counter() + (_GAPS_S if may_lack else _BOOKS_S), asyncio.Semaphore(8)
        gaps = set[UUID]()

        async def look(line: Line) -> None:
            async with gate:
                # Of a press that reporting never heard of it has no line, and yet it may know of the gap.
                entry = records.get(line.alarm_id, Entry(stored=False, incidents=0))
                with suppress(Refused, httpx.HTTPError):
                    entry = await self._entry(line.alarm_id)
                records[line.alarm_id] = replace(entry, told=line.alarm_id in gaps)

        while True:
            open_ = [line for line in lines if not _settled(records.get(line.alarm_id))]
            if may_lack:
                with suppress(Refused, httpx.HTTPError):
                    gaps = await self._gaps()
            await asyncio.gather(*map(look, open_))
            if all(_settled(records.get(line.alarm_id)) for line in open_) or time.perf_counter() > until:
                return records
            await asyncio.sleep(1.0)

    async def _gaps(self) -> set[UUID]:
        """The alarms of which the ledger says that something is missing."""
        reader = self._world.bearer("device_desk")
        found = await self._world.call("GET", "reporting", "/v1/ledger/gaps", reader)
        return {UUID(gap["alarm_id"]) for gap in found}

    async def _entry(self, alarm_id: UUID) -> Entry:
        path, reader = f"/v1/ledger/presses/{alarm_id}", self._world.bearer("device_desk")
        told = await self._world.call("GET", "reporting", path, reader)
        back = frozenset(o["order_id"] for o in told["dispatch_orders"] if o["withdrawn_at"])
        return Entry(told["stored_at"] is not None, len(told["incident_ids"]), back)

    async def _record(self, found: Findings, lines: Sequence[Line]) -> dict[str, Any]:
        fault = self._drawn.fault
        complaints = await fault.check(self._rig, self._world, lines) if fault.check else []
        back_s = _back_s(lines)
        recovery = self._recovery_s(lines)
        broken = verdict(
            found,
            may_be_late=bool(fault.late_because),
            back_s=back_s,
            back_within_s=fault.back_within_s,
            unwell_after_s=fault.recovered_within_s if recovery is None else None,
            may_lack=bool(fault.lacks_because),
        )
        return {
            "fault": fault.name,
            "steps": self._drawn.told,
            **found.as_record(),
            "back_s": back_s,
            "recovery_s": recovery,
            "waited_for": self._waited_for,
            "driver_lag_s": round(self._fleet.lag_s, 3),
            "course": _course(lines),
            "may_be_late": fault.late_because,
            "may_lack": fault.lacks_because,
            "broken": broken + complaints,
        }

    def _recovery_s(self, lines: Sequence[Line]) -> float | None:
        """From the end of the fault until presses came at once and queues were empty; None: never."""
        if self._quiet_at is None:
            return None
        slow = [
            line.begun for line in lines if line.begun > 0 and (line.took_s is None or line.took_s >= _WELL_S)
        ]
        return round(max([0.0, self._quiet_at - self._ended, *slow]), 2)


def _line(pressed: Pressed, ended: float) -> Line:
    """What the auditor sees, in seconds after the end of the fault."""
    orders = tuple(
        Came(order.order_id, unit.unit_id, round(order.at - ended, 3), order.withdrawn is not None)
        for unit, order in pressed.orders
    )
    refusals = len(pressed.press.refusals) if pressed.press else 0
    held_as = pressed.press.alarm_id if pressed.accepted and pressed.press is not None else pressed.alarm_id
    return Line(
        pressed.alarm_id,
        round(pressed.begun - ended, 3),
        pressed.accepted,
        refusals,
        orders,
        held_as if held_as != pressed.alarm_id else None,
    )


def _settled(entry: Entry | None) -> bool:
    return entry is not None and (entry.adds_up or entry.told)


def _back_s(lines: Sequence[Line]) -> float | None:
    """How long after the end the last of the presses that were refused came to its unit."""
    came = [line.begun + line.took_s for line in lines if line.refusals and line.took_s is not None]
    return round(max(0.0, *came), 2) if came else None


def _course(lines: Sequence[Line]) -> dict[str, float]:
    """The slowest press of each two seconds, by seconds after the end."""
    course: dict[str, float] = {}
    for line in sorted(lines, key=lambda line: line.begun):
        when, took = f"{line.begun // 2 * 2:+.0f}", line.took_s if line.took_s is not None else float("inf")
        course[when] = round(max(course.get(when, 0.0), took), 2)
    return {when: took for when, took in course.items() if took < float("inf")}
