"""Tables as models describe them, and as they stand in a database: columns, keys and indexes."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, Table, UniqueConstraint, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

# Table, what of it, its name, and how it is.
Part = tuple[Any, ...]
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def of_models(*tables: Table) -> set[Part]:
    """The parts of the tables that models describe."""
    return {part for table in tables for part in _of_table(table)}


def _of_table(table: Table) -> Iterator[Part]:
    for column in table.columns:
        yield table.name, "column", column.name, _name_of(column.type), column.nullable
    yield table.name, "key", *(column.name for column in table.primary_key.columns)
    for index in table.indexes:
        partial = index.dialect_options["postgresql"]["where"] is not None
        names = tuple(column.name for column in index.columns)
        yield table.name, "index", index.name, names, bool(index.unique), partial
    for key in table.foreign_key_constraints:
        yield table.name, "foreign key", *key.column_keys, *(each.target_fullname for each in key.elements)
    for each in table.constraints:
        if isinstance(each, UniqueConstraint):
            yield table.name, "unique", *(column.name for column in each.columns)


def of_database(engine: Engine) -> set[Part]:
    """The parts of all tables of a database but Alembic's; checks and defaults stand in migrations alone."""
    there = inspect(engine)
    names = set(there.get_table_names()) - {"alembic_version"}
    return {part for name in names for part in _of_inspected(there, name)}


def _of_inspected(there: Any, name: str) -> Iterator[Part]:
    for column in there.get_columns(name):
        yield name, "column", column["name"], _name_of(column["type"]), column["nullable"]
    yield name, "key", *there.get_pk_constraint(name)["constrained_columns"]
    for index in there.get_indexes(name):
        if not index.get("duplicates_constraint"):
            partial = "postgresql_where" in index.get("dialect_options", {})
            names = tuple(index["column_names"])
            yield name, "index", index["name"], names, bool(index["unique"]), partial
    for key in there.get_foreign_keys(name):
        others = (f"{key['referred_table']}.{other}" for other in key["referred_columns"])
        yield name, "foreign key", *key["constrained_columns"], *others
    for each in there.get_unique_constraints(name):
        yield name, "unique", *each["column_names"]


def _name_of(kind: TypeEngine[Any]) -> str:
    name = kind.compile(_DIALECT)
    return {"FLOAT": "DOUBLE PRECISION", "SERIAL": "INTEGER"}.get(name, name)
