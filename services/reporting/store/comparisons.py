"""When the records of others were compared, and what a comparison of a day showed."""

import json
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import Session

from services.reporting.domain.reconciliation import Differences
from services.reporting.models import ComparisonRow
from services.reporting.store.row_mapping import record, records

_WATCH = text(
    "INSERT INTO compared_services (service, compared_at, fault) SELECT name, :now, 'never compared' "
    "FROM unnest(CAST(:names AS text[])) AS n(name) ORDER BY 1 ON CONFLICT DO NOTHING"
)
# The lock of the row comes first, so that two replicas tell of a change once.
_SEEN = text(
    "WITH old AS (SELECT service, fault FROM compared_services WHERE service = :service FOR UPDATE) "
    "UPDATE compared_services b SET fault = CAST(:fault AS text), "
    "compared_at = CASE WHEN CAST(:fault AS text) IS NULL THEN :now ELSE b.compared_at END "
    "FROM old WHERE b.service = old.service RETURNING old.fault IS DISTINCT FROM b.fault"
)
_ASKED = text(
    "INSERT INTO comparisons AS c (day, asked_at) VALUES (:day, :now) "
    "ON CONFLICT (day) DO UPDATE SET asked_at = excluded.asked_at RETURNING *"
)
_MADE = text(
    "INSERT INTO comparisons AS c (day, made_at, found) VALUES (:day, :now, CAST(:found AS jsonb)) "
    "ON CONFLICT (day) DO UPDATE SET made_at = excluded.made_at, found = excluded.found"
)


def start_comparing(session: Session, names: Sequence[str], now: datetime) -> None:
    """Have these records compared from now on."""
    session.execute(_WATCH, {"names": list(names), "now": now})


def note_compared(session: Session, service: str, now: datetime, fault: str | None) -> bool:
    """Note that a service was compared whole, or that something was in the way; True when that is a change."""
    row = session.execute(_SEEN, {"service": service, "now": now, "fault": fault}).one_or_none()
    return bool(row and row[0])


def request_comparison(session: Session, day: date, now: datetime) -> ComparisonRow:
    """Note that a person wants a day compared."""
    [row] = records(ComparisonRow, session.execute(_ASKED, {"day": day, "now": now}))
    return row


def save_comparison(session: Session, day: date, now: datetime, found: Differences) -> None:
    """Keep what the comparison of a day showed."""
    session.execute(_MADE, {"day": day, "now": now, "found": json.dumps(found)})


def of_day(session: Session, day: date) -> ComparisonRow | None:
    """Give the last comparison of a day."""
    return record(
        ComparisonRow, session.execute(text("SELECT * FROM comparisons WHERE day = :day"), {"day": day})
    )
