"""What a person must look at, and the silence of canaries."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import Session

from chassis.runtime import clock
from chassis.security.accounts import account
from contracts.values import EARLIEST
from services.reporting.domain.attention import AttentionKind
from services.reporting.models import AttentionRow
from services.reporting.store.access import UNCONFLICTED
from services.reporting.store.row_mapping import record, records

_OPEN = text(
    "INSERT INTO attentions AS t (id, kind, key, since, last_seen, times, detail) "
    "VALUES (:id, :kind, :key, :now, :now, 1, CAST(:detail AS jsonb)) "
    "ON CONFLICT (kind, key) WHERE resolved_at IS NULL DO UPDATE SET last_seen = excluded.last_seen, "
    "times = least(CAST(t.times AS bigint) + 1, 2147483647), detail = excluded.detail RETURNING id = :id"
)
_SETTLE = text(
    "UPDATE attentions SET resolved_at = :now, resolved_by = :by, reason = :reason "
    "WHERE kind = :kind AND key = ANY(:keys) AND resolved_at IS NULL"
)
_RESOLVE = text(
    "UPDATE attentions SET resolved_at = :now, resolved_by = :by, reason = :reason "
    "WHERE id = :id AND resolved_at IS NULL RETURNING *"
)
# What other clocks may be ahead of this one.
_AHEAD = timedelta(minutes=1)
# A moment that is yet to come says nothing of the past.
_PAST = "(CASE WHEN {0} <= CAST(:now AS timestamptz) + interval '1 minute' THEN {0} END)"
# A control room is silent since its last canary; a watcher that just woke up has not listened before.
_SILENT = text(
    "UPDATE control_rooms SET missed_at = :now "  # noqa: S608 - constants
    "WHERE registered_at IS NOT NULL AND missed_at IS NULL AND "
    f"GREATEST({_PAST.format('last_canary_at')}, {_PAST.format('registered_at')}, :watching_since) < :before "
    "RETURNING control_room_id, coalesce(last_canary_at, registered_at) AS since"
)
_HEARD = text(
    "UPDATE control_rooms SET missed_at = NULL WHERE missed_at IS NOT NULL AND last_canary_at >= :before "
    "AND last_canary_at <= now() + interval '1 minute' "
    "RETURNING control_room_id"
)

# `zone`: nothing but what is about a file that this zone manages now; None: of any.
_MAY_SEE = UNCONFLICTED.format("attentions.detail->>'enrolment_id'") + (  # noqa: S608 - constants
    " AND (CAST(:zone AS text) IS NULL OR :zone = coalesce((SELECT e.managing_zone_id FROM enrolments e "
    "WHERE CAST(e.enrolment_id AS text) = attentions.detail->>'enrolment_id'), detail->>'managing_zone_id'))"
)
_EXISTS = text(f"SELECT EXISTS (SELECT FROM attentions WHERE id = :id AND {_MAY_SEE})")  # noqa: S608 - constants
_LISTING = text(
    f"SELECT * FROM attentions WHERE resolved_at IS NULL AND {_MAY_SEE} ORDER BY since, id"  # noqa: S608
)


def open_(session: Session, kind: str, key: str, detail: Mapping[str, object], now: datetime) -> bool:
    """Open a point of attention, or see it again; True when it is new."""
    values = {"id": uuid4(), "kind": kind, "key": key, "now": now, "detail": json.dumps(detail)}
    return bool(session.execute(_OPEN, values).scalar_one())


def settle(
    session: Session,
    kind: AttentionKind,
    keys: Sequence[str],
    reason: str,
    now: datetime,
    by: str = "reporting",
) -> None:
    """Close points whose cause is gone, or that a person is done with."""
    if keys:
        session.execute(_SETTLE, {"kind": kind, "keys": list(keys), "reason": reason, "now": now, "by": by})


def resolve(session: Session, attention_id: UUID, by: str, reason: str, now: datetime) -> AttentionRow | None:
    """Close an open point, on a person's word; None when it is not open."""
    values = {"id": attention_id, "by": by, "reason": reason, "now": now}
    return record(AttentionRow, session.execute(_RESOLVE, values))


def exists(session: Session, attention_id: UUID, who: str, zone: str | None = None) -> bool:
    """Say whether there ever was such a point, of this zone, in no case where `who` has a conflict."""
    values = {"id": attention_id, "who": account(who), "zone": zone}
    return bool(session.execute(_EXISTS, values).scalar_one())


def listing(session: Session, who: str | None = None, zone: str | None = None) -> list[AttentionRow]:
    """List open points of this zone (None: of all), oldest first; of no case where `who` has a conflict."""
    rows = session.execute(_LISTING, {"who": who and account(who), "zone": zone})
    return records(AttentionRow, rows)


def silent(
    session: Session, before: datetime, watching_since: datetime, now: datetime
) -> list[tuple[str, datetime]]:
    """Find control rooms that fell silent, and since when; each silence is given once."""
    values = {"before": before, "watching_since": watching_since, "now": now}
    return [(row.control_room_id, row.since) for row in session.execute(_SILENT, values)]


def canary_ages(session: Session) -> list[tuple[str, float]]:
    """Give the seconds since the last canary of each control room, or since its registration."""
    query = text(
        "SELECT control_room_id, coalesce(last_canary_at, registered_at) AS canary_at "
        "FROM control_rooms WHERE registered_at IS NOT NULL"
    )
    now = clock.now()
    return [(row.control_room_id, _age_s(row.canary_at, now)) for row in session.execute(query)]


def _age_s(canary_at: datetime, now: datetime) -> float:
    """Give the age in seconds; a time yet to come counts as never, for nobody knows when it came."""
    return (now - (canary_at if canary_at <= now + _AHEAD else EARLIEST)).total_seconds()


def rooms_with_canary(session: Session, before: datetime) -> list[str]:
    """Find control rooms whose silence ended."""
    return [row.control_room_id for row in session.execute(_HEARD, {"before": before})]
