"""What the registry publishes: a row becomes the payload of an event."""

from datetime import datetime

from contracts.registry import CardPublished, CardWithdrawn, DeviceChanged, EnrolmentChanged
from services.registry.models import DeviceRow, EnrolmentRow


def enrolment_changed(row: EnrolmentRow, at: datetime) -> EnrolmentChanged:
    """Tell the file as others may know it."""
    return EnrolmentChanged.model_validate(
        {
            "enrolment_id": row.id,
            "status": row.status,
            "managing_zone_id": row.managing_zone_id,
            "changed_at": at,
        }
    )


def device_changed(row: DeviceRow, at: datetime) -> DeviceChanged:
    """Tell the device with its key and version."""
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
    """Tell the card with its codes, to dispatch alone. `content`: what is encrypted in the row."""
    return CardPublished.model_validate(
        {
            "enrolment_id": row.id,
            "version": row.card_version,
            "managing_zone_id": row.managing_zone_id,
            "published_at": at,
            **content,
        }
    )


def card_withdrawn(row: EnrolmentRow) -> CardWithdrawn:
    """Have dispatch forget the card; the version rises, so that no late copy brings it back."""
    return CardWithdrawn(enrolment_id=row.id, version=row.card_version)
