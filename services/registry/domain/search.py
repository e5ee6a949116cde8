"""Search that forgives spelling, over words that nobody can read.

A word is indexed as the keyed digests of its three-letter pieces (`Peeters`: `^pe`, `pee`, `eet` ...). Words
that share enough pieces are alike, whatever was misspelt; without the key the digests say nothing. Two letters
that changed places spoil four pieces: a search looks for each pair of its word the other way round too.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from contracts.registry import Card

Kind = Literal["victim", "perpetrator", "phone", "plate"]
# The share of pieces that a word must have in common with another; numbers have fewer letters to go wrong.
LEAST: dict[Kind, float] = {"victim": 0.4, "perpetrator": 0.4, "phone": 0.6, "plate": 0.5}
# The same where two letters of what was typed changed places, and by how much it is less alike then.
LEAST_SWAPPED, SWAPPED_COSTS = 0.8, 0.1
# In shorter words any swap is another word; longer ones nobody types.
_SWAPS = range(4, 31)
_NAMES: tuple[Kind, ...] = ("victim", "perpetrator")
_PIECE, _DIGEST = 3, 8


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a kind, as its pieces' digests. `swapped`: two letters of what was typed changed places."""

    kind: Kind
    pieces: frozenset[bytes]
    swapped: bool = False


def words(text: str) -> list[str]:
    """Split a text into words: no accents, no capitals, nothing but letters and digits."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return letters.casefold().split()


def phone(text: str) -> str:
    """Reduce a number to the digits that do not depend on how it is dialled: +32, 0032 and 0 are the same."""
    digits = re.sub(r"[^0-9+]", "", text)
    return re.sub(r"^(\+32|0032|\+|00|0)", "", digits)


def plate(text: str) -> str:
    """Write a licence plate without dashes, with the letters that are taken for digits as digits."""
    return "".join(words(text)).translate(str.maketrans("oiqz", "0102"))


def of_card(key: bytes, card: Card) -> list[Word]:
    """List the words that a file is found by."""
    found = [_word(key, "victim", each) for each in words(card.victim.name)]
    for person in card.perpetrators:
        found += [_word(key, "perpetrator", each) for each in words(person.name)]
        found += [_word(key, "plate", plate(each.plate)) for each in person.vehicles if each.plate]
    numbers = (card.victim.phone, *(person.phone for person in card.perpetrators))
    found += [_word(key, "phone", phone(each)) for each in numbers if each]
    return list(dict.fromkeys(found))


def of_query(key: bytes, text: str) -> list[list[Word]]:
    """List what a search looks for: each word as what it could be; a number or a plate as a whole."""
    if not re.search(r"[0-9]", text):
        return [[typed for kind in _NAMES for typed in _typed(key, kind, each)] for each in words(text)]
    if not re.search(r"[^\W\d_]", text):
        return [_typed(key, "phone", phone(text))]
    return [_typed(key, "plate", plate(text))]


def _typed(key: bytes, kind: Kind, word: str) -> list[Word]:
    """List a word as it was typed, and as it is where two letters that stand together changed places."""
    pairs = range(len(word) - 1) if len(word) in _SWAPS else ()
    swaps = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in pairs} - {word}
    return [_word(key, kind, word), *(_word(key, kind, each, swapped=True) for each in sorted(swaps))]


def _word(key: bytes, kind: Kind, word: str, *, swapped: bool = False) -> Word:
    return Word(kind, frozenset(_digests(key, kind, word)), swapped)


def _digests(key: bytes, kind: Kind, word: str) -> Iterator[bytes]:
    padded = f"^{word}$"
    for at in range(max(1, len(padded) - _PIECE + 1)):
        piece = padded[at : at + _PIECE]
        yield hmac.new(key, f"search|{kind}|{piece}".encode(), hashlib.sha256).digest()[:_DIGEST]


def likeness(wanted: Word, shared: int, pieces: int) -> float | None:
    """Measure how alike a word with `shared` of its `pieces` is (Dice): 0 to 1. None: not enough."""
    alike = 2 * shared / (len(wanted.pieces) + pieces)
    if alike < (LEAST_SWAPPED if wanted.swapped else LEAST[wanted.kind]):
        return None
    return alike - SWAPPED_COSTS if wanted.swapped else alike
