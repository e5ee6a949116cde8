"""Rows of a result as typed records."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Result

R = TypeVar("R")


def records(kind: Callable[..., R], found: Result[tuple[object, ...]]) -> list[R]:
    """Give each row as a record of `kind`, whose fields are named as the columns."""
    return [kind(**row._mapping) for row in found]


def record(kind: Callable[..., R], found: Result[tuple[object, ...]]) -> R | None:
    """Give the only row as a record of `kind`; None where there is none."""
    return next(iter(records(kind, found)), None)
