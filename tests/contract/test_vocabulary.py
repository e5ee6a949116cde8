"""Words that the glossary retired do not come back: not in code, settings, tables, metrics or documents."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs/glossary.md"
# They quote old words, are texts for people, or are not ours.
SKIPPED = (
    *("CHANGELOG.md", "LICENSE", "docs/glossary.md", "tests/contract/test_vocabulary.py"),
    *("/i18n/", "/translations", "/vendor/", "package-lock.json", "uv.lock"),
)
TEXTS = (".py", ".md", ".js", ".ts", ".json", ".yaml", ".yml", ".toml", ".html", ".css", ".conf", ".sh")

# A pattern, by the word in the glossary's table.
RETIRED = {
    "books, book": r"\bbooks?\b(?!worm)",
    "doorbell": r"doorbell",
    "`told_at`": r"\btold_at\b",
    "`zones_told`": r"zones_told",
    "tie, tied, `untied`": r"\b(un)?tied\b|\bTie[A-Z]\w+|\w_ties?\b",
    "`kept_from`": r"\bkept_from\b",
    "sealed (of data), unseal, reseal": r"\b(un|re)seal(s|ed|er|ing)?\b",
    "`*_place` (of a value)": r"\b(card|photo|fix|proof|said|webhook|evidence)_place\b",
    "proved, unproved": r"\b(un)?proved\b|UNPROVED",
    "`file.opened`, opening": r"\bfile\.opened\b|FileOpened",
    "glass": r"(?<![-_])\bglass\b",
    "loudness": r"loudness",
    "`cic_id`, `also_cics`": r"\bcic_id|_cics?\b",
    "work, `Work`": r"\bclass Work\b|: Work\b",
    "class `Caller`": r"\bclass Caller\b|: Caller\b",
}


@cache
def sources() -> dict[str, str]:
    """What each source says, by its path."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return {
        name: (ROOT / name).read_text()
        for name in listed.stdout.splitlines()
        if name.endswith(TEXTS) and not any(part in f"/{name}" for part in SKIPPED) and (ROOT / name).is_file()
    }


@pytest.mark.parametrize("word", RETIRED)
def test_a_retired_word_is_in_the_glossary_and_nowhere_else(word: str) -> None:
    _, _, table = GLOSSARY.read_text().partition("## Words retired")
    assert word in table, "a word is retired in the glossary first"
    pattern = re.compile(RETIRED[word], re.IGNORECASE if RETIRED[word].islower() else 0)
    found = {
        f"{path}: {match.group()}"
        for path, source in sources().items()
        for match in [pattern.search(source)]
        if match
    }
    assert found == set()
