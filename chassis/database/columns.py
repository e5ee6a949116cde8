"""Column types of all tables: UTC timestamps and JSONB."""

from datetime import datetime

from sqlalchemy import DateTime, Dialect, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """A timestamp with time zone that refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a time without a zone: it would be read as the server's."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive time reached the database")
        return value


class Json(TypeDecorator[object]):
    """A JSONB document."""

    impl = JSONB
    cache_ok = True


def table_of(row: type[SQLModel]) -> Table:
    """Give the Core table of a row class: statements on it skip the ORM, which the hot path cannot afford."""
    table: Table = row.__table__  # type: ignore[attr-defined]
    return table
