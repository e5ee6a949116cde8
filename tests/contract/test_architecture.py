"""docs/architecture.md is true; `python -m tests.contract.test_architecture` writes its tables."""

import re
from pathlib import Path

import pytest

from contracts import topology
from contracts.audit import AuditSealed
from contracts.catalogue import AUDIT_SEALED, PARKED, PUBLISHED
from contracts.common import MessageParked
from contracts.envelope import Payload
from contracts.policy import TABLE, Audience, Group
from contracts.telemetry import METRICS
from tests.support.architecture import readers_of
from tools.runtime.native.definitions import definitions

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/architecture.md"


def event_rows() -> list[str]:
    """The table of events."""
    rows = ["| event | published by | on exchange | read from queue | what is in it |", "|---|---|---|---|---|"]
    for service, events in PUBLISHED.items():
        rows += [_row(payload, service, payload.EXCHANGE, readers_of(payload)) for payload in events]
    for payload, variants in ((MessageParked, PARKED), (AuditSealed, AUDIT_SEALED)):
        every = set.intersection(*(readers_of(variant) for variant in variants.values()))
        rows.append(_row(payload, "every service", "<service>.events", every))
    return rows


def _row(payload: type[Payload], service: str, exchange: str, queues: set[str]) -> str:
    parts = (payload.__doc__ or "").strip().splitlines()[0]
    fields = ", ".join(f"`{name}`" for name in payload.model_fields)
    read = ", ".join(f"`{queue}`" for queue in sorted(queues))
    return f"| `{payload.TYPE}` | {service} | `{exchange}` | {read} | {parts} {fields} |"


def permission_rows() -> list[str]:
    """The table of permissions: what each user may write and read, by the rules that the broker is given."""
    rows = ["| user | writes | reads |", "|---|---|---|"]
    wanted = definitions(dict.fromkeys(topology.SERVICES, "x"))["permissions"]
    users = {each["user"]: each for each in wanted if each["user"] in topology.SERVICES}
    parked = {topology.parking(service) for service in topology.SERVICES}
    exchanges = [e.name for e in topology.EXCHANGES if not e.name.startswith("retry.") and e.name not in parked]
    queues = [queue.name for queue in topology.QUEUES]
    for service in topology.SERVICES:
        writes = [f"`{name}`" for name in exchanges if re.search(users[service]["write"], name)]
        reads = [f"`{name}`" for name in queues if re.search(users[service]["read"], name)]
        rows.append(f"| {service} | {', '.join(writes)} | {', '.join(reads)} |")
    return rows


def metric_rows() -> list[str]:
    """The table of metrics; where all services make one, the column says so."""
    rows = ["| metric | in Prometheus | made by | split by | what it says |", "|---|---|---|---|---|"]
    for metric in METRICS:
        made_by = "all" if metric.by == topology.SERVICES else ", ".join(metric.by)
        attributes = ", ".join(f"`{key}`" for key in metric.attributes)
        name = metric.prometheus + ("_bucket" if metric.kind == "histogram" else "")
        rows.append(f"| `{metric.name}` | `{name}` | {made_by} | {attributes} | {metric.description} |")
    return rows


def policy_rows() -> list[str]:
    """The table of who may know what."""
    heads = [str(audience).replace("_", " ") for audience in Audience]
    rows = [f"| group | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for group in Group:
        cells = (str(TABLE[group, audience]).replace("_", " ") for audience in Audience)
        rows.append(f"| {group} | {' | '.join(cells)} |")
    return rows


TABLES = {
    "events": event_rows,
    "permissions": permission_rows,
    "metrics": metric_rows,
    "policy": policy_rows,
}


def _between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end of {name} -->)", re.DOTALL)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_the_contracts_say(name: str) -> None:
    found = _between(name).search(DOCUMENT.read_text())
    assert found is not None
    assert found[0].splitlines() == TABLES[name](), "run python -m tests.contract.test_architecture"


def test_the_tests_that_the_document_names_exist() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    _, _, prose = DOCUMENT.read_text().partition("## The eleven rules")
    named = set(re.findall(r"`(test_\w+)`", prose))
    assert named
    assert {name for name in named if f"def {name}(" not in code} == set()


def test_the_code_that_the_document_names_exists() -> None:
    folders = "services|chassis|contracts|tools|tests"
    named = set(re.findall(rf"`((?:{folders})/[\w./]+)`", DOCUMENT.read_text()))
    assert named
    assert {name for name in named if not (ROOT / name).exists()} == set()


if __name__ == "__main__":
    document = DOCUMENT.read_text()
    for table, rows in TABLES.items():
        lines = "".join(f"{row}\n" for row in rows())
        document = _between(table).sub(lambda _, lines=lines: lines, document)  # type: ignore[misc]
    DOCUMENT.write_text(document)
