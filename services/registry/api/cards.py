"""The intervention card, and how complete it is."""

from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter

from services.registry.api.dependencies import FileManagerUnitOfWork, PseudonymKey, ReaderUnitOfWork
from services.registry.domain.card_draft import CardDraft
from services.registry.presenters.cards import disclose_card
from services.registry.schemas.card import CardIn, CardOut, CompletenessOut
from services.registry.usecases import cards

router = APIRouter(prefix="/v1/enrolments/{enrolment_id}", tags=["card"])


@router.put("/card")
def put_card(enrolment_id: UUID, body: CardIn, uow: FileManagerUnitOfWork, key: PseudonymKey) -> CardOut:
    """Record the next version of the card; dispatch gets it at once."""
    cards.put_card(uow, key, enrolment_id, CardDraft(**body.model_dump(mode="json")))
    return disclose_card(uow, cards.read_card(uow, enrolment_id), "card", "cancel_code", "duress_code")


@router.get("/card")
def get_card(enrolment_id: UUID, uow: ReaderUnitOfWork) -> CardOut:
    """Read the card as it stands, without the codes."""
    return disclose_card(uow, cards.read_card(uow, enrolment_id))


@router.get("/completeness")
def completeness(enrolment_id: UUID, uow: FileManagerUnitOfWork) -> CompletenessOut:
    """List what a patrol would miss tonight: fields that are missing, and what nobody verified lately."""
    return CompletenessOut(**asdict(cards.measure_completeness(uow, enrolment_id)))
