"""Facts of enrolments and their daily reports."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from services.reporting.domain import Row

# A fact that came without its enrolment belongs to the one of its device.
_DAY = text(
    "SELECT coalesce(f.enrolment_id, d.enrolment_id) AS owner, f.kind, f.device_id, f.at, f.data "
    "FROM fact f LEFT JOIN device d ON f.enrolment_id IS NULL AND CAST(d.device_id AS text) = f.device_id "
    "WHERE f.at >= :first AND f.at < :after AND coalesce(f.enrolment_id, d.enrolment_id) = ANY(:ids) "
    "ORDER BY f.at, f.key"
)
_BEFORE = text(
    "SELECT e.id AS owner, f.kind, f.device_id, f.at, f.data FROM unnest(CAST(:ids AS uuid[])) AS e(id) "
    "JOIN LATERAL (SELECT * FROM fact WHERE enrolment_id = e.id AND at < :first AND kind = ANY(:kinds) "
    "ORDER BY at DESC LIMIT 1) f ON true"
)
# Whoever had an alarm at some moment of that day, whatever became of it since.
_WITHOUT = (
    "FROM enrolment e WHERE EXISTS (SELECT FROM fact f WHERE f.enrolment_id = e.enrolment_id "
    "AND f.kind = 'enrolment' AND f.data->>'status' = 'active' AND f.at < :after) "
    "AND NOT EXISTS (SELECT FROM fact f WHERE f.enrolment_id = e.enrolment_id "
    "AND f.kind = 'enrolment' AND f.data->>'status' = 'ended' AND f.at < :first) "
    "AND NOT EXISTS (SELECT FROM report r WHERE r.enrolment_id = e.enrolment_id AND r.day = :day)"
)
_MISSING = text(f"SELECT enrolment_id {_WITHOUT} ORDER BY enrolment_id LIMIT :limit")
_SAVE = text(
    "INSERT INTO report (enrolment_id, day, made_at, body) SELECT enrolment_id, :day, :now, body "
    "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(enrolment_id uuid, body jsonb) "
    "ON CONFLICT DO NOTHING RETURNING enrolment_id"
)
_LATE = text(
    "SELECT count(*) FROM fact WHERE enrolment_id = :id AND at >= :first AND at < :after "
    "AND recorded_at > :made_at"
)


def facts_of_day(session: Session, ids: Sequence[UUID], first: datetime, after: datetime) -> list[Row]:
    """Facts of enrolments in a period, in time, each with its `owner`."""
    rows = session.execute(_DAY, {"ids": list(ids), "first": first, "after": after})
    return [dict(row._mapping) for row in rows]


def last_before(
    session: Session, ids: Sequence[UUID], first: datetime, kinds: Sequence[str]
) -> dict[UUID, Row]:
    """The last fact of these kinds before a moment, by enrolment."""
    rows = session.execute(_BEFORE, {"ids": list(ids), "first": first, "kinds": list(kinds)})
    return {row.owner: dict(row._mapping) for row in rows}


def without_report(session: Session, day: date, first: datetime, after: datetime, limit: int) -> list[UUID]:
    """Enrolments that should have a report of that day and have none."""
    values = {"day": day, "first": first, "after": after, "limit": limit}
    return [row.enrolment_id for row in session.execute(_MISSING, values)]


def save(session: Session, day: date, reports: dict[UUID, Any], now: datetime) -> list[UUID]:
    """Store reports as published; those that were there already stay as they are. What was new."""
    rows = [{"enrolment_id": str(key), "body": body} for key, body in sorted(reports.items())]
    saved = session.execute(_SAVE, {"day": day, "now": now, "rows": json.dumps(rows)})
    return [row.enrolment_id for row in saved]


def saved(session: Session, enrolment_id: UUID, day: date) -> Row | None:
    """The report as it was published."""
    query = text("SELECT body, made_at FROM report WHERE enrolment_id = :id AND day = :day")
    row = session.execute(query, {"id": enrolment_id, "day": day}).one_or_none()
    return dict(row._mapping) if row else None


def came_after(
    session: Session, enrolment_id: UUID, first: datetime, after: datetime, made_at: datetime
) -> int:
    """How many facts of the day reached us when its report had been made."""
    values = {"id": enrolment_id, "first": first, "after": after, "made_at": made_at}
    return int(session.execute(_LATE, values).scalar_one())


def zone_of(session: Session, enrolment_id: UUID) -> str | None:
    """The zone that manages an enrolment."""
    query = text("SELECT managing_zone_id FROM enrolment WHERE enrolment_id = :id")
    zone: str | None = session.execute(query, {"id": enrolment_id}).scalar_one_or_none()
    return zone


def last_report_day(session: Session) -> date | None:
    """The latest day that has reports."""
    day: date | None = session.execute(text("SELECT max(day) FROM report")).scalar_one_or_none()
    return day


def forget_facts(session: Session, days: int, now: datetime) -> None:
    """Data that no report can need any more are not kept."""
    session.execute(
        text("DELETE FROM fact WHERE at < :before AND kind <> 'enrolment'"),
        {"before": now - timedelta(days=days)},
    )
