"""What reporting has of a scenario: each press exactly one incident, no gap, the escalations that were."""

import asyncio
import itertools
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tools.simulation.world import Refused, until

if TYPE_CHECKING:
    from tests.scenarios.stage import Stage

_PATIENCE_S = 10.0
# In this order, and never backwards.
_STAGES = ("received_at", "routed_at", "sent_at", "unit_received_at")


async def compare(stage: "Stage") -> None:
    """Add the ledger's escalations to what was seen, and complain of whatever does not add up."""
    # Who keeps the records may have been killed in the scenario; whoever is back looks at all that waited.
    await asyncio.to_thread(stage.system.wait_ready, "alarm-worker", "reporting-api", "reporting-worker")
    told: set[tuple[str, str]] = set()
    for press in stage.scenario.presses:
        if press.made is None or press.made.receipt is None:
            continue
        entry = await _entry(stage, press.alarm_id)
        _check_entry(stage, press.alarm_id, entry)
        if press.joins is not None and entry:
            stage.check(
                entry["incident_ids"] == [press.joins.alarm_id], f"{press.alarm_id} did not join its incident"
            )
        for step in entry.get("escalation_steps", ()):
            if (key := (step["incident_id"], step["level"])) not in told:
                told.add(key)
                at = (datetime.fromisoformat(step["at"]) - stage.begun_at).total_seconds()
                stage.note("escalation", step["level"], step, stage.begun + at)
        for wanted_of, flag in stage.scenario.wanted_flags:
            if wanted_of is press:
                found = entry.get("flags", [])
                stage.check(flag in found, f"press {press.alarm_id}: flag {flag} is missing from {found}")
    await _no_gaps(stage)
    await _no_other_presses(stage)


async def _entry(stage: "Stage", alarm_id: str) -> dict[str, Any]:
    """The press as the ledger has it, once both sides have told it (and the escalations that are wanted)."""
    reader, entry = stage.world.bearer("device_desk"), dict[str, Any]()
    levels = {want.who for want in stage.scenario.wants if want.kind == "escalation"}

    async def complete() -> bool:
        nonlocal entry
        try:
            entry = await stage.world.call("GET", "reporting", f"/v1/ledger/presses/{alarm_id}", reader)
        except Refused:
            return False
        known = {step["level"] for step in entry["escalation_steps"]}
        received = not stage.scenario.traced or entry["unit_received_at"] or not entry["opened"]
        return bool(entry["stored_at"] and entry["incident_ids"] and levels <= known and received)

    # What is missing is complained of by those who look at the entry.
    with suppress(TimeoutError):
        await until(complete, _PATIENCE_S, 0.1)
    return entry


def _check_entry(stage: "Stage", alarm_id: str, entry: dict[str, Any]) -> None:
    stage.check(bool(entry), f"the ledger does not know {alarm_id}")
    if not entry:
        return
    incidents = entry["incident_ids"]
    stage.check(len(incidents) == 1, f"{alarm_id} has {len(incidents)} incidents in the ledger")
    stage.check(entry["stored_at"] is not None, f"{alarm_id} never came into the alarm database")
    times = [(name, entry[name]) for name in _STAGES if entry[name] is not None and entry["opened"]]
    for (earlier, a), (later, b) in itertools.pairwise(times):
        good = datetime.fromisoformat(a) <= datetime.fromisoformat(b)
        stage.check(good, f"{alarm_id}: {later} {b} is before {earlier} {a}")


async def _no_gaps(stage: "Stage") -> None:
    gaps: list[dict[str, Any]] = []

    async def none() -> bool:
        nonlocal gaps
        gaps = await stage.world.call("GET", "reporting", "/v1/ledger/gaps", stage.world.bearer("device_desk"))
        gaps = [gap for gap in gaps if gap["healed_at"] is None]
        return not gaps

    try:
        await until(none, _PATIENCE_S, 0.2)
    except TimeoutError:
        stage.check(False, f"gaps in the ledger: {gaps}")


async def _no_other_presses(stage: "Stage") -> None:
    since = (stage.begun_at - timedelta(milliseconds=50)).isoformat().replace("+", "%2B")
    path = f"/v1/ledger/summary?since={since}&lane=verified"
    counts = (await stage.world.call("GET", "reporting", path, stage.world.bearer("device_desk")))["counts"]
    verified = {
        press.alarm_id
        for press in stage.scenario.presses
        if press.made and press.made.receipt and press.verified
    }
    stage.check(
        counts["presses"] == len(verified),
        f"the ledger counts {counts['presses']} presses, {len(verified)} were made",
    )
    stage.check(counts["duplicated"] == 0 and counts["lost"] == 0, f"the ledger: {counts}")
