"""Canaries: does every control room hear its own?"""

from datetime import datetime, timedelta

from chassis.database.database import Database, Transaction
from chassis.runtime import clock
from chassis.telemetry.metrics import Reading
from contracts.reporting import CanaryMissed
from services.reporting.domain.attention import AttentionKind
from services.reporting.settings import ReportingSettings
from services.reporting.store import attention
from services.reporting.usecases.attention import attend


def check_canaries(tx: Transaction, settings: ReportingSettings, watching_since: datetime) -> None:
    """Tell of control rooms that no canary reached; `watching_since`: when this watch began."""
    now = clock.now()
    before = now - timedelta(seconds=settings.canary_silence_s)
    for room, since in attention.silent(tx.session, before, watching_since, now):
        silent_s = (now - since).total_seconds()
        tx.publish(CanaryMissed(control_room_id=room, silent_s=silent_s, found_at=now))
        attend(tx, AttentionKind.CANARY, room, {"last_canary_at": since.isoformat()}, now)
    attention.settle(
        tx.session,
        AttentionKind.CANARY,
        attention.rooms_with_canary(tx.session, before),
        "a canary came through",
        now,
    )


def canary_ages(database: Database) -> list[Reading]:
    """Give the seconds since the last canary, by control room."""
    with database.read() as session:
        return [(age_s, {"control_room": room}) for room, age_s in attention.canary_ages(session)]
