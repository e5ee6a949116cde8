"""The door: values from outside, brought to what every store and every reader of this system holds.

One rule in two manners. The `read_*` functions never refuse: what cannot be held is unknown (None), because a
press counts whatever is wrong in it. The annotated types and `Incoming` refuse and name the field: people can
correct it.
"""

import math
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    field_validator,
)
from pydantic_core import PydanticCustomError

# Moments that a clock which was ever set can show; PostgreSQL and Python hold all of them in any time zone.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
# Days that people write down here: births, papers, the ends of measures.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
# The largest number of a 64-bit column.
MOST_BIG = 2**63 - 1

_DATETIME: TypeAdapter[datetime] = TypeAdapter(datetime)
# Longer than the digits of any number that a column holds.
_LONGEST_NUMBER = 32
# Letters and signs by their Unicode category that show nothing: Hangul fillers, Braille blank, musical null.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")


def to_utc(moment: datetime) -> datetime:
    """Give a moment in UTC; raises ValueError (`moment_out_of_bounds`) before 2000 or after 2199."""
    try:
        shifted = moment.astimezone(UTC)
    except OverflowError:
        shifted = datetime.min.replace(tzinfo=UTC)
    if not EARLIEST <= shifted < LATEST:
        raise PydanticCustomError("moment_out_of_bounds", "must lie between 2000 and 2199")
    return shifted


# A moment with its time zone, kept in UTC.
Moment = Annotated[AwareDatetime, AfterValidator(to_utc)]


def read_moment(value: object) -> datetime | None:
    """Read a moment (UTC) from ISO 8601 or seconds since 1970; None where zone or year cannot be trusted."""
    if value is None or isinstance(value, bool):
        return None
    try:
        moment = _DATETIME.validate_python(value)
        # Without a zone it may be hours off: a place of two hours ago would look like one of now.
        return to_utc(moment) if moment.tzinfo else None
    except (ValidationError, PydanticCustomError, OverflowError, ValueError):
        return None


def read_number(value: object, least: float, most: float) -> float | None:
    """Read a finite number within bounds, also where it came as text in any script; None otherwise."""
    if isinstance(value, str):
        value = read_text(value, _LONGEST_NUMBER + 1)
        if value is None or len(value) > _LONGEST_NUMBER:
            return None
        value = value.replace(",", ".")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) and least <= number <= most else None


def read_whole(value: object, least: int = 0, most: int = MOST_BIG) -> int | None:
    """Read a whole number within bounds, also where it came as text in any script or as 5.0; None otherwise."""
    if isinstance(value, str):
        text = read_text(value, _LONGEST_NUMBER + 1) or ""
        value = int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if least <= value <= most else None


def read_switch(value: object) -> bool | None:
    """Read yes or no, also where it came as a number or as text; None otherwise."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int) and value in (0, 1) else None


def read_text(value: object, longest: int) -> str | None:
    """Read a text without what no store holds or nobody sees, at most `longest` characters; None if empty."""
    if not isinstance(value, str):
        return None
    kept = "".join(c for c in unicodedata.normalize("NFKC", value[: 4 * longest]) if c.isprintable()).strip()
    return kept[:longest].rstrip() or None


def read_code(value: object) -> str:
    """Give a code by its value, not by its keyboard: digits of any script, blanks, a JSON number are one code.

    Leading zeros do not count, since a number has none. What is no code gives a text that no code has.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) <= MOST_BIG else ""
    text = plain_digits(read_text(value, 64) or "")
    return (text.lstrip("0") or "0") if text.isdecimal() else f"no code: {text}"


def plain_digits(text: str) -> str:
    """Give a text without blanks, its digits of any script as 0 to 9."""
    kept = (c for c in text if c.isprintable() and not c.isspace())
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in kept)


def is_visible(text: str) -> bool:
    """Whether a person sees anything of a text."""
    return any(
        c.isprintable() and not c.isspace() and c not in _BLANK and unicodedata.category(c)[0] != "M"
        for c in text
    )


def hold_text(text: str) -> str:
    """Give a text that every store holds, composed (NFC); raises ValueError for NUL and lone surrogates."""
    if "\x00" in text:
        raise PydanticCustomError("text_nul", "must not hold the character NUL")
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise PydanticCustomError("text_surrogate", "holds half a character")
    return unicodedata.normalize("NFC", text)


def see_text(text: str) -> str:
    """The same, for a text that a person must be able to see; raises ValueError also where it shows nothing."""
    held = hold_text(text)
    if held.strip() and not is_visible(held):
        raise PydanticCustomError("text_invisible", "shows nothing: type something that can be read")
    return held


def see_all(value: object) -> object:
    """Give a JSON value with each of its texts and keys as `see_text` gives it; raises ValueError too."""
    if isinstance(value, str):
        return see_text(value)
    if isinstance(value, list | tuple):
        return [see_all(each) for each in value]
    if isinstance(value, dict):
        return {see_all(key): see_all(each) for key, each in value.items()}
    return value


def hold_day(day: date) -> date:
    """Give a day that can be reckoned with; raises ValueError before 1900 or after 2199."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise PydanticCustomError("date_out_of_bounds", "must lie between 1900 and 2199")
    return day


Day = Annotated[date, AfterValidator(hold_day)]
Seen = AfterValidator(see_text)


def same_text(text: str) -> str:
    """Give what two spellings of one reference or serial number have in common.

    Width, case, blanks, invisible signs and the many kinds of hyphens are no difference to a person.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = ("-" if unicodedata.category(c) == "Pd" or c == "\u2212" else c for c in folded)
    return "".join(c for c in plain if c.isprintable() and not c.isspace())


def same_serial(text: str) -> str:
    """A serial number as it is kept: see `same_text`; raises ValueError where nothing is left of it."""
    serial = same_text(text).upper()
    if not serial:
        raise PydanticCustomError("text_invisible", "shows nothing: type something that can be read")
    return serial


class Incoming(BaseModel):
    """A body from outside: none of its texts is one that a store cannot hold or that shows nothing.

    Raises ValidationError naming the field; texts are kept composed (NFC). Texts in mappings have `Seen`.
    """

    model_config = ConfigDict(frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _texts(cls, value: object) -> object:
        if isinstance(value, list | tuple):
            return [see_text(each) if isinstance(each, str) else each for each in value]
        return see_text(value) if isinstance(value, str) else value
