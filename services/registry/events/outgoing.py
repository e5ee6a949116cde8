"""What the registry publishes: a row becomes the payload of an event."""

from datetime import datetime

from contracts.registry import (
    BreakGlassUsed,
    CardPublished,
    CardWithdrawn,
    DeviceChanged,
    EnrolmentChanged,
    FileConflictDeclared,
    FileConflictWithdrawn,
    FileReminded,
    PhotoPublished,
    TransferAnswered,
    TransferOffered,
)
from services.registry.models import (
    BreakGlassRow,
    DeviceRow,
    EnrolmentRow,
    FileConflictRow,
    PhotoRow,
    ReminderRow,
    TransferRow,
)


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


def photo_published(row: PhotoRow, card_version: int, jpeg: str) -> PhotoPublished:
    """Publish a picture (base64), to dispatch alone. `card_version`: of the card that names it first."""
    return PhotoPublished(enrolment_id=row.enrolment_id, photo_id=row.id, card_version=card_version, jpeg=jpeg)


def transfer_offered(row: TransferRow) -> TransferOffered:
    """Publish that a file is offered to another zone; the reason stays here."""
    return TransferOffered(
        transfer_id=row.id,
        **row.model_dump(include={"enrolment_id", "from_zone_id", "to_zone_id", "offered_at", "due_at"}),
    )


def transfer_answered(row: TransferRow) -> TransferAnswered:
    """Publish how an offer was answered, or that it was withdrawn."""
    return TransferAnswered.model_validate(
        {
            **row.model_dump(include={"enrolment_id", "from_zone_id", "to_zone_id", "answered_at"}),
            "transfer_id": row.id,
            "answer": row.state,
        }
    )


def file_reminded(row: ReminderRow, managing_zone_id: str | None) -> FileReminded:
    """Publish that a zone must look at something; the zone is None where its file is unknown."""
    return FileReminded.model_validate(
        {
            **row.model_dump(include={"enrolment_id", "kind", "due_at", "reminder_step", "reminded_at"}),
            "reminder_id": row.id,
            "managing_zone_id": managing_zone_id,
        }
    )


def file_conflict_declared(row: FileConflictRow, person: str) -> FileConflictDeclared:
    """Publish that a person, named as whoever declared it did, has a conflict of interest of a file."""
    return FileConflictDeclared(enrolment_id=row.enrolment_id, person=person, declared_at=row.declared_at)


def file_conflict_withdrawn(row: FileConflictRow, at: datetime) -> FileConflictWithdrawn:
    """Publish that what was said here of a conflict of interest no longer counts."""
    return FileConflictWithdrawn(enrolment_id=row.enrolment_id, person=row.subject, withdrawn_at=at)


def break_glass_used(row: BreakGlassRow, managing_zone_id: str) -> BreakGlassUsed:
    """Publish who opened a file by break-glass access; the reason stays here."""
    return BreakGlassUsed(
        enrolment_id=row.enrolment_id,
        managing_zone_id=managing_zone_id,
        opened_by=row.subject,
        opened_at=row.opened_at,
        until=row.until,
    )
