"""One alarm is one trace, from the phone to the patrol's receipt, without gaps and without personal data."""

import asyncio
import json
import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from contracts.telemetry import ALLOWED_ATTRIBUTES

if TYPE_CHECKING:
    from tests.scenarios.roles import PressRole
    from tests.scenarios.stage import Stage

# OpenTelemetry semantic conventions: HTTP `{method} {route}`, messaging `{operation} {destination}`.
# For what stays inside a process they name nothing; there a name must hold no id.
_NAMES = {
    "server": re.compile(r"^(GET|POST|PUT|PATCH|DELETE)( /\S*)?$"),
    "client": re.compile(r"^(GET|POST|PUT|PATCH|DELETE)( /\S*)?$"),
    "producer": re.compile(r"^(send|create) [a-z0-9.\-]+$"),
    "consumer": re.compile(r"^(receive|process|settle) [a-z0-9.\-]+$"),
    "internal": re.compile(r"^[a-z_. ]+$"),
}
_PATIENCE_S = 12.0
_THROUGH = {"phone", "alarm", "dispatch", "patrol"}
_RECEIPT = "POST /v1/orders/{order_id}/receipt"


async def compare(stage: "Stage") -> None:
    """Complain of every press that opened an incident and whose trace is not whole and clean."""
    secrets = _secrets(stage)
    for press in stage.scenario.presses:
        if press.made and press.made.receipt and press.joins is None and press.verified:
            spans = await _whole(stage, press)
            for complaint in faults(spans, secrets):
                stage.check(False, f"trace {press.made.trace_id}: {complaint}")


async def _whole(stage: "Stage", press: "PressRole") -> list[dict[str, Any]]:
    """The spans once nothing is missing any more, or as they are when patience ends."""
    assert press.made is not None
    until, spans = time.monotonic() + _PATIENCE_S, list[dict[str, Any]]()
    address = f"{stage.world.url('collector')}/api/traces/{press.made.trace_id}"
    while time.monotonic() < until:
        answer = await stage.world.http.get(address)
        spans = answer.json() if answer.is_success else []
        if spans and not _gaps(spans):
            break
        await asyncio.sleep(0.3)
    return spans


def _gaps(spans: list[dict[str, Any]]) -> list[str]:
    known = {span["span_id"] for span in spans}
    orphans = [f"{s['service']} {s['name']}" for s in spans if s["parent_id"] and s["parent_id"] not in known]
    roots = [span["name"] for span in spans if not span["parent_id"]]
    missing = _THROUGH - {span["service"] for span in spans}
    found = [f"orphans: {orphans}"] if orphans else []
    found += [f"{len(roots)} roots: {roots}"] if len(roots) != 1 else []
    found += [f"does not pass {sorted(missing)}"] if missing else []
    receipts = {s["service"] for s in spans if s["name"] == _RECEIPT}
    found += [f"the unit's receipt is not in it: {receipts}"] if receipts != {"patrol", "dispatch"} else []
    return found


def _doubled(spans: list[dict[str, Any]]) -> list[str]:
    """One request is one server span: two mean that two instrumentations are at work."""
    servers = Counter((s["parent_id"], s["service"], s["name"]) for s in spans if s["kind"] == "server")
    calls = {s["span_id"] for s in spans if s["kind"] == "client"}
    return [f"{n} server spans of {key[2]}" for key, n in servers.items() if n > 1 and key[0] in calls]


def faults(spans: list[dict[str, Any]], secrets: list[str]) -> list[str]:
    found = _gaps(spans) + _doubled(spans)
    for span in spans:
        where = f"{span['service']} {span['name']}"
        if not _NAMES[span["kind"]].match(span["name"]):
            found.append(f"{where}: not a name by convention for {span['kind']}")
        if extra := set(span["attributes"]) - ALLOWED_ATTRIBUTES:
            found.append(f"{where}: attributes not allowed: {sorted(extra)}")
        text = json.dumps([span["name"], span["attributes"], span.get("links")], ensure_ascii=False)
        found += [f"{where}: holds {secret!r}" for secret in secrets if secret in text]
    return found


def _secrets(stage: "Stage") -> list[str]:
    """Names, addresses, numbers and coordinates of everybody in the scenario."""
    found: list[str] = []
    for victim in stage.scenario.victims:
        if victim.real:
            found += victim.real.secrets
        for place in (victim.position, (victim.home.lat, victim.home.lon)):
            # The first three decimals (some hundred metres) as they would stand in any longer number.
            found += [f"{part:.7f}"[:-4] for part in place or ()]
    return found
