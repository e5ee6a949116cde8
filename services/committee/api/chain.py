"""The chain approach (ketenaanpak): referrals of ours, cases of theirs, and its signed webhook."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from chassis.errors import Invalid
from chassis.http.application import takes
from chassis.http.limits import bodies
from services.committee.api.dependencies import Member, Parts, Secretariat
from services.committee.errors import ChainApproachAbsent, SignatureRefused
from services.committee.presenters import shown
from services.committee.schemas.case import ApplicationOut
from services.committee.schemas.chain import Answered, HandoverOut, ReferralIn, Referred, Told
from services.committee.schemas.common import ReasonsIn
from services.committee.store import encrypted_columns
from services.committee.usecases import applications
from services.committee.usecases import chain as usecases

# A case is text: nothing of that kind is larger.
_MOST_BYTES = 256 * 1024
_TOLD: TypeAdapter[Told] = TypeAdapter(Told)


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about the chain approach."""
    _ours(app, parts)
    _theirs(app, parts)


def _ours(app: FastAPI, parts: Parts) -> None:
    @app.post("/v1/applications/{application_id}/refer", status_code=201, tags=["chain approach"])
    def refer(application_id: UUID, body: ReferralIn, caller: Secretariat) -> HandoverOut:
        """Send a case to the chain approach; its alarm stays as it is until they accept."""
        if parts.settings.chain_approach_url is None:
            raise ChainApproachAbsent("no chain approach is connected to this committee")
        with parts.work(caller) as work:
            row = usecases.refer(work, application_id, body.model_dump())
            shown.wrote(work, application_id, ("handover",))
            return shown.handover(work, row, work.open(encrypted_columns.handover(row.id), row.sealed))

    @app.get("/v1/applications/{application_id}/handovers", tags=["chain approach"])
    def handovers(application_id: UUID, caller: Member) -> list[HandoverOut]:
        """The moves of one case, with exactly what was sent."""
        with parts.reading(caller) as reading:
            return [shown.handover(reading, *each) for each in usecases.of_application(reading, application_id)]


def _theirs(app: FastAPI, parts: Parts) -> None:
    @app.get("/v1/handovers", tags=["chain approach"])
    def incoming(caller: Member, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[HandoverOut]:
        """Cases of the chain approach that wait for our answer, the oldest first."""
        with parts.reading(caller) as reading:
            return [shown.handover(reading, *each) for each in usecases.incoming(reading, limit)]

    @app.post("/v1/handovers/{handover_id}/accept", tags=["chain approach"])
    def accept(handover_id: UUID, caller: Secretariat) -> ApplicationOut:
        """Take a case: it becomes a draft with what they sent."""
        with parts.work(caller) as work:
            _, row = usecases.accept(work, handover_id)
            return shown.filed(work, applications.filed(work, row), "handover")

    @app.post("/v1/handovers/{handover_id}/decline", tags=["chain approach"])
    def decline(handover_id: UUID, body: ReasonsIn, caller: Secretariat) -> HandoverOut:
        """Do not take it, and say why."""
        with parts.work(caller) as work:
            row = usecases.decline(work, handover_id, body.reasons)
            return shown.handover(work, row, work.open(encrypted_columns.handover(row.id), row.sealed))

    @app.post(
        "/v1/chain-approach/webhook",
        status_code=204,
        tags=["chain approach"],
        openapi_extra=takes("application/json"),
    )
    @bodies(_MOST_BYTES)
    async def webhook(request: Request) -> None:
        """What the chain approach tells, signed (Standard Webhooks); a copy changes nothing."""
        told = _believed(parts, await request.body(), request.headers)
        await run_in_threadpool(_take, parts, told)


def _take(parts: Parts, told: Told) -> None:
    with parts.work(usecases.THEM) as work:
        if isinstance(told, Answered):
            usecases.they_answered(work, told.data.id, told.data.accepted, told.data.remarks)
        else:
            usecases.came_in(work, told.data.id, _said(told))


def _believed(parts: Parts, body: bytes, headers: Mapping[str, str]) -> Told:
    secret = parts.settings.chain_approach_secret
    if secret is None:
        raise ChainApproachAbsent("no chain approach is connected to this committee")
    try:
        Webhook(secret.get_secret_value()).verify(body, dict(headers))
    except (WebhookVerificationError, ValueError):
        raise SignatureRefused(
            "not signed by the chain approach, or not lately", field="webhook-signature"
        ) from None
    try:
        return _TOLD.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Invalid(f"{where}: {first['msg']}", field=where) from None


def _said(told: Referred) -> dict[str, Any]:
    """What they sent, without the fields that they left out."""
    return {
        **told.data.model_dump(exclude={"fields"}),
        "fields": told.data.fields.model_dump(mode="json", exclude_none=True),
    }
