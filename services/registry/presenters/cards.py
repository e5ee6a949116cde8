"""Intervention cards as the caller may see them."""

from uuid import UUID

from chassis.database.unit_of_work import Work
from services.registry.presenters.disclosure import disclose, log_write
from services.registry.schemas.card import CardOut
from services.registry.usecases import cards


def disclose_card(work: Work, enrolment_id: UUID, *changed: str) -> CardOut:
    """Disclose a card without the codes; `changed`: what of it the caller changed, logged too.

    Raises `CardUnknown`.
    """
    if changed:
        log_write(work, enrolment_id, *changed)
    row, card = cards.read_card(work, enrolment_id)
    whole = CardOut(version=row.card_version, edition=cards.edition(work, row), card=card)
    return disclose(work, enrolment_id, whole)
