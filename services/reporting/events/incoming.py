"""What each event adds to the ledger. Types that a queue brings but nobody here needs are passed over."""

from collections.abc import Callable
from typing import TypeVar

from chassis.messaging.payload import read_payload
from contracts.alarm import DeviceAttention, DevicesReported, PressesRecorded, TestReceived
from contracts.audit import AuditSealed
from contracts.committee import (
    AlarmGranted,
    AlarmProvisionallyGranted,
    AlarmRefused,
    ApplicationSubmitted,
    ConflictDeclared,
    ConflictWithdrawn,
    DeadlineMissed,
)
from contracts.common import MessageParked
from contracts.dispatch import (
    CanaryRouted,
    ControlRoomRegistered,
    IncidentAcknowledged,
    IncidentClosed,
    IncidentDisplayed,
    IncidentEscalated,
    IncidentRelocated,
    OrderMoved,
    PressRouted,
    TestRouted,
)
from contracts.envelope import Event, Payload
from contracts.registry import (
    BreakGlassUsed,
    DeviceChanged,
    EnrolmentChanged,
    FileConflictDeclared,
    FileConflictWithdrawn,
    FileReminded,
)
from contracts.topology import REPORTING_ATTENTION, REPORTING_AUDIT, REPORTING_FOLLOW_UP, REPORTING_LEDGER
from services.reporting.domain.entries import Entries
from services.reporting.events.attention_entries import (
    add_audit_seal,
    add_break_glass,
    add_missed_deadline,
    add_parked,
    add_reminder,
)
from services.reporting.events.follow_up_entries import (
    add_application,
    add_conflict,
    add_decision,
    add_device,
    add_device_attention,
    add_enrolment,
    add_heartbeats,
    add_press_fact,
    add_provisional_grant,
    add_routed_test,
    add_test,
)
from services.reporting.events.ledger_entries import (
    add_canary,
    add_control_room,
    add_escalation,
    add_order,
    add_recorded,
    add_routed,
    note_incident,
)

P = TypeVar("P", bound=Payload)
Add = Callable[[Entries, Event], None]


def _reads(model: type[P], add: Callable[[Entries, P], None]) -> tuple[str, Add]:
    return model.TYPE, lambda entries, event: add(entries, read_payload(model, event))


ENTER: dict[str, dict[str, Add]] = {
    REPORTING_LEDGER: dict(
        (
            _reads(PressesRecorded, add_recorded),
            _reads(PressRouted, add_routed),
            _reads(OrderMoved, add_order),
            _reads(IncidentDisplayed, lambda e, v: note_incident(e, v.incident_id, displayed_at=v.at)),
            _reads(IncidentAcknowledged, lambda e, v: note_incident(e, v.incident_id, acknowledged_at=v.at)),
            _reads(
                IncidentClosed,
                lambda e, v: note_incident(e, v.incident_id, closed_at=v.at, outcome=str(v.outcome)),
            ),
            _reads(IncidentRelocated, lambda e, v: note_incident(e, v.incident_id)),
            _reads(IncidentEscalated, add_escalation),
            _reads(ControlRoomRegistered, add_control_room),
            _reads(CanaryRouted, add_canary),
            _reads(TestRouted, add_routed_test),
        )
    ),
    REPORTING_FOLLOW_UP: dict(
        (
            _reads(PressesRecorded, add_press_fact),
            _reads(DevicesReported, add_heartbeats),
            _reads(DeviceAttention, add_device_attention),
            _reads(TestReceived, add_test),
            _reads(EnrolmentChanged, add_enrolment),
            _reads(DeviceChanged, add_device),
            _reads(ApplicationSubmitted, add_application),
            _reads(AlarmProvisionallyGranted, add_provisional_grant),
            _reads(AlarmGranted, add_decision),
            _reads(AlarmRefused, add_decision),
            _reads(FileConflictDeclared, add_conflict),
            _reads(FileConflictWithdrawn, add_conflict),
            _reads(ConflictDeclared, add_conflict),
            _reads(ConflictWithdrawn, add_conflict),
        )
    ),
    REPORTING_AUDIT: dict((_reads(AuditSealed, add_audit_seal),)),
    REPORTING_ATTENTION: dict(
        (
            _reads(MessageParked, add_parked),
            _reads(BreakGlassUsed, add_break_glass),
            _reads(FileReminded, add_reminder),
            _reads(DeadlineMissed, add_missed_deadline),
        )
    ),
}


def enter(entries: Entries, queue: str, event: Event) -> None:
    """Add one event of `queue` to the entries; raises `Invalid` where it breaks its contract."""
    add = ENTER[queue].get(event.type)
    if add is not None:
        add(entries, event)
