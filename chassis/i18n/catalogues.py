"""Texts for people, read from catalogues (`<language>.po`): a key, and what it is in each language."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from babel import Locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from contracts.common import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)


class Texts(Mapping[str, str]):
    """The texts of one language. As a mapping, a text with plural forms is the form for many."""

    def __init__(self, language: Language, forms: Mapping[str, tuple[str, ...]]) -> None:
        """`forms`: the text of each key, in as many forms as the language has plurals where it counts."""
        self._forms = forms
        self._language = language

    def __getitem__(self, key: str) -> str:
        return self._forms[key][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)

    def __or__(self, other: "Texts") -> "Texts":
        """Add the texts of another catalogue, which win."""
        return Texts(self._language, {**self._forms, **other._forms})

    def t(self, key: str, **values: object) -> str:
        """Return a text with its `{names}` filled in; raises `KeyError`."""
        return self[key].format(**values)

    def nt(self, key: str, count: int, **values: object) -> str:
        """Return the form of a text for a number, which fills `{count}`; raises `KeyError`."""
        form = 0 if Locale(self._language).plural_form(count) == "one" else -1
        return self._forms[key][form].format(count=count, **values)

    def word(self, group: str, code: object, default: str | None = None) -> str:
        """Return the text of a code of the system; a code that has none stays readable."""
        readable = str(code).replace("_", " ") if default is None else default
        return self.get(f"{group}.{code}", readable)


Translations = Mapping[Language, Texts]


def read_translations(folder: Path, same_as: Mapping[str, str] | None = None) -> Translations:
    """Read the catalogues of a folder, one a language. `same_as`: keys that have the text of another key."""
    return {language: _read(folder / f"{language}.po", language, same_as or {}) for language in LANGUAGES}


def _read(path: Path, language: Language, same_as: Mapping[str, str]) -> Texts:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    forms = {key_of(message): forms_of(message) for message in catalogue if message.id}
    return Texts(language, forms | {key: forms[other] for key, other in same_as.items()})


def key_of(message: Message) -> str:
    """Return the key of an entry of a catalogue."""
    return message.id if isinstance(message.id, str) else message.id[0]


def forms_of(message: Message) -> tuple[str, ...]:
    """Return the text of an entry, in its plural forms where it counts."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
