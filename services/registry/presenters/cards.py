"""Intervention cards as the caller may see them."""

from chassis.database.unit_of_work import UnitOfWork
from services.registry.presenters.disclosure import disclose, log_write
from services.registry.schemas.card import CardOut
from services.registry.usecases.cards import FileCard


def disclose_card(uow: UnitOfWork, found: FileCard, *changed: str) -> CardOut:
    """Disclose a card without the codes; `changed`: what of it the caller changed, logged too."""
    if changed:
        log_write(uow, found.row.id, *changed)
    whole = CardOut(version=found.row.card_version, edition=found.edition, card=found.card)
    return disclose(uow, found.row.id, whole)
