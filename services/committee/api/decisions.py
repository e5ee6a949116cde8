"""Decisions: by the magistrate, by the committee, outside a protocol with the procureur-generaal."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.committee.api.dependencies import (
    MagistrateUnitOfWork,
    ProcureurGeneralUnitOfWork,
    ProposerUnitOfWork,
    SecretariatUnitOfWork,
    SettingsOf,
    refuse_unconnected,
)
from services.committee.domain.decision import Grounds
from services.committee.domain.review import Finding
from services.committee.presenters.applications import disclose_application
from services.committee.presenters.meetings import confirm_held
from services.committee.schemas.case import ApplicationOut
from services.committee.schemas.common import In, ReasonsIn, RemarksIn
from services.committee.schemas.decision import (
    DraftDecisionIn,
    GrantIn,
    ProvisionalGrantIn,
    ReconsiderationIn,
    RefusalIn,
)
from services.committee.schemas.meeting import ReviewIn, ReviewOut
from services.committee.usecases import decisions, registry_mismatch, reviews

_WAITS: dict[int | str, dict[str, object]] = {
    202: {"description": "It is recorded, and waits until members confirm that they are there"}
}

router = APIRouter(prefix="/v1")


@router.post("/applications/{application_id}/grant-provisionally", tags=["urgent"])
def grant_provisionally(
    application_id: UUID, body: ProvisionalGrantIn, uow: MagistrateUnitOfWork
) -> ApplicationOut:
    """Grant an urgent case, as the magistrate on duty, until the committee decides."""
    filed = decisions.grant_provisionally(uow, application_id, _grounds(body))
    return disclose_application(uow, filed, "decision")


@router.post("/applications/{application_id}/decline-urgency", tags=["urgent"])
def decline_urgency(application_id: UUID, body: ReasonsIn, uow: MagistrateUnitOfWork) -> ApplicationOut:
    """Find the case not urgent, as the magistrate: the committee decides in the ordinary procedure."""
    filed = decisions.decline_urgency(uow, application_id, body.reasons)
    return disclose_application(uow, filed, "procedure")


@router.post("/applications/{application_id}/grant", tags=["decisions"], responses=_WAITS)
def grant(
    application_id: UUID, body: GrantIn, response: Response, uow: SecretariatUnitOfWork
) -> ApplicationOut:
    """Grant or ratify, as the committee in a meeting with quorum; review and end are counted from today."""
    filed = decisions.decide_application(uow, application_id, "grant", _grounds(body), body.meeting_id)
    response.status_code = 202 if filed.decision_waits else 200
    return disclose_application(uow, filed, "decision")


@router.post("/applications/{application_id}/refuse", tags=["decisions"], responses=_WAITS)
def refuse(
    application_id: UUID, body: RefusalIn, response: Response, uow: SecretariatUnitOfWork
) -> ApplicationOut:
    """Refuse, as the committee; an alarm that is on stays on until people have taken the device in."""
    filed = decisions.decide_application(uow, application_id, "refuse", _grounds(body), body.meeting_id)
    response.status_code = 202 if filed.decision_waits else 200
    return disclose_application(uow, filed, "decision")


@router.post("/applications/{application_id}/close", tags=["decisions"])
def close(application_id: UUID, body: ReasonsIn, uow: SecretariatUnitOfWork) -> ApplicationOut:
    """Close what is to end and has no file at the registry: a wrong number, say. Nothing is to hand in."""
    filed = registry_mismatch.close_unknown(uow, application_id, body.reasons)
    return disclose_application(uow, filed, "state")


@router.post("/applications/{application_id}/ask-for-reconsideration", tags=["decisions"])
def ask_for_reconsideration(
    application_id: UUID, body: ReconsiderationIn, uow: ProposerUnitOfWork
) -> ApplicationOut:
    """Have a refusal looked at again, by members who did not take it."""
    filed = decisions.ask_for_reconsideration(uow, application_id, body.grounds)
    return disclose_application(uow, filed, "state")


@router.post("/reviews/{review_id}/hold", tags=["reviews"], responses=_WAITS)
def hold(
    review_id: UUID, body: ReviewIn, response: Response, uow: SecretariatUnitOfWork, settings: SettingsOf
) -> ReviewOut:
    """Hold a review: the alarm is kept, extended, lightened, or brought to its end by people."""
    if body.outcome == "chain_approach":
        refuse_unconnected(settings)
    row = reviews.hold_review(uow, review_id, Finding.read(body.model_dump(mode="json")), body.meeting_id)
    response.status_code = 200 if row.state == "held" else 202
    return confirm_held(uow, row)


@router.post("/applications/{application_id}/propose-decision", tags=["outside a protocol"], responses=_WAITS)
def propose(
    application_id: UUID, body: DraftDecisionIn, response: Response, uow: SecretariatUnitOfWork
) -> ApplicationOut:
    """Draft a decision in an exceptional case outside any protocol."""
    filed = decisions.propose_decision(uow, application_id, body.outcome, _grounds(body), body.meeting_id)
    response.status_code = 202 if filed.decision_waits else 200
    return disclose_application(uow, filed, "decision")


@router.post("/applications/{application_id}/approve-draft", tags=["outside a protocol"])
def approve(application_id: UUID, uow: ProcureurGeneralUnitOfWork) -> ApplicationOut:
    """Approve the draft, as the procureur-generaal: it becomes the decision."""
    return disclose_application(uow, decisions.approve_draft(uow, application_id), "decision")


@router.post("/applications/{application_id}/send-draft-back", tags=["outside a protocol"])
def send_back(application_id: UUID, body: RemarksIn, uow: ProcureurGeneralUnitOfWork) -> ApplicationOut:
    """Send the draft back, as the procureur-generaal: the committee decides anew."""
    filed = decisions.send_draft_back(uow, application_id, body.remarks)
    return disclose_application(uow, filed, "decision")


def _grounds(body: In) -> Grounds:
    return Grounds.read(body.model_dump(mode="json"))
