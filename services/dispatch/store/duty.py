"""Who is on duty: whose screen shows a control room's alarms now. Asked only where conflicts hide one."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlmodel import Session

from chassis.database.columns import table_of
from chassis.database.sql import Insert, Statement, send
from services.dispatch.models import OnDutyRow
from services.dispatch.store.conflicts import STANDS
from services.dispatch.store.rows import BlindRow

# A screen that was not seen for so long is gone: three times what its stream is noted again after.
GONE_AFTER = timedelta(seconds=30)
# The flag of an alarm that is withheld from everybody on duty in its room.
ALL_CONFLICTED = "all_conflicted"

_SEEN = Insert(
    table_of(OnDutyRow),
    tail="ON CONFLICT (control_room_id, subject) DO UPDATE "
    "SET seen_at = GREATEST(on_duty.seen_at, EXCLUDED.seen_at)",
)
# Open incidents that are withheld from everybody on duty in their room, or were and no longer are. A room in
# which nobody is on duty is not blind but empty: the ladder deals with that.
_BLIND = (
    b"WITH here AS (SELECT control_room_id, subject FROM on_duty WHERE seen_at > %(since)s), "
    b"told AS (SELECT i.id, i.control_room_id, i.enrolment_id, i.flags ? %(flag)s AS flagged FROM incidents i "
    b"WHERE i.state = 'open' AND (i.flags ? %(flag)s OR EXISTS "
    b"(SELECT 1 FROM conflicts t WHERE t.enrolment_id = i.enrolment_id AND " + STANDS + b"))), "
    b"seen AS (SELECT told.id, told.flagged, "
    b"EXISTS (SELECT 1 FROM here WHERE here.control_room_id = told.control_room_id) AND NOT EXISTS "
    b"(SELECT 1 FROM here WHERE here.control_room_id = told.control_room_id AND NOT EXISTS "
    b"(SELECT 1 FROM conflicts t WHERE t.enrolment_id = told.enrolment_id AND t.subject = here.subject AND "
    + STANDS
    + b")) AS blind "
    b"FROM told) SELECT id, blind FROM seen WHERE blind <> flagged ORDER BY id"
)


def note(session: Session, people: Collection[tuple[str, str]], now: datetime) -> None:
    """Note that these accounts (room, account as it is compared) watch their room's alarms now."""
    if people:
        rows = [
            {"control_room_id": control_room_id, "subject": who, "seen_at": now}
            for control_room_id, who in sorted(set(people))
        ]
        send(session, _SEEN(rows))


def changed(session: Session, now: datetime) -> list[BlindRow]:
    """Find incidents (`id`) that are withheld from all on duty in their room (`blind`), or no longer are."""
    blind: list[BlindRow]
    [blind] = send(session, Statement(_BLIND, {"since": now - GONE_AFTER, "flag": ALL_CONFLICTED}))
    return blind
