"""Which alarms a device may follow and change: those that it raised."""

from uuid import UUID

from chassis.database.database import Session
from services.alarm.store import alarm_progress


def is_of_other_device(session: Session, alarm_id: UUID, device_id: UUID) -> bool:
    """Say whether another device raised this alarm. Where only the broker holds it yet, nobody knows: False."""
    owner = alarm_progress.owner(session, alarm_id)
    return owner is not None and owner != str(device_id)
