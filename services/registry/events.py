"""What the registry publishes, and what it reads from others."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from chassis.errors import Invalid
from contracts.committee import AlarmGranted, AlarmRefused
from contracts.dispatch import TestRouted
from contracts.envelope import Event, Payload
from contracts.registry import CardPublished, DeviceChanged, EnrolmentChanged
from services.registry.models import DeviceRow, EnrolmentRow, GrantRow

P = TypeVar("P", bound=Payload)


def enrolment_changed(row: EnrolmentRow, at: datetime) -> EnrolmentChanged:
    """The file as others may know it."""
    return EnrolmentChanged.model_validate(
        {
            "enrolment_id": row.id,
            "status": row.status,
            "managing_zone_id": row.managing_zone_id,
            "changed_at": at,
        }
    )


def device_changed(row: DeviceRow, at: datetime) -> DeviceChanged:
    """The device with its key and version."""
    return DeviceChanged.model_validate(
        {
            "enrolment_id": row.enrolment_id,
            "device_id": row.id,
            "public_key": row.public_key,
            "status": row.status,
            "version": row.version,
            "changed_at": at,
        }
    )


def card_published(row: EnrolmentRow, content: dict[str, object], at: datetime) -> CardPublished:
    """The card with its codes, for dispatch alone. `content`: what is sealed in the row."""
    return CardPublished.model_validate(
        {
            "enrolment_id": row.id,
            "version": row.card_version,
            "managing_zone_id": row.managing_zone_id,
            "published_at": at,
            **content,
        }
    )


def decision(event: Event) -> GrantRow | None:
    """A decision of the committee; None for its other events. Raises `Invalid`."""
    if event.type == AlarmGranted.TYPE:
        granted = _read(AlarmGranted, event)
        return GrantRow(
            application_id=granted.application_id,
            enrolment_id=granted.enrolment_id,
            granted=True,
            decided_at=granted.decided_at,
            ends_on=granted.ends_on,
        )
    if event.type == AlarmRefused.TYPE:
        refused = _read(AlarmRefused, event)
        return GrantRow(
            application_id=refused.application_id,
            enrolment_id=refused.enrolment_id,
            granted=False,
            decided_at=refused.decided_at,
        )
    return None


def passed_test(event: Event) -> tuple[UUID, datetime] | None:
    """Device and time of receipt of a test press that came through. Raises `Invalid`."""
    if event.type != TestRouted.TYPE:
        return None
    routed = _read(TestRouted, event)
    return routed.device_id, routed.received_at


def _read(kind: type[P], event: Event) -> P:
    try:
        return kind.model_validate(event.data)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise Invalid(f"unreadable {event.type}", field=f"data.{where}") from None
