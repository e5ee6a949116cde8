"""Each service has one line of migrations: two that follow the same one would stop every start."""

import re
from pathlib import Path

import pytest

from contracts.topology import SERVICES

ROOT = Path(__file__).resolve().parents[2] / "services"


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_follow_one_another_in_the_order_of_their_files(service: str) -> None:
    files = sorted((ROOT / service / "migrations/versions").glob("[0-9]*.py"))
    texts = [file.read_text() for file in files]
    said = [(_value("revision", text), _value("down_revision", text)) for text in texts]
    numbers = [file.name.partition("_")[0] for file in files]
    assert [own for own, _ in said] == numbers
    assert [before for _, before in said] == [None, *numbers[:-1]]


def _value(name: str, text: str) -> str | None:
    found = re.search(rf"""^{name}\b[^=]*=\s*(?:['"](.+?)['"]|None)""", text, re.M)
    assert found, f"{name} is missing"
    return found[1]
