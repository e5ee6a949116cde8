"""Presses that dispatch keeps under another id than they came with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from chassis.database.columns import table_of
from chassis.database.sql import Insert, send
from contracts.dispatch import PressRouted
from services.alarm.models import RenamedPressRow

_NOTE = Insert(table_of(RenamedPressRow), tail="ON CONFLICT DO NOTHING")
# Only of a press that is here: of any other one reconciliation must say that it is not.
_LEARN = text(
    "WITH d AS (SELECT k.*, p.device_id, p.counter, p.channel, p.pressed_at FROM kept_as k "
    "JOIN presses p ON p.alarm_id = k.came_as AND (p.digest = k.digest OR p.digest IS NULL) "
    "ORDER BY k.alarm_id LIMIT :limit FOR UPDATE OF k SKIP LOCKED), "
    "gone AS (DELETE FROM kept_as WHERE alarm_id IN (SELECT alarm_id FROM d)) SELECT * FROM d"
)
_FORGET = text("DELETE FROM kept_as WHERE notified_at < :before")


def note(session: Session, routed: Sequence[PressRouted], now: datetime) -> None:
    """Remember what dispatch told, until the press itself is here."""
    names = {"alarm_id", "came_as", "digest", "lane", "received_at", "deadline_at", "flags"}
    rows = [each.model_dump(include=names) | {"notified_at": now} for each in routed]
    send(session, _NOTE(sorted(rows, key=lambda row: str(row["alarm_id"]))))


def learn(session: Session, limit: int) -> list[dict[str, Any]]:
    """Take at most `limit` of them whose press is here, with what its row says, and forget them."""
    return [dict(row._mapping) for row in session.execute(_LEARN, {"limit": limit})]


def forget(session: Session, before: datetime) -> None:
    """Forget what was told before then if its press never came."""
    session.execute(_FORGET, {"before": before})
