"""Keep the read models by events: devices and enrolments, the receipt ladder, passed tests, control rooms."""

from collections.abc import Sequence

from chassis.database.database import Session, Transaction
from chassis.security.vault import Vault
from contracts.envelope import Event
from contracts.registry import DeviceChanged
from services.alarm.events import incoming
from services.alarm.store import alarm_progress, control_rooms, devices
from services.alarm.usecases import renamed_presses


def on_registry_event(session: Session, event: Event) -> None:
    """Keep devices and enrolments; anything else of the registry is ignored."""
    changed = incoming.from_registry(event)
    if isinstance(changed, DeviceChanged):
        devices.put_device(session, changed)
    elif changed is not None:
        devices.put_enrolment(session, changed)


def on_dispatch_events(tx: Transaction, batch: Sequence[Event], vault: Vault) -> None:
    """Move the receipt ladder, note passed tests and control rooms; the rest is ignored."""
    progress = incoming.from_dispatch(batch)
    for tested in progress.tested:
        devices.note_tested(tx.session, tested.device_id, tested.routed_at)
    for room in progress.control_rooms:
        control_rooms.put_control_room(tx.session, room)
    if progress.joined or progress.reached:
        tx.write(*alarm_progress.progress_statements(progress.joined, progress.reached))
    if progress.kept_as:
        renamed_presses.keep(tx, progress.kept_as, vault)
