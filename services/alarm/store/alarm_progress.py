"""How far alarms have come: what dispatch tells, and what a device may see of it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from chassis.database.columns import table_of
from chassis.database.sql import Insert, Statement, send
from contracts.values import read_moment
from services.alarm.domain.receipt_ladder import Stage
from services.alarm.models import FrozenLadderRow

# Whether what dispatch told (`a`) is of a press, and not of another one that has its id.
IS_OF = "(a.digest = '' OR {0}.digest IS NULL OR a.digest = {0}.digest)"
# For so long after a request to cancel, further presses of the device show that they are held and nothing else:
# whether they join an alarm that goes on would tell what the code was.
_QUIET = "interval '12 hours'"
# An alarm that its device asked to cancel shows for ever what it showed then. Another one's request, which may
# come before the press does, freezes nothing of it.
_STAGES = text(
    "WITH p AS (SELECT alarm_id, device_id, digest, stored_at, received_at FROM presses "  # noqa: S608
    "WHERE alarm_id = ANY(:ids)), "
    "live AS (SELECT alarm_id, device_id, digest, stored_at, EXISTS (SELECT 1 FROM frozen_ladders f "
    f"WHERE f.device_id = p.device_id AND p.received_at BETWEEN f.asked_at AND f.asked_at + {_QUIET}) AS quiet "
    "FROM p WHERE NOT EXISTS (SELECT 1 FROM frozen_ladders f "
    "WHERE f.alarm_id = p.alarm_id AND f.device_id = p.device_id)) "
    "SELECT alarm_id, device_id, 'stored' AS stage, stored_at AS at FROM live UNION ALL "
    "SELECT live.alarm_id, device_id, s.stage, s.at FROM live "
    f"JOIN alarm_incidents a ON a.alarm_id = live.alarm_id AND {IS_OF.format('live')} "
    "JOIN stages s USING (incident_id) WHERE NOT quiet"
)


# Read here and not by the database: one that cannot be read would hide the ladders of all others.
_FROZEN = text(
    "SELECT p.alarm_id, p.device_id, f.stages FROM presses p JOIN frozen_ladders f USING (alarm_id, device_id) "
    "WHERE p.alarm_id = ANY(:ids)"
)


_OF_DEVICE = text(
    "SELECT alarm_id FROM presses WHERE device_id = :device_id "  # noqa: S608
    f"AND received_at > CAST(:at AS timestamptz) - {_QUIET}"
)


_FREEZE = Insert(table_of(FrozenLadderRow), tail="ON CONFLICT DO NOTHING")
_ROUTED = text(
    "SELECT n.alarm_id FROM unnest(CAST(:ids AS uuid[]), CAST(:digests AS text[])) AS n(alarm_id, digest) "
    "WHERE EXISTS (SELECT FROM alarm_incidents a WHERE a.alarm_id = n.alarm_id AND a.digest IN ('', n.digest))"
)


_OWNER = text("SELECT device_id FROM presses WHERE alarm_id = :alarm_id")


def ladders(session: Session, alarm_ids: Collection[UUID]) -> dict[tuple[UUID, str], dict[str, datetime]]:
    """Give the stages that alarms have reached, by alarm and by the device that raised it."""
    found, given = dict[tuple[UUID, str], dict[str, datetime]](), {"ids": list(set(alarm_ids))}
    for row in session.execute(_STAGES, given):
        found.setdefault((row.alarm_id, row.device_id), {})[row.stage] = row.at
    for row in session.execute(_FROZEN, given):
        stages = row.stages.items() if isinstance(row.stages, dict) else ()
        reached = {stage: at for stage, value in stages if (at := read_moment(value)) is not None}
        if reached:
            found.setdefault((row.alarm_id, row.device_id), {}).update(reached)
    return found


def freeze(session: Session, alarm_id: UUID, device_id: UUID, at: datetime) -> None:
    """Freeze what this alarm of a device, and its others of these hours, show from now on."""
    given = {"device_id": str(device_id), "at": at}
    ids = {alarm_id, *session.execute(_OF_DEVICE, given).scalars()}
    reached = ladders(session, ids)
    rows = [
        {
            "alarm_id": each,
            "device_id": str(device_id),
            "asked_at": at,
            "stages": reached.get((each, str(device_id)), {}),
        }
        for each in sorted(ids)
    ]
    send(session, _FREEZE(rows))


def routed(session: Session, digests: Mapping[UUID, str]) -> set[UUID]:
    """Give the presses among these (alarm and digest) that dispatch has put into an incident."""
    given = {"ids": list(digests), "digests": list(digests.values())}
    return set(session.execute(_ROUTED, given).scalars())


def owner(session: Session, alarm_id: UUID) -> str | None:
    """Give the device that raised an alarm."""
    owner_id: str | None = session.execute(_OWNER, {"alarm_id": alarm_id}).scalar_one_or_none()
    return owner_id


_JOIN = (
    b"INSERT INTO alarm_incidents (alarm_id, digest, incident_id) "
    b"SELECT a, COALESCE(d, (SELECT digest FROM presses WHERE alarm_id = a), ''), i "
    b"FROM unnest(%(alarms)s::uuid[], %(digests)s::text[], %(incidents)s::uuid[]) AS n(a, d, i) ORDER BY 1, 2 "
    b"ON CONFLICT DO NOTHING"
)


# Events come twice and out of order: the first time a stage was reached is what counts.
_REACH = (
    b"INSERT INTO stages (incident_id, stage, at) "
    b"SELECT * FROM unnest(%(incidents)s::uuid[], %(stages)s::text[], %(at)s::timestamptz[]) AS n(i, s, at) "
    b"ORDER BY i, s ON CONFLICT (incident_id, stage) DO UPDATE SET at = EXCLUDED.at "
    b"WHERE stages.at > EXCLUDED.at"
)


def progress_statements(
    joined: Mapping[tuple[UUID, str | None], UUID], reached: Mapping[tuple[UUID, Stage], datetime]
) -> tuple[Statement, Statement]:
    """Give the statements that note incidents of presses, and when stages of incidents were reached first.

    `joined`: by alarm and digest; without one it is the press that is here under that id.
    """
    alarms, digests = [alarm for alarm, _ in joined], [digest for _, digest in joined]
    return (
        Statement(_JOIN, {"alarms": alarms, "digests": digests, "incidents": list(joined.values())}),
        Statement(
            _REACH,
            {
                "incidents": [incident for incident, _ in reached],
                "stages": [stage for _, stage in reached],
                "at": list(reached.values()),
            },
        ),
    )
