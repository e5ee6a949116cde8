"""Decisions: by the magistrate, by the committee, outside a protocol with the procureur-generaal."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI, Response

from services.committee.api.dependencies import Magistrate, Parts, ProcureurGeneral, Proposer, Secretariat
from services.committee.errors import ChainApproachAbsent
from services.committee.presenters import shown
from services.committee.schemas.case import (
    ApplicationOut,
    DraftDecisionIn,
    GrantIn,
    ProvisionalGrantIn,
    RefusalIn,
    ReviewRequestIn,
)
from services.committee.schemas.common import In, ReasonsIn, RemarksIn
from services.committee.schemas.meeting import ReviewIn, ReviewOut
from services.committee.usecases import decisions, registry_mismatch, reviews

_WAITS: dict[int | str, dict[str, Any]] = {
    202: {"description": "It is recorded, and waits until members confirm that they are there"}
}


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints that decide."""
    _urgent(app, parts)
    _committee(app, parts)
    _outside(app, parts)


def _urgent(app: FastAPI, parts: Parts) -> None:
    @app.post("/v1/applications/{application_id}/grant-provisionally", tags=["urgent"])
    def grant_provisionally(
        application_id: UUID, body: ProvisionalGrantIn, caller: Magistrate
    ) -> ApplicationOut:
        """The magistrate on duty grants an urgent case until the committee decides."""
        with parts.work(caller) as work:
            filed = decisions.grant_provisionally(work, application_id, _said(body))
            return shown.filed(work, filed, "decision")

    @app.post("/v1/applications/{application_id}/decline-urgency", tags=["urgent"])
    def decline_urgency(application_id: UUID, body: ReasonsIn, caller: Magistrate) -> ApplicationOut:
        """The magistrate finds it not urgent: the committee decides in the ordinary procedure."""
        with parts.work(caller) as work:
            filed = decisions.decline_urgency(work, application_id, body.reasons)
            return shown.filed(work, filed, "procedure")


def _committee(app: FastAPI, parts: Parts) -> None:
    @app.post("/v1/applications/{application_id}/grant", tags=["decisions"], responses=_WAITS)
    def grant(application_id: UUID, body: GrantIn, response: Response, caller: Secretariat) -> ApplicationOut:
        """The committee grants, or ratifies, in a meeting with quorum; review and end follow from today."""
        with parts.work(caller) as work:
            filed = decisions.decide(work, application_id, "grant", _said(body), body.meeting_id)
            response.status_code = 202 if filed.decision_waits else 200
            return shown.filed(work, filed, "decision")

    @app.post("/v1/applications/{application_id}/refuse", tags=["decisions"], responses=_WAITS)
    def refuse(
        application_id: UUID, body: RefusalIn, response: Response, caller: Secretariat
    ) -> ApplicationOut:
        """The committee refuses; an alarm that lives does so until people have taken the device in."""
        with parts.work(caller) as work:
            filed = decisions.decide(work, application_id, "refuse", _said(body), body.meeting_id)
            response.status_code = 202 if filed.decision_waits else 200
            return shown.filed(work, filed, "decision")

    @app.post("/v1/applications/{application_id}/close", tags=["decisions"])
    def close(application_id: UUID, body: ReasonsIn, caller: Secretariat) -> ApplicationOut:
        """Close what is to end and has no file at the registry: a wrong number, say. Nothing is to hand in."""
        with parts.work(caller) as work:
            return shown.filed(
                work, registry_mismatch.close_unknown(work, application_id, body.reasons), "state"
            )

    @app.post("/v1/applications/{application_id}/request-review", tags=["decisions"])
    def request_review(application_id: UUID, body: ReviewRequestIn, caller: Proposer) -> ApplicationOut:
        """Have a refusal looked at again, by members who did not take it."""
        with parts.work(caller) as work:
            filed = decisions.request_review(work, application_id, body.grounds)
            return shown.filed(work, filed, "state")

    @app.post("/v1/reviews/{review_id}/hold", tags=["reviews"], responses=_WAITS)
    def hold(review_id: UUID, body: ReviewIn, response: Response, caller: Secretariat) -> ReviewOut:
        """What becomes of the alarm: kept, extended, lightened, or brought to its end by people."""
        if body.outcome == "chain_approach" and parts.settings.chain_approach_url is None:
            raise ChainApproachAbsent("no chain approach is connected to this committee")
        said = body.model_dump(exclude={"meeting_id"})
        with parts.work(caller) as work:
            row = reviews.hold(work, review_id, said, body.meeting_id)
            response.status_code = 200 if row.state == "held" else 202
            if row.application_id is not None:
                shown.wrote(work, row.application_id, ("review",))
            return ReviewOut.model_validate(row, from_attributes=True)


def _outside(app: FastAPI, parts: Parts) -> None:
    @app.post(
        "/v1/applications/{application_id}/propose-decision", tags=["outside a protocol"], responses=_WAITS
    )
    def propose(
        application_id: UUID, body: DraftDecisionIn, response: Response, caller: Secretariat
    ) -> ApplicationOut:
        """The draft of a decision in an exceptional case outside any protocol."""
        said = body.model_dump(mode="json", exclude={"meeting_id", "outcome"})
        with parts.work(caller) as work:
            filed = decisions.propose_decision(work, application_id, body.outcome, said, body.meeting_id)
            response.status_code = 202 if filed.decision_waits else 200
            return shown.filed(work, filed, "decision")

    @app.post("/v1/applications/{application_id}/approve-draft", tags=["outside a protocol"])
    def approve(application_id: UUID, caller: ProcureurGeneral) -> ApplicationOut:
        """The procureur-generaal approves: the draft is the decision."""
        with parts.work(caller) as work:
            return shown.filed(work, decisions.approve_draft(work, application_id), "decision")

    @app.post("/v1/applications/{application_id}/send-draft-back", tags=["outside a protocol"])
    def send_back(application_id: UUID, body: RemarksIn, caller: ProcureurGeneral) -> ApplicationOut:
        """The procureur-generaal does not: the committee decides anew."""
        with parts.work(caller) as work:
            filed = decisions.send_draft_back(work, application_id, body.remarks)
            return shown.filed(work, filed, "decision")


def _said(body: In) -> dict[str, object]:
    return body.model_dump(mode="json", exclude={"meeting_id"})
