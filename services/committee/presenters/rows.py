"""One row as an answer, also where not all of it can be read."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from chassis.database import damaged_rows
from chassis.database.damaged_rows import RowOut

R = TypeVar("R", bound=RowOut)

# What stands where pages count on something that can be gone through.
_INSTEAD: Mapping[str, object] = {"values": {}, "details": {}, "fields": (), "language": "nl", "grounds": ""}


def present_row(model: type[R], found: Iterable[tuple[str, object]], **more: object) -> R:
    """Answer with one of many rows; what of it cannot be read is named, and hides none of the others."""
    which = " ".join(str(getattr(found, name, "")) for name in ("id", "application_id", "subject_id"))
    return damaged_rows.present_row_in_part(
        model, {**dict(found), **more}, model.__name__, which.strip(), _INSTEAD
    )


def present_rows(model: type[R], found: Iterable[Iterable[tuple[str, object]]]) -> list[R]:
    """Answer with each of many rows."""
    return [present_row(model, each) for each in found]
