"""Use cases open no transaction: the edge does, so that one request or message is one unit of work."""

import ast
from pathlib import Path

SERVICES = Path(__file__).resolve().parents[2] / "services"

# What opens units of work itself, and why no edge can.
ALLOWED = {
    # A batch that fails is tried anew in halves, each a unit of work.
    "alarm/usecases/record_presses.py",
    "dispatch/usecases/raise_alarms/take.py",
    "registry/usecases/reminders.py",
    # Many units of work one after another: the next begins by what the last one left.
    "alarm/usecases/renamed_presses.py",
    "reporting/usecases/reconciliation.py",
    # Commits before it goes on: others are called, or a refusal is noted, or what failed is raised.
    "alarm/usecases/canaries.py",
    "committee/usecases/chain_deliveries.py",
    "committee/usecases/pending_settlement.py",
    "dispatch/usecases/handle_events.py",
    # Runs beside the edges, and goes on while the database is away.
    "alarm/usecases/devices.py",
    "alarm/usecases/ladders.py",
    "alarm/usecases/note_handed_over.py",
    "alarm/usecases/press_log.py",
    "alarm/usecases/redelivery.py",
    "alarm/usecases/routing_monitor.py",
    "reporting/usecases/canaries.py",
    "reporting/usecases/gap_metrics.py",
}


def _opens(source: str) -> bool:
    """Whether a unit of work or of reading is opened in this module."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("transaction", "read")
        and not node.args
        and not node.keywords
        for node in ast.walk(ast.parse(source))
    )


def test_use_cases_open_no_transaction() -> None:
    modules = SERVICES.glob("*/usecases/**/*.py")
    found = {path.relative_to(SERVICES).as_posix() for path in modules if _opens(path.read_text())}
    assert found == ALLOWED


def test_the_check_sees_what_it_looks_for() -> None:
    assert _opens("with context.database.transaction() as tx:\n    pass")
    assert _opens("with self._database.read() as session:\n    pass")
    assert not _opens("known.read('card', opened, None)")
