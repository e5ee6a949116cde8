"""docs/identity.md names every role that an endpoint asks for, and no other."""

import re
from pathlib import Path

from contracts.policy import AUDIENCES
from tests.support.tokens import ROLES

PAGE = Path(__file__).parents[2] / "docs/identity.md"


def test_the_page_for_identity_providers_names_every_role() -> None:
    table = PAGE.read_text().split("| role |")[1]
    named = re.findall(r"^\| `([a-z_]+)` \|", table, re.M)
    assert sorted(named) == sorted(ROLES)
    assert set(AUDIENCES) <= set(named)
