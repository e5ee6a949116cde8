"""Facts of enrolments and their daily reports."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from services.reporting.domain.facts import Fact, FactKind, OwnedFact
from services.reporting.models import ReportDueRow, ReportRow
from services.reporting.store.row_mapping import records

_OF_THE_DAY = "f.at >= :first AND f.at < :after"
# A fact that came without its enrolment belongs to the one of its device. Two selects, each by its own index:
# one condition over both would read the whole day for every chunk of reports.
_DAY = text(
    "SELECT f.enrolment_id AS owner, f.key, f.kind, f.device_id, f.at, f.data FROM facts f "  # noqa: S608
    f"WHERE f.enrolment_id = ANY(:ids) AND {_OF_THE_DAY} UNION ALL "
    "SELECT d.enrolment_id, f.key, f.kind, f.device_id, f.at, f.data FROM devices d "
    "JOIN facts f ON f.device_id = CAST(d.device_id AS text) AND f.enrolment_id IS NULL "
    f"WHERE d.enrolment_id = ANY(:ids) AND {_OF_THE_DAY} ORDER BY at, key"
)
_BEFORE = text(
    "SELECT e.id AS owner, f.kind, f.device_id, f.at, f.data FROM unnest(CAST(:ids AS uuid[])) AS e(id) "
    "JOIN LATERAL (SELECT * FROM facts WHERE enrolment_id = e.id AND at < :first AND kind = ANY(:kinds) "
    "ORDER BY at DESC LIMIT 1) f ON true"
)
# Whoever had an alarm at some moment of that day, whatever became of it since.
_WITHOUT = (
    "FROM enrolments e WHERE EXISTS (SELECT FROM facts f WHERE f.enrolment_id = e.enrolment_id "
    "AND f.kind = 'enrolment' AND f.data->>'status' = 'active' AND f.at < :after) "
    "AND NOT EXISTS (SELECT FROM facts f WHERE f.enrolment_id = e.enrolment_id "
    "AND f.kind = 'enrolment' AND f.data->>'status' = 'ended' AND f.at < :first) "
    "AND NOT EXISTS (SELECT FROM reports r WHERE r.enrolment_id = e.enrolment_id AND r.day = :day)"
)
_MISSING = text(f"SELECT enrolment_id {_WITHOUT} ORDER BY enrolment_id LIMIT :limit")
# What could not be made is tried again at its own time, not with every chunk.
_DUE = text(
    f"SELECT enrolment_id {_WITHOUT} AND NOT EXISTS (SELECT FROM reports_due w "  # noqa: S608 - constants
    "WHERE w.enrolment_id = e.enrolment_id AND w.day = :day) ORDER BY enrolment_id LIMIT :limit"
)
_SAVE = text(
    "INSERT INTO reports (enrolment_id, day, version, made_at, body) "
    "SELECT enrolment_id, :day, :version, :now, body "
    "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(enrolment_id uuid, body jsonb) "
    "ON CONFLICT DO NOTHING RETURNING enrolment_id"
)
# A minute after the first version, an hour after the fourth: what changes all the time is made again ever more
# seldom.
_AGAIN = (
    "INSERT INTO reports_due (enrolment_id, day, due_at, failures) SELECT r.enrolment_id, r.day, "
    "CAST(:now AS timestamptz) + least(interval '1 minute' * power(4, max(r.version) - 1), interval '1 hour'), "
    "0 "
)
# A report tells of presses of its day: that of the incident, or a later one that joined it while it was open.
_OF_INCIDENTS = text(
    f"{_AGAIN} FROM incidents i JOIN reports r ON r.enrolment_id = i.enrolment_id AND r.day >= "
    "CAST(coalesce(i.opened_at, i.seen_at) AT TIME ZONE 'Europe/Brussels' AS date) "
    "WHERE i.incident_id = ANY(:ids) GROUP BY 1, 2 ORDER BY 1, 2 ON CONFLICT DO NOTHING"
)
_OF_FACTS = text(
    f"{_AGAIN} FROM facts f "
    "LEFT JOIN devices d ON f.enrolment_id IS NULL AND CAST(d.device_id AS text) = f.device_id "
    "JOIN reports r ON r.enrolment_id = coalesce(f.enrolment_id, d.enrolment_id) "
    "AND r.day = CAST(f.at AT TIME ZONE 'Europe/Brussels' AS date) "
    "WHERE f.key = ANY(:keys) AND f.recorded_at > r.made_at "
    "GROUP BY 1, 2 ORDER BY 1, 2 ON CONFLICT DO NOTHING"
)
_CLAIM = text(
    "DELETE FROM reports_due WHERE (enrolment_id, day) IN (SELECT enrolment_id, day FROM reports_due "
    "WHERE due_at <= :now ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING *"
)
_PUT_OFF = text(
    "INSERT INTO reports_due AS w (enrolment_id, day, due_at, failures) VALUES (:id, :day, "
    "CAST(:now AS timestamptz) + least(interval '1 minute' * power(4, CAST(:failures AS integer) - 1), "
    "interval '6 hours'), :failures) ON CONFLICT (enrolment_id, day) DO UPDATE SET "
    "due_at = excluded.due_at, failures = excluded.failures"
)
_LATE = text(
    "SELECT count(*) FROM facts WHERE enrolment_id = :id AND at >= :first AND at < :after "
    "AND recorded_at > :made_at"
)


def facts_of_day(session: Session, ids: Sequence[UUID], first: datetime, after: datetime) -> list[OwnedFact]:
    """List facts of enrolments in a period, in order of time, each with its `owner`."""
    rows = session.execute(_DAY, {"ids": list(ids), "first": first, "after": after})
    return records(OwnedFact, rows)


def last_before(
    session: Session, ids: Sequence[UUID], first: datetime, kinds: Sequence[FactKind]
) -> dict[UUID, Fact]:
    """Give the last fact of these kinds before a moment, by enrolment."""
    rows = session.execute(_BEFORE, {"ids": list(ids), "first": first, "kinds": list(kinds)})
    return {fact["owner"]: fact for fact in records(OwnedFact, rows)}


def without_report(session: Session, day: date, first: datetime, after: datetime, limit: int) -> list[UUID]:
    """Find enrolments that should have a report of that day and have none."""
    values = {"day": day, "first": first, "after": after, "limit": limit}
    return [row.enrolment_id for row in session.execute(_MISSING, values)]


def to_make(session: Session, day: date, first: datetime, after: datetime, limit: int) -> list[UUID]:
    """Give the same, without those that could not be made and are put off."""
    values = {"day": day, "first": first, "after": after, "limit": limit}
    return [row.enrolment_id for row in session.execute(_DUE, values)]


def save(
    session: Session, day: date, reports: Mapping[UUID, Mapping[str, object]], now: datetime, version: int = 1
) -> list[UUID]:
    """Store reports as published; a version that was there already stays as it is. Return what was new."""
    rows = [{"enrolment_id": str(key), "body": body} for key, body in sorted(reports.items())]
    values = {"day": day, "version": version, "now": now, "rows": json.dumps(rows)}
    return [row.enrolment_id for row in session.execute(_SAVE, values)]


def saved(session: Session, enrolment_id: UUID, day: date) -> list[ReportRow]:
    """List all versions of a report as they were published, the oldest first."""
    query = text("SELECT * FROM reports WHERE enrolment_id = :id AND day = :day ORDER BY version")
    return records(ReportRow, session.execute(query, {"id": enrolment_id, "day": day}))


def contradicted(
    session: Session, incident_ids: Sequence[UUID], fact_keys: Sequence[str], now: datetime
) -> None:
    """Have reports made again that these incidents, or facts that came late, may contradict."""
    if incident_ids:
        session.execute(_OF_INCIDENTS, {"ids": list(incident_ids), "now": now})
    if fact_keys:
        session.execute(_OF_FACTS, {"keys": list(fact_keys), "now": now})


def claim_due(session: Session, limit: int, now: datetime) -> list[ReportDueRow]:
    """Take the reports that are to be made again, or at last; a rollback brings them back."""
    return records(ReportDueRow, session.execute(_CLAIM, {"limit": limit, "now": now}))


def put_off(session: Session, enrolment_id: UUID, day: date, failures: int, now: datetime) -> None:
    """Put off a report that could not be made, `failures` times now: try again later, ever more seldom."""
    session.execute(_PUT_OFF, {"id": enrolment_id, "day": day, "failures": failures, "now": now})


def came_after(
    session: Session, enrolment_id: UUID, first: datetime, after: datetime, made_at: datetime
) -> int:
    """Say how many facts of the day reached us when its report had been made."""
    values = {"id": enrolment_id, "first": first, "after": after, "made_at": made_at}
    return int(session.execute(_LATE, values).scalar_one())


def zone_of(session: Session, enrolment_id: UUID) -> str | None:
    """Give the zone that manages an enrolment."""
    query = text("SELECT managing_zone_id FROM enrolments WHERE enrolment_id = :id")
    zone: str | None = session.execute(query, {"id": enrolment_id}).scalar_one_or_none()
    return zone


def last_report_day(session: Session) -> date | None:
    """Give the latest day that has reports."""
    day: date | None = session.execute(text("SELECT max(day) FROM reports")).scalar_one_or_none()
    return day


def forget_facts(session: Session, days: int, now: datetime) -> None:
    """Forget data that no report can need any more."""
    session.execute(
        text("DELETE FROM facts WHERE at < :before AND kind <> 'enrolment'"),
        {"before": now - timedelta(days=days)},
    )
