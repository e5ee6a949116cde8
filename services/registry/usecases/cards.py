"""The intervention card, and what a patrol would miss of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from chassis.database.damaged_rows import Known
from chassis.database.unit_of_work import UnitOfWork
from contracts.common import local_day
from contracts.registry import Card, PhotoRef
from services.registry.domain import card as domain
from services.registry.domain.card_draft import CardDraft
from services.registry.domain.lifecycle import EnrolmentStatus
from services.registry.errors import CardChanged, CardUnknown, CodeMissing, EnrolmentMoveRefused
from services.registry.events import outgoing
from services.registry.models import EnrolmentRow
from services.registry.store import encrypted_columns
from services.registry.store import photos as photo_store
from services.registry.usecases import reminders, search
from services.registry.usecases.access_scope import find_readable_file, lock_changeable_file


def put_card(uow: UnitOfWork, pseudonym_key: bytes, enrolment_id: UUID, draft: CardDraft) -> EnrolmentRow:
    """Record the card and the codes as the next version.

    Raises `CardChanged` where it was made from an older edition, so that nobody's words are lost unseen.
    """
    row = lock_changeable_file(uow, enrolment_id)
    if row.status == EnrolmentStatus.ENDED:
        raise EnrolmentMoveRefused("a file that has ended gets no card", status_now=row.status)
    if draft.edition is not None and draft.edition != _edition(uow, row):
        raise CardChanged("somebody changed the card meanwhile", field="edition")
    card = _with_pseudonyms(pseudonym_key, row.id, draft.card)
    content = {"card": card, **_codes(uow, row, draft)}
    row.card = uow.encrypt(encrypted_columns.card(row.id), content)
    publish_card(uow, row)
    reminders.schedule_for_card(uow, row.id, Card.model_validate(card))
    search.index_card(uow.tx, uow.vault, pseudonym_key, row)
    return row


def _with_pseudonyms(key: bytes, enrolment_id: UUID, card: Mapping[str, Any]) -> dict[str, Any]:
    """Give each perpetrator of a card (as JSON) the pseudonym that links them to other files."""

    def ref(person: Mapping[str, Any]) -> str:
        born_on = date.fromisoformat(person["born_on"]) if person["born_on"] else None
        return str(person["ref"] or domain.perpetrator_ref(key, enrolment_id, person["name"], born_on))

    return {**card, "perpetrators": [{**person, "ref": ref(person)} for person in card["perpetrators"]]}


def _codes(uow: UnitOfWork, row: EnrolmentRow, draft: CardDraft) -> dict[str, str]:
    """Choose the codes from now on; raises `CodeMissing` where there was none before."""
    # One that cannot be read any more is written anew, with its codes.
    before = uow.decrypt_mapping(encrypted_columns.card(row.id), row.card)
    found = dict[str, str]()
    for name, written in (("cancel_code", draft.cancel_code), ("duress_code", draft.duress_code)):
        code = written or before.get(name)
        if code is None:
            raise CodeMissing("the first card needs it", field=name)
        found[name] = str(code)
    return found


def publish_card(uow: UnitOfWork, row: EnrolmentRow) -> None:
    """Publish the card of a locked file as its next version, with the photos that it has now."""
    content = uow.decrypt(encrypted_columns.card(row.id), row.card)
    photos = [
        PhotoRef(photo_id=each.id, of=each.shows, taken_on=each.taken_on).model_dump(mode="json")
        for each in photo_store.of_file(uow.session, row.id)
    ]
    row.card_version += 1
    content = {**content, "card": {**content["card"], "photos": photos}}
    uow.tx.publish(outgoing.card_published(row, content, uow.at))


def _edition(uow: UnitOfWork, row: EnrolmentRow) -> str:
    """Digest the words of a card; empty where there is none, or none that can be read: it is written anew."""
    content = uow.decrypt_mapping(encrypted_columns.card(row.id), row.card)
    if "card" not in content:
        return ""
    words = json.dumps(content["card"], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FileCard:
    """The card of a file, without the codes. `edition`: a digest of its words."""

    row: EnrolmentRow
    card: Card
    edition: str


def read_card(uow: UnitOfWork, enrolment_id: UUID) -> FileCard:
    """Read the card of a file; raises `CardUnknown`."""
    row = find_readable_file(uow, enrolment_id)
    card = _card(uow, row)
    if card is None:
        raise CardUnknown("the file has no card yet" if row.card is None else "its card cannot be read")
    return FileCard(row, card, _edition(uow, row))


def measure_completeness(uow: UnitOfWork, enrolment_id: UUID) -> domain.Completeness:
    """Measure what a patrol would miss tonight; everything where there is no card."""
    return domain.completeness(_card(uow, find_readable_file(uow, enrolment_id)), local_day(uow.at))


def _card(uow: UnitOfWork, row: EnrolmentRow) -> Card | None:
    """Read a card where it can be read: its file is shown without it too, and gets a new one."""
    if row.card is None:
        return None
    known = Known("file", row.id)
    return known.read(
        "card",
        lambda: Card.model_validate(uow.decrypt(encrypted_columns.card(row.id), row.card)["card"]),
        None,
    )
