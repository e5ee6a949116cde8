"""Bring the catalogues up to date with the sources: `make translations`.

`pybabel extract` finds the keys by the mapping in `pyproject.toml`: `t("key")`, `nt("key", count)`,
`word("group", code)` and `data-text="key"`. Every key has its text in each `<language>.po`; English stands
beside the others as a comment.
The console reads its texts from modules that are written here, so that it starts from static files alone.
"""

import io
import json
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from chassis.i18n.catalogues import LANGUAGES, forms_of, key_of
from contracts.common import Language

_SHARED = Path("chassis")
# Where sources stand, and where their catalogues; a service also uses those of the chassis.
CATALOGUES: Mapping[Path, Path] = {
    _SHARED: Path("chassis/i18n/translations"),
    **{
        Path("services") / name: Path("services") / name / "translations"
        for name in ("registry", "committee", "dispatch")
    },
}
# Modules for pages that have no templates in the reader's language.
SCRIPTS: Mapping[Path, Path] = {Path("services/dispatch"): Path("services/dispatch/pages/static/i18n")}
_HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""
_SCRIPT = """\
// Written from services/{service}/translations/{language}.po by `make translations`: do not edit.
export default {texts};
"""
# Codes of problems come from every endpoint.
_PROBLEM = "problem"
# As wide as the code.
_WIDTH = 112


@dataclass(frozen=True, slots=True)
class Keys:
    """What the sources use: keys with the files, which of them count, and groups of codes."""

    used: Catalog
    groups: Mapping[str, Collection[str]]

    def needs(self, key: str) -> bool:
        """Tell whether a key is used, by itself or as a code of a group."""
        return key in self.used or key.partition(".")[0] in self.groups

    def files(self, key: str) -> list[tuple[str, int]]:
        """List where a key is used; without line numbers, which every change would move."""
        found = {file for file, _ in self.used[key].locations} if key in self.used else set()
        return [(file, 0) for file in sorted(found | set(self.groups.get(key.partition(".")[0], ())))]


@cache
def extract(sources: Path) -> Keys:
    """Find the keys that the sources under a folder use."""
    groups = [each for each in _pybabel(sources, "word") if each.id]
    files = {key_of(each): sorted({file for file, _ in each.locations}) for each in groups}
    return Keys(_pybabel(sources, "t", "nt:1,1"), files | {_PROBLEM: []})


def _pybabel(sources: Path, *keywords: str) -> Catalog:
    with tempfile.NamedTemporaryFile(suffix=".pot") as pot:
        options = [part for keyword in keywords for part in ("-k", keyword)]
        command = ["pybabel", "-q", "extract", "-F", "pyproject.toml", "--no-default-keywords", *options]
        CommandLineInterface().run([*command, "-o", pot.name, str(sources)])  # type: ignore[no-untyped-call]
        return read_po(io.BytesIO(Path(pot.name).read_bytes()))


def read(folder: Path, language: Language) -> Catalog:
    """Read one catalogue, with comments and flags."""
    with (folder / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def updated(sources: Path, language: Language) -> Catalog:
    """Return a catalogue with every key that the sources use, and no other; new ones have no text yet."""
    folder = CATALOGUES[sources]
    keys, old, english = extract(sources), read(folder, language), read(folder, "en")
    shared = {key_of(each) for each in read(CATALOGUES[_SHARED], "en")} if sources != _SHARED else set()
    codes = {key_of(each) for each in english if each.id and keys.needs(key_of(each))}
    new = Catalog(language)
    for key in sorted({key_of(each) for each in keys.used if each.id} - shared | codes):
        plural = keys.used[key].pluralizable if key in keys.used else False
        known = old.get(key)
        comment = [" / ".join(forms_of(english[key]))] if language != "en" and key in english else []
        new.add(
            (key, key) if plural else key,
            known.string if known and known.pluralizable == plural else (("", "") if plural else ""),
            locations=keys.files(key),
            auto_comments=comment,
            user_comments=known.user_comments if known else (),
            flags=known.flags - {"python-brace-format"} if known else (),
        )
    return new


def write_catalogue(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue without what changes from one run to the next."""
    header = _HEADER.format(language=catalogue.locale, plural_forms=catalogue.plural_forms)
    body = io.BytesIO()
    write_po(body, catalogue, width=_WIDTH, omit_header=True, include_lineno=False)
    path.write_bytes(header.encode() + body.getvalue().strip() + b"\n")


def script(sources: Path, language: Language) -> str:
    """Return the module of a language: texts by key, those that count as a list of forms."""
    texts = {
        key_of(each): list(forms_of(each)) if each.pluralizable else each.string
        for each in read(CATALOGUES[sources], language)
        if each.id
    }
    return _SCRIPT.format(
        service=sources.name, language=language, texts=json.dumps(texts, ensure_ascii=False, indent=2)
    )


def page_texts(
    file: BinaryIO, keywords: Sequence[str], comment_tags: Sequence[str], options: dict[str, Any]
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Extract what a template calls, and `data-text="key"`, which is `t("key")`: a method for Babel."""
    yield from babel_extract(file, keywords, comment_tags, options)
    file.seek(0)
    for number, line in enumerate(file, 1):
        for part in line.decode().split('data-text="')[1:]:
            if "t" in keywords:
                yield number, "t", part.partition('"')[0], []


def main() -> int:
    """Update catalogues and scripts; return 1 where a text is missing."""
    missing = 0
    for sources, folder in CATALOGUES.items():
        for language in sorted(LANGUAGES):
            catalogue = updated(sources, language)
            write_catalogue(folder / f"{language}.po", catalogue)
            for each in catalogue:
                if each.id and not all(forms_of(each)):
                    missing += 1
                    print(f"{folder / language}.po: no text for {key_of(each)}", file=sys.stderr)
    for sources, folder in SCRIPTS.items():
        for language in LANGUAGES:
            (folder / f"{language}.js").write_text(script(sources, language))
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
