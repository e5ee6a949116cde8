"""Texts of pages: written with the four languages of one beside each other, read by language."""

from collections.abc import Mapping

from contracts.common import Language

# One line a text: Dutch, French, German, English.
Lines = Mapping[str, tuple[str, str, str, str]]
Words = Mapping[Language, Mapping[str, str]]

# What a page says of a refusal is the word of its code after this.
PROBLEM = "problem."
_ORDER: tuple[Language, ...] = ("nl", "fr", "de", "en")


def by_language(lines: Lines) -> Words:
    """Split the texts by language."""
    return {
        language: {key: texts[place] for key, texts in lines.items()} for place, language in enumerate(_ORDER)
    }


def of_problems(lines: Lines) -> Lines:
    """Prefix the codes of problems, so that their texts can stand among the other words."""
    return {f"{PROBLEM}{code}": texts for code, texts in lines.items()}
