"""Dead links in the documentation: `python -m tests.support.links`. Files and headings, not the network."""

import re
import subprocess
import sys
from pathlib import Path

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+\s+(.*)$", re.M)
_CODE = re.compile(r"```.*?```", re.S)


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings make, as GitHub makes them."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(page.read_text()))
    return {word.strip().replace(" ", "-") for word in words}


def dead_links(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere, as `page:line: target`."""
    dead = []
    # Code is not searched, but its lines count.
    text = _CODE.sub(lambda code: "\n" * code[0].count("\n"), page.read_text())
    for link in _LINK.finditer(text):
        target = link[1]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        there = page.parent / path if path else page
        missing = fragment and there.suffix == ".md" and there.exists() and fragment not in anchors(there)
        if not there.exists() or missing:
            dead.append(f"{page}:{text.count(chr(10), 0, link.start()) + 1}: {target}")
    return dead


if __name__ == "__main__":
    pages = subprocess.run(["git", "ls-files", "*.md"], capture_output=True, text=True, check=True)
    dead = [link for page in pages.stdout.split() for link in dead_links(Path(page))]
    sys.exit("\n".join(["dead links:", *dead]) if dead else 0)
