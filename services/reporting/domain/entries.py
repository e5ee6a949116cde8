"""What one batch of events adds to the ledger, merged so that order and copies do not matter."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, TypedDict, TypeVar
from uuid import UUID

from contracts.registry import DeviceChanged, EnrolmentChanged
from services.reporting.domain.attention import AttentionKind
from services.reporting.domain.facts import NewFact

K = TypeVar("K")
# What a column holds; of two, the least counts, and of lists what stands in either.
Value: TypeAlias = "datetime | UUID | str | int | list[UUID | str] | None"
# A row to be merged into its table, by the names of the columns.
Row: TypeAlias = dict[str, Value]


class ControlRoom(TypedDict, total=False):
    """A control room that was registered, or that a canary came to."""

    control_room_id: str
    registered: bool
    last_canary_at: datetime


class Conflict(TypedDict):
    """The last declaration and withdrawal of one person's conflict of interest, by who told of it."""

    person: str
    enrolment_id: str
    source: str
    declared_at: datetime
    withdrawn_at: datetime | None


@dataclass(slots=True)
class Entries:
    """What one batch of events adds to the ledger, one row per key.

    Every merge is commutative, associative and idempotent (earliest time, least value, union), here and in
    the SQL, so that events may come in any order, twice and late: the ledger is the same.
    """

    presses: dict[UUID, Row] = field(default_factory=dict)
    incidents: dict[UUID, Row] = field(default_factory=dict)
    orders: dict[UUID, Row] = field(default_factory=dict)
    escalations: dict[tuple[UUID, str, datetime], Row] = field(default_factory=dict)
    control_rooms: dict[str, ControlRoom] = field(default_factory=dict)
    facts: dict[str, NewFact] = field(default_factory=dict)
    # The newest of each.
    devices: dict[UUID, DeviceChanged] = field(default_factory=dict)
    enrolments: dict[UUID, EnrolmentChanged] = field(default_factory=dict)
    # Who has a conflict by whom (the last declaration and withdrawal of each), and whose case it is.
    conflicts: dict[tuple[str, str, str], Conflict] = field(default_factory=dict)
    proposers: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    audit_seals: list[dict[str, object]] = field(default_factory=list)
    parked: dict[UUID, Row] = field(default_factory=dict)
    # Kind, key and detail of what a person must look at.
    points: list[tuple[AttentionKind, str, dict[str, object]]] = field(default_factory=list)


def least(rows: dict[K, Row], key: K, **values: Value) -> Row:
    """Merge values into the row of `key`: the least of both, lists united, None is no value."""
    row = rows.setdefault(key, {})
    for name, value in values.items():
        row[name] = _merged(row.get(name), value)
    return row


def _merged(old: Value, new: Value) -> Value:
    if isinstance(new, list):
        return sorted({*(old if isinstance(old, list) else ()), *new})
    if old is None or new is None or isinstance(old, list):
        return new if old is None else old
    return min(old, new)
