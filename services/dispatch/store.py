"""The SQL of dispatch: batches in as few statements as can be."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, insert, literal_column, or_, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Session, col, select

from chassis.columns import table_of
from contracts.common import Fix
from services.dispatch.domain import LIVE
from services.dispatch.models import (
    CardRow,
    DeviceRow,
    EnrolmentRow,
    IncidentRow,
    OrderRow,
    PerpetratorRow,
    PressRow,
    UnitRow,
)

# Statements of the hot path are on tables, not classes: the ORM's bulk insert costs several times as much.
_INCIDENTS, _PRESSES, _ORDERS = (table_of(row) for row in (IncidentRow, PressRow, OrderRow))
_EXCLUDED = upsert(_INCIDENTS).excluded
_NOW = _INCIDENTS.c
# A further press of the same subject joins its open incident; the database decides which came first.
_OPEN_OR_JOIN: Any = (
    upsert(_INCIDENTS)
    .on_conflict_do_update(
        index_elements=["subject"],
        index_where=text("state = 'open'"),
        set_={
            "presses": _NOW.presses + 1,
            "urgency": _NOW.urgency + 1,
            "flags": _NOW.flags.op("||")(_EXCLUDED.flags).op("||")(text("'[\"re_press\"]'::jsonb")),
            "fix": case((_EXCLUDED.fix.is_(None), _NOW.fix), else_=_EXCLUDED.fix),
            "fix_at": func.coalesce(_EXCLUDED.fix_at, _NOW.fix_at),
            "last_press_at": func.greatest(_NOW.last_press_at, _EXCLUDED.last_press_at),
            "revision": _NOW.revision + 1,
            "changed_at": _EXCLUDED.changed_at,
        },
    )
    .returning(
        _NOW.id,
        _NOW.subject,
        _NOW.cic_id,
        _NOW.presses,
        _NOW.urgency,
        literal_column("(xmax = 0)").label("opened"),
    )
)
_ADD_PRESSES = upsert(_PRESSES).on_conflict_do_nothing()
_ADD_ORDERS = insert(_ORDERS)

_CLAIM_UNITS = text(
    "UPDATE units SET order_id = w.order_id, changed_at = :now "
    "FROM (SELECT * FROM unnest(CAST(:units AS text[]), CAST(:orders AS uuid[])) AS t(unit_id, order_id) "
    "ORDER BY unit_id) AS w "
    "WHERE units.id = w.unit_id AND units.order_id IS NULL AND units.available RETURNING units.order_id"
)
_FREE_UNITS = text("UPDATE units SET order_id = NULL, changed_at = :now WHERE order_id = ANY(:orders)")


def owners(session: Session, device_ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Enrolment, device status and managing zone of known devices."""
    if not device_ids:
        return {}
    query = (
        select(
            col(DeviceRow.id), col(DeviceRow.enrolment_id), col(DeviceRow.status), EnrolmentRow.managing_zone_id
        )
        .outerjoin(EnrolmentRow, col(EnrolmentRow.id) == col(DeviceRow.enrolment_id))
        .where(col(DeviceRow.id).in_(device_ids))
    )
    return {row.id: row for row in session.execute(query)}


