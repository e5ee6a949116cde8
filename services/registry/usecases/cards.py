"""The intervention card, and what a patrol would miss of it."""

import hashlib
import json
from datetime import date
from typing import Any
from uuid import UUID

from chassis.database.damaged_rows import Known
from contracts.registry import Card, PhotoRef
from services.registry.domain import card as domain
from services.registry.domain.life import EnrolmentStatus
from services.registry.errors import CardChanged, CardUnknown, CodeMissing, EnrolmentMoveRefused
from services.registry.events import outgoing
from services.registry.models import EnrolmentRow
from services.registry.store import encrypted_columns
from services.registry.store import photos as photo_store
from services.registry.usecases import reminders, search
from services.registry.usecases.access_scope import Work, changeable, readable, today


def put(work: Work, pseudonym_key: bytes, enrolment_id: UUID, content: dict[str, Any]) -> EnrolmentRow:
    """Record the card and the codes (`card`, `cancel_code`, `duress_code`) as the next version.

    Raises `CardChanged` where it was made from an older `edition`, so that nobody's words are lost unseen.
    """
    row = changeable(work, enrolment_id)
    if row.status == EnrolmentStatus.ENDED:
        raise EnrolmentMoveRefused("a file that has ended gets no card", status_now=row.status)
    made_from = content.pop("edition")
    if made_from is not None and made_from != edition(work, row):
        raise CardChanged("somebody changed the card meanwhile", field="edition")
    for person in content["card"]["perpetrators"]:
        born_on = date.fromisoformat(person["born_on"]) if person["born_on"] else None
        ref = person["ref"] or domain.perpetrator_ref(pseudonym_key, row.id, person["name"], born_on)
        person["ref"] = str(ref)
    # One that cannot be read any more is written anew, with its codes.
    before = work.opened(encrypted_columns.card(row.id), row.card)
    for name in ("cancel_code", "duress_code"):
        content[name] = content[name] or before.get(name)
        if content[name] is None:
            raise CodeMissing("the first card needs it", field=name)
    row.card = work.seal(encrypted_columns.card(row.id), content)
    publish(work, row)
    reminders.of_card(work, row.id, Card.model_validate(content["card"]))
    search.index(work.tx, work.vault, pseudonym_key, row)
    return row


def publish(work: Work, row: EnrolmentRow) -> None:
    """The card of a locked file goes out as its next version, with the photos that it has now."""
    content = work.open(encrypted_columns.card(row.id), row.card)
    photos = [
        PhotoRef(photo_id=each.id, of=each.shows, taken_on=each.taken_on).model_dump(mode="json")
        for each in photo_store.of_file(work.session, row.id)
    ]
    row.card_version += 1
    content = {**content, "card": {**content["card"], "photos": photos}}
    work.tx.publish(outgoing.card_published(row, content, work.at))


def edition(work: Work, row: EnrolmentRow) -> str:
    """Which words a card has; empty where there is none, or none that can be read: it is written anew."""
    said = work.opened(encrypted_columns.card(row.id), row.card)
    if "card" not in said:
        return ""
    words = json.dumps(said["card"], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()


def read(work: Work, enrolment_id: UUID) -> tuple[EnrolmentRow, Card]:
    """The file, and its card without the codes; raises `CardUnknown`."""
    row = readable(work, enrolment_id)
    card = _card(work, row)
    if card is None:
        raise CardUnknown("the file has no card yet" if row.card is None else "its card cannot be read")
    return row, card


def completeness(work: Work, enrolment_id: UUID) -> domain.Completeness:
    """What a patrol would miss tonight; everything where there is no card."""
    return domain.completeness(_card(work, readable(work, enrolment_id)), today(work))


def _card(work: Work, row: EnrolmentRow) -> Card | None:
    """A card that there is and that can be read: its file is shown without it too, and gets a new one."""
    if row.card is None:
        return None
    known = Known("file", row.id)
    return known.read(
        "card", lambda: Card.model_validate(work.open(encrypted_columns.card(row.id), row.card)["card"]), None
    )
