"""What asks or changes the database stands in `store`, so that every query of a service is in one place."""

import ast
from pathlib import Path

import pytest

SERVICES = Path(__file__).resolve().parents[2] / "services"

# Of a session: what becomes SQL. `flush` is none of them: it says when, not what.
_SQL = {
    "add",
    "add_all",
    "delete",
    "exec",
    "execute",
    "get",
    "get_one",
    "merge",
    "refresh",
    "scalar",
    "scalars",
}


def _asks(source: str) -> list[str]:
    """Name the methods of a session that become SQL and are called in this module, with their lines."""
    return [
        f"{node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _SQL
        and ast.unparse(node.func.value).split(".")[-1] == "session"
    ]


@pytest.mark.parametrize("service", ["registry", "alarm", "dispatch", "committee", "reporting"])
def test_only_the_store_asks_the_database(service: str) -> None:
    root = SERVICES / service
    modules = [
        path
        for path in root.rglob("*.py")
        if path.relative_to(root).parts[0] not in ("store", "migrations", "invariants.py")
    ]
    assert modules
    found = {
        path.relative_to(SERVICES).as_posix(): asked for path in modules if (asked := _asks(path.read_text()))
    }
    assert found == {}


def test_the_check_sees_what_it_looks_for() -> None:
    assert _asks("row = uow.tx.session.get(UnitRow, 'u')") == ["1: uow.tx.session.get"]
    assert _asks("session.execute(statement)") == ["1: session.execute"]
    assert not _asks("tx.session.flush()\nrequest.session_id.get('a')\nstore.get(session, 1)")
