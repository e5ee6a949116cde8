"""Intervention cards as the caller may see them."""

from uuid import UUID

from chassis.database.unit_of_work import UnitOfWork
from services.registry.presenters.disclosure import disclose, log_write
from services.registry.schemas.card import CardOut
from services.registry.usecases import cards


def disclose_card(uow: UnitOfWork, enrolment_id: UUID, *changed: str) -> CardOut:
    """Disclose a card without the codes; `changed`: what of it the caller changed, logged too.

    Raises `CardUnknown`.
    """
    if changed:
        log_write(uow, enrolment_id, *changed)
    row, card = cards.read_card(uow, enrolment_id)
    whole = CardOut(version=row.card_version, edition=cards.edition(uow, row), card=card)
    return disclose(uow, enrolment_id, whole)
