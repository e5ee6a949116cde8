"""What the tool tells people to type works when they type it."""

import re

from tools.runtime.native.layout import COMMAND, project_root

# A command of the tool in a text, with what is before it.
_TYPED = re.compile(
    r"""(\S*)stalkingalarm (up|down|status|press|trace|ledger|audit|keys|token|import [A-Z]|demo)\b"""
)


def test_every_hint_can_be_copied_as_it_stands() -> None:
    root = project_root()
    assert (root / COMMAND).is_file()
    for source in sorted((root / "tools").rglob("*.py")):
        for line in source.read_text().splitlines():
            assert not _TYPED.search(line.partition('"""')[0]), f"{source.name}: {line.strip()}"


def test_the_readme_names_what_works_in_the_checkout() -> None:
    text = (project_root() / "README.md").read_text()
    found = [(before, what) for before, what in _TYPED.findall(text) if not before.endswith(".venv/bin/")]
    assert found == []
    assert f"`{COMMAND} ...`" in text