def open_or_join(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[str, Row[Any]]:
    """Open an incident for each subject, or join its open one. Subjects must be distinct and sorted."""
    return {row.subject: row for row in session.execute(_OPEN_OR_JOIN, list(rows))}


def add_presses(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store which incident each press belongs to."""
    session.execute(_ADD_PRESSES, list(rows))


def add_orders(session: Session, rows: Sequence[OrderRow]) -> None:
    """Store new orders."""
    if rows:
        session.execute(_ADD_ORDERS, [row.model_dump() for row in rows])


def claim_units(session: Session, wanted: Mapping[UUID, str], now: datetime) -> set[UUID]:
    """Take units for orders; returns the orders whose unit was free. The one place where units are taken."""
    if not wanted:
        return set()
    pairs = sorted(wanted.items(), key=lambda pair: pair[1])
    parameters = {"now": now, "units": [u for _, u in pairs], "orders": [o for o, _ in pairs]}
    return {row.order_id for row in session.execute(_CLAIM_UNITS, parameters)}


def free_units(session: Session, order_ids: Iterable[UUID], now: datetime) -> None:
    """Give the units of these orders back."""
    session.execute(_FREE_UNITS, {"now": now, "orders": list(order_ids)})


def locked_incident(session: Session, incident_id: UUID) -> IncidentRow | None:
    """The incident, locked until the transaction ends. Always locked before its orders."""
    query = select(IncidentRow).where(col(IncidentRow.id) == incident_id).with_for_update()
    return session.execute(query).scalar_one_or_none()


def incident_of_press(session: Session, alarm_id: UUID) -> UUID | None:
    """The incident that a press belongs to."""
    return session.execute(
        select(PressRow.incident_id).where(col(PressRow.alarm_id) == alarm_id)
    ).scalar_one_or_none()


def orders_of(session: Session, incident_ids: Collection[UUID]) -> list[OrderRow]:
    """All orders of these incidents, oldest first."""
    query = (
        select(OrderRow).where(col(OrderRow.incident_id).in_(incident_ids)).order_by(col(OrderRow.created_at))
    )
    return list(session.execute(query).scalars())


def live_orders(orders: Iterable[OrderRow]) -> list[OrderRow]:
    """Those that a unit holds now."""
    return [order for order in orders if order.state in LIVE]


def touch(session: Session, incident: IncidentRow, now: datetime, **changes: Any) -> None:
    """Change an incident: whoever watches it sees a new revision."""
    for name, value in changes.items():
        setattr(incident, name, value)
    incident.revision += 1
    incident.changed_at = now
    session.add(incident)


def incidents(session: Session, ids: Collection[UUID]) -> list[IncidentRow]:
    """Incidents by id."""
    return list(session.execute(select(IncidentRow).where(col(IncidentRow.id).in_(ids))).scalars())


def open_incidents(
    session: Session, cic_id: str | None = None, unit_id: str | None = None
) -> list[IncidentRow]:
    """Open incidents of a control room (its own and those it was brought into), or of one unit."""
    query = select(IncidentRow).where(col(IncidentRow.state) == "open")
    if cic_id is not None:
        brought_in = col(IncidentRow.also_cics).op("@>")([cic_id])
        query = query.where(or_(col(IncidentRow.cic_id) == cic_id, brought_in))
    if unit_id is not None:
        live = select(OrderRow.incident_id).where(
            col(OrderRow.unit_id) == unit_id, col(OrderRow.state).in_(LIVE)
        )
        query = query.where(col(IncidentRow.id).in_(live))
    return list(
        session.execute(query.order_by(col(IncidentRow.urgency).desc(), col(IncidentRow.raised_at))).scalars()
    )


def changed_since(session: Session, since: datetime) -> list[tuple[UUID, int]]:
    """Ids and revisions of incidents that changed; the stream's safety net when no doorbell rang."""
    query = select(IncidentRow.id, IncidentRow.revision).where(col(IncidentRow.changed_at) > since)
    return [(row[0], row[1]) for row in session.execute(query)]


def cards(session: Session, enrolment_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Sealed cards by enrolment."""
    if not enrolment_ids:
        return {}
    query = select(CardRow).where(
        col(CardRow.enrolment_id).in_(enrolment_ids), col(CardRow.sealed).is_not(None)
    )
    return {row.enrolment_id: row.sealed for row in session.execute(query).scalars() if row.sealed}


def linked(session: Session, enrolment_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """For each enrolment: open incidents of other enrolments that share a perpetrator."""
    if not enrolment_ids:
        return {}
    mine, other = PerpetratorRow.__table__.alias(), PerpetratorRow.__table__.alias()  # type: ignore[attr-defined]
    query = (
        select(mine.c.enrolment_id, IncidentRow.id)
        .join(other, (other.c.ref == mine.c.ref) & (other.c.enrolment_id != mine.c.enrolment_id))
        .join(IncidentRow, col(IncidentRow.enrolment_id) == other.c.enrolment_id)
        .where(mine.c.enrolment_id.in_(enrolment_ids), col(IncidentRow.state) == "open")
    )
    found: dict[UUID, set[UUID]] = {}
    for enrolment_id, incident_id in session.execute(query):
        found.setdefault(enrolment_id, set()).add(incident_id)
    return found


def units(session: Session, ids: Collection[str] | None = None, cic_id: str | None = None) -> list[UnitRow]:
    """Units by id or by control room."""
    query = select(UnitRow)
    if ids is not None:
        query = query.where(col(UnitRow.id).in_(ids))
    if cic_id is not None:
        query = query.where(col(UnitRow.cic_id) == cic_id)
    return list(session.execute(query.order_by(col(UnitRow.id))).scalars())


def upsert_units(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add units or change what is known of them; an order that they hold is not touched."""
    statement = upsert(UnitRow)
    changes = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    session.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_=changes),
        sorted(rows, key=lambda row: str(row["id"])),
    )


def move_units(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """New positions (and availability, where given) of known units."""
    session.execute(update(UnitRow), sorted(rows, key=lambda row: str(row["id"])))


def fix_place(subject: str) -> str:
    """The place (vault) of the fix of a subject's incident."""
    return f"incidents:{subject}:fix"


def fix_json(fix: Fix) -> dict[str, Any]:
    """A fix as it is sealed."""
    return fix.model_dump(mode="json")
