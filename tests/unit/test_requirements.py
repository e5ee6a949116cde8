"""What docs/requirements.md says is shown by a test is shown by one that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACES = ("tests", "tests/integration", "services/committee", "services/dispatch", "services/registry", ".")


def test_every_file_that_the_table_names_is_there() -> None:
    named = re.findall(r"`([\w/*]+\.py)`", (ROOT / "docs/requirements.md").read_text())
    assert len(named) > 40
    lost = [each for each in named if not any(list((ROOT / place).glob(each)) for place in PLACES)]
    assert lost == []


def test_every_requirement_has_its_row() -> None:
    text = (ROOT / "docs/requirements.md").read_text()
    assert [int(each) for each in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == list(range(1, 15))
