"""The SQL of presses: which incident each belongs to, who sent it, what still waits to be verified."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from chassis.database.sql import Statement, send
from services.dispatch.models import PressRow
from services.dispatch.store.rows import SenderRow

_SENDER = (
    b"SELECT p.incident_id, p.fix_sequence, p.device_id = %(device_id)s::uuid::text AS own, d.status "
    b"FROM presses p LEFT JOIN devices d ON d.id = %(device_id)s::uuid WHERE p.alarm_id = %(alarm_id)s"
)


def note_fix_sequence(session: Session, alarm_id: UUID, sequence: int) -> None:
    """Note the highest number of a fix of this press so far."""
    row = update(PressRow).where(col(PressRow.alarm_id) == alarm_id)
    session.execute(row.values(fix_sequence=func.greatest(col(PressRow.fix_sequence), sequence)))


def find_sender(session: Session, alarm_id: UUID, device_id: UUID) -> SenderRow | None:
    """Find a press: its `incident_id`, whether it is this device's `own`, and the device's `status`."""
    rows: list[SenderRow]
    [rows] = send(session, Statement(_SENDER, {"alarm_id": alarm_id, "device_id": device_id}))
    return rows[0] if rows else None


def unverified_presses(session: Session, incident_id: UUID) -> list[PressRow]:
    """Load the presses of an incident whose proof waits for their device to be known."""
    query = select(PressRow).where(col(PressRow.incident_id) == incident_id, col(PressRow.proof).is_not(None))
    return list(session.exec(query))


def incidents_waiting_for(session: Session, device_id: UUID) -> list[UUID]:
    """Find the incidents with presses that name this device and wait for it to be known."""
    query = select(PressRow.incident_id).where(
        col(PressRow.device_id) == str(device_id), col(PressRow.proof).is_not(None)
    )
    return list(session.exec(query.distinct()))


def forget_proofs(session: Session, incident_id: UUID) -> None:
    """Forget what was signed, which is of no more use: it holds a place."""
    session.execute(
        update(PressRow)
        .where(col(PressRow.incident_id) == incident_id, col(PressRow.proof).is_not(None))
        .values(proof=None)
    )


def incidents_of_presses(session: Session, keys: Mapping[str, UUID]) -> dict[UUID, UUID]:
    """Find where presses belong, as far as they are here. `keys`: by key of their copies, what to call each.

    One that was stored before such keys were is known by its id.
    """
    key, incident = col(PressRow.copy_key), col(PressRow.incident_id)
    by_key = select(key, incident).where(key.in_(keys))
    by_id = select(PressRow.alarm_id, incident).where(key.is_(None), col(PressRow.alarm_id).in_(keys.values()))
    found = dict(session.exec(by_id).all())
    named = session.exec(by_key)
    return found | {keys[name]: incident_id for name, incident_id in named if name is not None}
