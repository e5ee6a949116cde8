"""What events add to the list of what a person must look at, and to the witness of audit logs."""

from uuid import NAMESPACE_OID, UUID, uuid5

from contracts.audit import AuditSealed
from contracts.committee import (
    DeadlineMissed,
)
from contracts.common import MessageParked
from contracts.registry import (
    BreakGlassUsed,
    FileReminded,
)
from services.reporting.domain.attention import AttentionKind
from services.reporting.domain.entries import Entries
from services.reporting.domain.gaps import ALARM_PATH


def add_audit_seal(entries: Entries, event: AuditSealed) -> None:
    """Keep for the witness what a service signed of its audit log."""
    entries.audit_seals.append(event.model_dump(mode="json"))


def add_parked(entries: Entries, event: MessageParked) -> None:
    """Add a message that was set aside; of the alarm path, it is a gap too."""
    key = f"{event.queue} {event.event_type}".strip()
    entries.points.append((AttentionKind.PARKED, key, event.model_dump(mode="json")))
    if event.queue in ALARM_PATH:
        entry_id = _about_alarm(event) or uuid5(NAMESPACE_OID, f"{key} {event.parked_at.isoformat()}")
        kept = event.model_dump(include={"queue", "event_type", "reason", "parked_at"})
        entries.parked[entry_id] = {"entry_id": entry_id, "alarm_id": entry_id, **kept}


def _about_alarm(event: MessageParked) -> UUID | None:
    """Give the alarm, where the message could be read."""
    try:
        return UUID(event.about or "")
    except ValueError:
        return None


def add_break_glass(entries: Entries, event: BreakGlassUsed) -> None:
    """Add a file that somebody opened by break-glass access."""
    key = f"{event.enrolment_id} {event.opened_by}"
    entries.points.append((AttentionKind.BREAK_GLASS, key, event.model_dump(mode="json")))


def add_reminder(entries: Entries, event: FileReminded) -> None:
    """Add a reminder that is overdue, or that no zone answers for."""
    # In time it is the zone's own business, where there is a zone.
    if event.reminder_step or event.managing_zone_id is None:
        key = f"{event.kind} {event.reminder_id}"
        entries.points.append((AttentionKind.REMINDER, key, event.model_dump(mode="json")))


def add_missed_deadline(entries: Entries, event: DeadlineMissed) -> None:
    """Add a deadline that was missed."""
    key = f"{event.kind} {event.deadline_id}"
    entries.points.append((AttentionKind.DEADLINE, key, event.model_dump(mode="json")))
