"""What one batch of events adds to the ledger, merged so that order and copies do not matter."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.reporting.domain.attention import AttentionKind
from services.reporting.domain.rows import Row


@dataclass(slots=True)
class Entries:
    """What one batch of events adds to the ledger, one row per key.

    Every merge is commutative, associative and idempotent (earliest time, least value, union), here and in
    the SQL, so that events may come in any order, twice and late: the ledger is the same.
    """

    presses: dict[UUID, Row] = field(default_factory=dict)
    incidents: dict[UUID, Row] = field(default_factory=dict)
    orders: dict[UUID, Row] = field(default_factory=dict)
    escalations: dict[tuple[Any, ...], Row] = field(default_factory=dict)
    control_rooms: dict[str, Row] = field(default_factory=dict)
    facts: dict[str, Row] = field(default_factory=dict)
    devices: dict[UUID, Row] = field(default_factory=dict)
    enrolments: dict[UUID, Row] = field(default_factory=dict)
    # Who has a tie to a party by whom (the last declaration and withdrawal of each), and whose case it is.
    ties: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    proposers: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    sealed: list[Row] = field(default_factory=list)
    parked: dict[UUID, Row] = field(default_factory=dict)
    # Kind, key and detail of what a person must look at.
    points: list[tuple[AttentionKind, str, Row]] = field(default_factory=list)


def least(rows: dict[Any, Row], key: Any, **values: Any) -> Row:
    """Merge values into the row of `key`: the least of both, lists united, None is no value."""
    row = rows.setdefault(key, {})
    for name, value in values.items():
        old = row.get(name)
        if isinstance(value, list):
            row[name] = sorted({*(old or []), *value})
        elif old is None or value is None:
            row[name] = value if old is None else old
        else:
            row[name] = min(old, value)
    return row


def newest(rows: dict[Any, Row], key: Any, by: str, **values: Any) -> None:
    """Keep the values whose `by` is highest."""
    if key not in rows or rows[key][by] < values[by]:
        rows[key] = values
