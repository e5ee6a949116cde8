"""The next version, which chaos rolls out beside this one, can still be written from it."""

from pathlib import Path

from tests.chaos.faults.releases import write_next_version


def test_the_next_version_tells_who_received_a_press(tmp_path: Path) -> None:
    write_next_version(tmp_path)
    changed = [path for path in tmp_path.rglob("*.py") if "received_by" in path.read_text()]
    assert {path.name for path in changed} == {"alarm.py", "models.py", "outgoing.py", "presses.py"}
