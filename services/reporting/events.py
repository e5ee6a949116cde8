"""What each event adds to the books. Types that a queue brings but nobody here needs are passed over."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic import ValidationError

from chassis.errors import Permanent
from chassis.security.accounts import account
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
    DeviceChanged,
    EnrolmentChanged,
    FileOpened,
    FileReminded,
    TieDeclared,
    TieWithdrawn,
)
from contracts.ties import NEVER, TieTold
from contracts.topology import REPORTING_ATTENTION, REPORTING_AUDIT, REPORTING_FOLLOW_UP, REPORTING_LEDGER
from services.reporting.domain import ALARM_PATH, Entries, least, newest

P = TypeVar("P", bound=Payload)
Add = Callable[[Entries, Event], None]


class BrokenEvent(Permanent):
    """An event whose data break its own contract; the message names the field only."""


def _reads(model: type[P], add: Callable[[Entries, P], None]) -> tuple[str, Add]:
    def parsed(entries: Entries, event: Event) -> None:
        try:
            payload = model.model_validate(event.data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BrokenEvent(f"{event.type}: {where}: {first['type']}", field=where) from None
        add(entries, payload)

    return model.TYPE, parsed


def _recorded(entries: Entries, event: PressesRecorded) -> None:
    for press in event.presses:
        least(entries.presses, press.alarm_id, **{**press.model_dump(), "flags": list(press.flags)})


def _routed(entries: Entries, event: PressRouted) -> None:
    least(
        entries.presses,
        event.alarm_id,
        **event.model_dump(
            include={
                "alarm_id",
                "device_id",
                "enrolment_id",
                "counter",
                "lane",
                "received_at",
                "routed_at",
                "deadline_at",
            }
        ),
        incident_ids=[event.incident_id],
        flags=list(event.flags),
    )
    _about(entries, event.incident_id)
    if event.opened:
        kept = {"enrolment_id", "control_room_id", "zone_id", "routed_at", "deadline_at"}
        _about(entries, event.incident_id, opened_at=event.received_at, **event.model_dump(include=kept))


def _about(entries: Entries, incident_id: Any, **values: Any) -> None:
    least(entries.incidents, incident_id, incident_id=incident_id, **values)


def _order(entries: Entries, event: OrderMoved) -> None:
    _about(entries, event.incident_id)
    row = least(
        entries.orders,
        event.order_id,
        **event.model_dump(include={"order_id", "incident_id", "unit_id", "control_room_id"}),
        **{f"{event.state}_at": event.at},
    )
    for flag in ("automatic", "late"):
        row[flag] = row.get(flag, False) or getattr(event, flag)


def _escalated(entries: Entries, event: IncidentEscalated) -> None:
    _about(entries, event.incident_id)
    row = event.model_dump(include={"incident_id", "level", "at", "control_room_id"})
    key = (event.incident_id, event.level, event.at)
    least(entries.escalations, key, **row, target=event.target_control_room_id)


def _registered(entries: Entries, event: ControlRoomRegistered) -> None:
    entries.control_rooms.setdefault(event.control_room_id, {"control_room_id": event.control_room_id})[
        "registered"
    ] = True


def _canary(entries: Entries, event: CanaryRouted) -> None:
    if event.expected:
        row = entries.control_rooms.setdefault(
            event.control_room_id, {"control_room_id": event.control_room_id}
        )
        row["last_canary_at"] = max(row.get("last_canary_at", event.routed_at), event.routed_at)


def _fact(entries: Entries, kind: str, key: Any, event: Any, at: Any, *names: str) -> None:
    """Note one fact; its data are the named fields of the event."""
    entries.facts[f"{kind}:{key}"] = {
        "key": f"{kind}:{key}",
        "kind": kind,
        "enrolment_id": event.enrolment_id,
        "device_id": str(event.device_id) if hasattr(event, "device_id") else None,
        "at": at,
        "data": event.model_dump(mode="json", include=set(names)),
    }


def _pressed(entries: Entries, event: PressesRecorded) -> None:
    for press in event.presses:
        _fact(
            entries, "press", press.alarm_id, press, press.received_at, "alarm_id", "lane", "channel", "flags"
        )


def _heartbeats(entries: Entries, event: DevicesReported) -> None:
    names = ("phone_battery", "button_battery", "bluetooth", "location_permission", "app_version")
    for device in event.devices:
        key = f"{device.device_id}:{device.received_at.isoformat()}"
        _fact(entries, "heartbeat", key, device, device.received_at, *names)


def _device_attention(entries: Entries, event: DeviceAttention) -> None:
    key = f"{event.device_id}:{event.kind}:{event.level}:{event.since.isoformat()}"
    _fact(entries, "attention", key, event, event.since, "kind", "level")


def _tested(entries: Entries, event: TestReceived) -> None:
    _fact(entries, "test", event.test_id, event, event.received_at, "test_id")


def _test_routed(entries: Entries, event: TestRouted) -> None:
    _fact(entries, "test_routed", event.test_id, event, event.routed_at, "test_id", "control_room_id")


def _enrolment(entries: Entries, event: EnrolmentChanged) -> None:
    kept = event.model_dump(include={"enrolment_id", "managing_zone_id", "status", "changed_at"})
    newest(entries.enrolments, event.enrolment_id, "changed_at", **kept)
    key = f"{event.enrolment_id}:{event.changed_at.isoformat()}"
    _fact(entries, "enrolment", key, event, event.changed_at, "status")


def _device(entries: Entries, event: DeviceChanged) -> None:
    kept = event.model_dump(include={"device_id", "enrolment_id", "status", "version"})
    newest(entries.devices, event.device_id, "version", **kept)
    _fact(entries, "device", f"{event.device_id}:{event.version}", event, event.changed_at, "status")


def _decided(entries: Entries, event: AlarmGranted | AlarmRefused) -> None:
    entries_kind = "granted" if isinstance(event, AlarmGranted) else "refused"
    _fact(entries, entries_kind, event.decision_id, event, event.decided_at, "review_on", "ends_on")


def _granted_provisionally(entries: Entries, event: AlarmProvisionallyGranted) -> None:
    _fact(entries, "granted_provisionally", event.decision_id, event, event.decided_at)


def _applied(entries: Entries, event: ApplicationSubmitted) -> None:
    _fact(entries, "applied", event.application_id, event, event.submitted_at, "procedure")
    if event.enrolment_id is not None and event.proposer is not None:
        key = (str(event.enrolment_id), event.proposer, event.zone_id or "")
        entries.proposers[key] = dict(zip(("enrolment_id", "partner", "zone_id"), key, strict=True))


def _tied(entries: Entries, event: TieTold) -> None:
    key = (account(event.person), str(event.enrolment_id), str(event.source))
    named = dict(zip(("person", "enrolment_id", "source"), key, strict=True))
    row = entries.ties.setdefault(key, {**named, "declared_at": NEVER, "withdrawn_at": None})
    row["declared_at"] = max(row["declared_at"], event.declared_at)
    if event.withdrawn_at is not None:
        row["withdrawn_at"] = max(row["withdrawn_at"] or NEVER, event.withdrawn_at)


def _sealed(entries: Entries, event: AuditSealed) -> None:
    entries.sealed.append(event.model_dump(mode="json"))


def _parked(entries: Entries, event: MessageParked) -> None:
    key = f"{event.queue} {event.event_type}".strip()
    entries.points.append(("parked", key, event.model_dump(mode="json")))
    if event.queue in ALARM_PATH:
        entry_id = _about_alarm(event) or uuid5(NAMESPACE_OID, f"{key} {event.parked_at.isoformat()}")
        kept = event.model_dump(include={"queue", "event_type", "reason", "parked_at"})
        entries.parked[entry_id] = {"entry_id": entry_id, "alarm_id": entry_id, **kept}


def _about_alarm(event: MessageParked) -> UUID | None:
    """The alarm, where the message could be read."""
    try:
        return UUID(event.about or "")
    except ValueError:
        return None


def _opened(entries: Entries, event: FileOpened) -> None:
    key = f"{event.enrolment_id} {event.opened_by}"
    entries.points.append(("opened", key, event.model_dump(mode="json")))


def _reminded(entries: Entries, event: FileReminded) -> None:
    # In time it is the zone's own business, where there is a zone.
    if event.loudness or event.managing_zone_id is None:
        key = f"{event.kind} {event.reminder_id}"
        entries.points.append(("reminder", key, event.model_dump(mode="json")))


def _missed(entries: Entries, event: DeadlineMissed) -> None:
    key = f"{event.kind} {event.deadline_id}"
    entries.points.append(("deadline", key, event.model_dump(mode="json")))


ENTER: dict[str, dict[str, Add]] = {
    REPORTING_LEDGER: dict(
        (
            _reads(PressesRecorded, _recorded),
            _reads(PressRouted, _routed),
            _reads(OrderMoved, _order),
            _reads(IncidentDisplayed, lambda e, v: _about(e, v.incident_id, displayed_at=v.at)),
            _reads(IncidentAcknowledged, lambda e, v: _about(e, v.incident_id, acknowledged_at=v.at)),
            _reads(
                IncidentClosed, lambda e, v: _about(e, v.incident_id, closed_at=v.at, outcome=str(v.outcome))
            ),
            _reads(IncidentRelocated, lambda e, v: _about(e, v.incident_id)),
            _reads(IncidentEscalated, _escalated),
            _reads(ControlRoomRegistered, _registered),
            _reads(CanaryRouted, _canary),
            _reads(TestRouted, _test_routed),
        )
    ),
    REPORTING_FOLLOW_UP: dict(
        (
            _reads(PressesRecorded, _pressed),
            _reads(DevicesReported, _heartbeats),
            _reads(DeviceAttention, _device_attention),
            _reads(TestReceived, _tested),
            _reads(EnrolmentChanged, _enrolment),
            _reads(DeviceChanged, _device),
            _reads(ApplicationSubmitted, _applied),
            _reads(AlarmProvisionallyGranted, _granted_provisionally),
            _reads(AlarmGranted, _decided),
            _reads(AlarmRefused, _decided),
            _reads(TieDeclared, _tied),
            _reads(TieWithdrawn, _tied),
            _reads(ConflictDeclared, _tied),
            _reads(ConflictWithdrawn, _tied),
        )
    ),
    REPORTING_AUDIT: dict((_reads(AuditSealed, _sealed),)),
    REPORTING_ATTENTION: dict(
        (
            _reads(MessageParked, _parked),
            _reads(FileOpened, _opened),
            _reads(FileReminded, _reminded),
            _reads(DeadlineMissed, _missed),
        )
    ),
}


def enter(entries: Entries, queue: str, event: Event) -> None:
    """Add one event of `queue` to the entries; raises `BrokenEvent`."""
    add = ENTER[queue].get(event.type)
    if add is not None:
        add(entries, event)
