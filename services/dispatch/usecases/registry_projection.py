"""The read models of the registry and of conflicts: whose device, which card, who may not see it."""

from opentelemetry.trace import Span

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.timers import Due
from chassis.runtime import clock
from chassis.security.accounts import account
from contracts.conflicts import ConflictStatement
from contracts.registry import (
    CardPublished,
    CardWithdrawn,
    DeviceChanged,
    EnrolmentChanged,
    PhotoPublished,
)
from services.dispatch.models import CardRow, ConflictRow, DeviceRow, EnrolmentRow, PhotoRow
from services.dispatch.store.conflicts import has_standing_conflict, store_conflict
from services.dispatch.store.encrypted_columns import card_associated_data, photo_associated_data
from services.dispatch.store.incidents import lock_open_incidents, note_known_device, touch_incident
from services.dispatch.store.presses import incidents_waiting_for
from services.dispatch.store.registry_projection import (
    forget_other_photos,
    link_perpetrators,
    lock_card,
    store_newer,
    store_photo,
)
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.notify import notify_queues, notify_watchers


def take_device(tx: Transaction, device: DeviceChanged) -> None:
    """Keep what a device is; an older version is ignored. Presses that waited for it are looked at."""
    row = DeviceRow(
        id=device.device_id,
        enrolment_id=device.enrolment_id,
        public_key=device.public_key,
        status=device.status,
        version=device.version,
    )
    if store_newer(tx.session, row, ["id"], "version"):
        waiting = incidents_waiting_for(tx.session, device.device_id)
        now = clock.now()
        note_known_device(tx.session, device.device_id, now)
        timers.schedule(tx.session, [Due(kind="proof", subject_id=str(i), due_at=now) for i in waiting])


def take_enrolment(tx: Transaction, enrolment: EnrolmentChanged) -> None:
    """Keep whose an enrolment is; an older change than the stored one is ignored."""
    row = EnrolmentRow(
        id=enrolment.enrolment_id,
        managing_zone_id=enrolment.managing_zone_id,
        status=enrolment.status,
        changed_at=enrolment.changed_at,
    )
    store_newer(tx.session, row, ["id"], "changed_at")


def take_conflict(tx: Transaction, context: Context, statement: ConflictStatement, span: Span | None) -> None:
    """Take that somebody has a conflict of interest, or none after all: what is open is shown anew."""
    row = ConflictRow(
        enrolment_id=statement.enrolment_id,
        subject=account(statement.person),
        source=statement.source,
        spelt=statement.person,
        declared_at=statement.declared_at,
        withdrawn_at=statement.withdrawn_at,
    )
    # Locked first: what another source says meanwhile is seen by whoever comes second.
    incidents = lock_open_incidents(tx.session, statement.enrolment_id)
    before = has_standing_conflict(tx.session, statement.enrolment_id, row.subject)
    store_conflict(tx.session, row)
    if has_standing_conflict(tx.session, statement.enrolment_id, row.subject) == before:
        return
    for incident in incidents:
        touch_incident(tx.session, incident, clock.now())
        notify_watchers(tx, context, incident, span)
        notify_queues(tx, context, incident, span)


def take_card(tx: Transaction, context: Context, published: CardPublished) -> None:
    """Keep the card encrypted, and which perpetrators it names by pseudonym."""
    opened = {
        "card": published.card.model_dump(mode="json"),
        "cancel_code": published.cancel_code,
        "duress_code": published.duress_code,
    }
    row = CardRow(
        enrolment_id=published.enrolment_id,
        version=published.version,
        encrypted=context.vault.encrypt(card_associated_data(published.enrolment_id), opened),
    )
    if store_newer(tx.session, row, ["enrolment_id"], "version"):
        link_perpetrators(
            tx.session, published.enrolment_id, [perpetrator.ref for perpetrator in published.card.perpetrators]
        )
        forget_other_photos(tx.session, row, [photo.photo_id for photo in published.card.photos])


def take_photo(tx: Transaction, context: Context, published: PhotoPublished) -> None:
    """Keep a photo encrypted; a copy changes nothing, and one that a card has dropped meanwhile is not kept."""
    card = lock_card(tx.session, published.enrolment_id)
    if card is not None and card.version >= published.card_version > 0:
        opened = (
            context.vault.decrypt(card_associated_data(card.enrolment_id), card.encrypted)
            if card.encrypted
            else {}
        )
        named = {photo["photo_id"] for photo in opened.get("card", {}).get("photos", ())}
        if str(published.photo_id) not in named:
            return
    encrypted = context.vault.encrypt(photo_associated_data(published.photo_id), published.jpeg)
    row = PhotoRow(
        id=published.photo_id,
        enrolment_id=published.enrolment_id,
        card_version=published.card_version,
        encrypted=encrypted,
    )
    store_photo(tx.session, row)


def drop_card(tx: Transaction, withdrawn: CardWithdrawn) -> None:
    """Forget a card; its version stays, so that a late copy of an older one cannot bring it back.

    Who goes to an open alarm keeps it, with its codes, until that is closed (`close_incident`).
    """
    row = CardRow(enrolment_id=withdrawn.enrolment_id, version=withdrawn.version, encrypted=None)
    if lock_open_incidents(tx.session, withdrawn.enrolment_id):
        card = lock_card(tx.session, withdrawn.enrolment_id)
        row.encrypted, row.withdrawn = card.encrypted if card else None, True
    if store_newer(tx.session, row, ["enrolment_id"], "version") and not row.withdrawn:
        link_perpetrators(tx.session, withdrawn.enrolment_id, [])
        forget_other_photos(tx.session, row, [])
