"""Photos go with the card: to the patrol while the alarm is open, and nowhere else."""

import base64
from datetime import date
from uuid import UUID, uuid4

from chassis.database.unit_of_work import UnitOfWork
from contracts.common import local_day, morning
from services.registry.domain import photo as domain
from services.registry.errors import CardUnknown, DateInFuture, PhotoInvalid, PhotoUnknown
from services.registry.events import outgoing
from services.registry.models import PhotoRow
from services.registry.store import encrypted_columns
from services.registry.store import photos as store
from services.registry.usecases import cards, reminders
from services.registry.usecases.access_scope import find_readable_file, lock_changeable_file
from services.registry.usecases.reminders import Reminder

_MOST = 12


def add_photo(
    uow: UnitOfWork, enrolment_id: UUID, shows: UUID | None, taken_on: date, cleaned: bytes
) -> PhotoRow:
    """Add a photo of the victim, or of a perpetrator who stands on the card; the card goes out anew with it.

    `cleaned`: by `domain.photo.cleaned`, before the transaction, which locks the file: decoding takes long.
    Raises `PhotoInvalid`, `DateInFuture`, `CardUnknown` where there is no card yet.
    """
    row = lock_changeable_file(uow, enrolment_id)
    if row.card is None:
        raise CardUnknown("the file has no card yet: it says who is on the photo")
    if taken_on > local_day(uow.at):
        raise DateInFuture("a photo cannot be taken in the future", field="taken_on")
    if taken_on.year < local_day(uow.at).year - domain.OLDEST_YEARS:
        raise PhotoInvalid(f"at most {domain.OLDEST_YEARS} years old", field="taken_on", code="date_too_old")
    card = cards.read_card(uow, enrolment_id).card
    if shows is not None and shows not in {person.ref for person in card.perpetrators}:
        raise PhotoInvalid("nobody of this card", field="of")
    if len(store.of_file(uow.session, row.id)) >= _MOST:
        raise PhotoInvalid(
            f"a card has at most {_MOST} photos: remove an old one",
            field="body",
            code="photos_full",
            most=_MOST,
        )
    jpeg = base64.b64encode(cleaned).decode()
    photo = PhotoRow(
        id=uuid4(),
        enrolment_id=row.id,
        shows=shows,
        taken_on=taken_on,
        encrypted=b"",
        added_at=uow.at,
        added_by=uow.caller.subject,
    )
    photo.encrypted = uow.encrypt(encrypted_columns.photo(photo.id), jpeg)
    store.add(uow.session, photo)
    # The picture before the card that names it.
    uow.tx.publish(outgoing.photo_published(photo, row.card_version + 1, jpeg))
    cards.publish_card(uow, row)
    due = morning(domain.stale_on(taken_on))
    reminders.schedule_reminders(uow.session, row.id, [Reminder("photo", str(photo.id), max(due, uow.at))])
    return photo


def remove_photo(uow: UnitOfWork, enrolment_id: UUID, photo_id: UUID) -> None:
    """Remove a photo; the card goes out anew without it."""
    row = lock_changeable_file(uow, enrolment_id)
    photo = _of(uow, enrolment_id, photo_id)
    store.remove(uow.session, photo)
    reminders.settle_one(uow, row.id, "photo", str(photo_id))
    cards.publish_card(uow, row)


def list_photos(uow: UnitOfWork, enrolment_id: UUID) -> list[PhotoRow]:
    """List the photos of a file that the caller may read."""
    return list(store.of_file(uow.session, find_readable_file(uow, enrolment_id).id))


def read_picture(uow: UnitOfWork, enrolment_id: UUID, photo_id: UUID) -> bytes:
    """Read the JPEG of a photo; raises `PhotoUnknown`."""
    find_readable_file(uow, enrolment_id)
    photo = _of(uow, enrolment_id, photo_id)
    return base64.b64decode(uow.decrypt(encrypted_columns.photo(photo.id), photo.encrypted))


def _of(uow: UnitOfWork, enrolment_id: UUID, photo_id: UUID) -> PhotoRow:
    photo = store.photo(uow.session, photo_id)
    if photo is None or photo.enrolment_id != enrolment_id:
        raise PhotoUnknown("there is no such photo")
    return photo
