"""Reading the ledger, and keeping the list of its gaps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from chassis.security.accounts import account
from services.reporting.domain.ledger_lines import LedgerLine
from services.reporting.domain.stages import STAGES
from services.reporting.models import EscalationRow, OrderRow
from services.reporting.store.access import UNCONFLICTED
from services.reporting.store.row_mapping import record, records

_COUNTS = """
SELECT count(*) AS presses,
       count(stored_at) AS accepted,
       count(routed_at) AS routed,
       count(*) FILTER (WHERE opened) AS incidents,
       count(unit_received_at) AS dispatched,
       count(*) FILTER (WHERE opened AND coalesce(unit_received_at, :now) > deadline_at) AS late,
       count(*) FILTER (WHERE cardinality(incident_ids) = 0) AS lost,
       count(*) FILTER (WHERE cardinality(incident_ids) > 1) AS duplicated,
       count(*) FILTER (WHERE opened AND escalations > 0) AS escalated,
       count(*) FILTER (WHERE opened AND closed_at IS NULL) AS still_open,
       count(*) FILTER (WHERE lane = 'unverified') AS unverified
FROM ledger WHERE received_at >= :since AND received_at < :until
  AND (CAST(:lane AS text) IS NULL OR lane = :lane)
"""
# By name: how many, and percentiles in milliseconds.
Figures = Mapping[str, float]
_COLUMN = {"received": "unit_received_at"}


def _percentiles(stage: str) -> str:
    """Make the SQL of milliseconds after `received_at`; a press that joined counts for its own stages only."""
    column = _COLUMN.get(stage, f"{stage}_at")
    whose = "" if stage in ("stored", "routed") else "FILTER (WHERE opened) "
    # PostgreSQL cannot reckon with infinity: one such row would hide the figures of all others.
    finite = f"isfinite({column}) AND isfinite(received_at)"
    took = f"CASE WHEN {finite} THEN extract(epoch FROM {column} - received_at)::float8 * 1000 END"
    return (
        f"percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY {took}) {whose}AS {stage}, "
        f"count({took}) {whose}AS {stage}_count"
    )


_STAGES = (
    f"SELECT {', '.join(_percentiles(stage) for stage in STAGES)} FROM ledger "  # noqa: S608 - constants
    "WHERE received_at >= :since AND received_at < :until AND (CAST(:lane AS text) IS NULL OR lane = :lane)"
)
_LIST = (
    "SELECT * FROM ledger WHERE received_at >= :since AND received_at < :until "  # noqa: S608 - constants
    f"AND {UNCONFLICTED.format('CAST(ledger.enrolment_id AS text)')} "
    "ORDER BY received_at, alarm_id LIMIT :limit"
)


def counts(
    session: Session, since: datetime, until: datetime, now: datetime, lane: str | None
) -> Mapping[str, int]:
    """Say how many presses became what, by time of receipt."""
    values = {"since": since, "until": until, "now": now, "lane": lane}
    return dict(session.execute(text(_COUNTS), values).one()._mapping)


def stages(session: Session, since: datetime, until: datetime, lane: str | None) -> dict[str, Figures]:
    """Give p50, p90 and p99 of each stage, milliseconds after receipt; omit stages that nothing reached."""
    row = session.execute(text(_STAGES), {"since": since, "until": until, "lane": lane}).one()._mapping
    found: dict[str, Figures] = {}
    for stage in STAGES:
        if row[stage] is not None:
            p50, p90, p99 = (round(value, 3) for value in row[stage])
            found[stage] = {"count": row[f"{stage}_count"], "p50_ms": p50, "p90_ms": p90, "p99_ms": p99}
    return found


def lines(session: Session, since: datetime, until: datetime, limit: int, who: str) -> list[LedgerLine]:
    """Give the presses of a period, one line each, in order of receipt; none in which `who` has a conflict."""
    rows = session.execute(text(_LIST), {"since": since, "until": until, "limit": limit, "who": account(who)})
    return records(LedgerLine, rows)


def line(session: Session, alarm_id: UUID) -> LedgerLine | None:
    """Find one press with its stages."""
    query = text("SELECT * FROM ledger WHERE alarm_id = :id")
    return record(LedgerLine, session.execute(query, {"id": alarm_id}))


def outcomes(session: Session, alarm_ids: Sequence[str]) -> dict[str, LedgerLine]:
    """Give incident and outcome of presses, by alarm id."""
    query = text("SELECT * FROM ledger WHERE alarm_id = ANY(CAST(:ids AS uuid[]))")
    lines = records(LedgerLine, session.execute(query, {"ids": list(alarm_ids)}))
    return {str(line["alarm_id"]): line for line in lines}


def orders(session: Session, incident_ids: Sequence[UUID]) -> list[OrderRow]:
    """List orders of incidents, the oldest first."""
    query = text(
        "SELECT * FROM orders WHERE incident_id = ANY(:ids) "
        "ORDER BY coalesce(proposed_at, sent_at, received_at), order_id"
    )
    return records(OrderRow, session.execute(query, {"ids": list(incident_ids)}))


def escalations(session: Session, incident_ids: Sequence[UUID]) -> list[EscalationRow]:
    """List escalations of incidents, in order of time."""
    query = text("SELECT * FROM escalations WHERE incident_id = ANY(:ids) ORDER BY at, level")
    return records(EscalationRow, session.execute(query, {"ids": list(incident_ids)}))
