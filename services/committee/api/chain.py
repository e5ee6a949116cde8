"""The chain approach (ketenaanpak): referrals of ours, cases of theirs, and its signed webhook."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from chassis.bootstrap.api import ApiProcess
from chassis.errors import Invalid
from chassis.http.application import takes
from chassis.http.limits import bodies
from services.committee.api.dependencies import (
    Limit,
    MemberReading,
    Process,
    SecretariatUnitOfWork,
    SettingsOf,
    refuse_unconnected,
)
from services.committee.bootstrap import unit_of_work
from services.committee.domain.chain import IncomingCase, Referral
from services.committee.errors import ChainApproachAbsent, SignatureRefused
from services.committee.presenters.applications import disclose_application
from services.committee.presenters.handovers import (
    disclose_handover,
    disclose_handovers,
    disclose_referral,
)
from services.committee.schemas.case import ApplicationOut
from services.committee.schemas.chain import Answered, ChainMessage, HandoverOut, ReferralIn, Referred
from services.committee.schemas.common import ReasonsIn
from services.committee.settings import CommitteeSettings
from services.committee.usecases import applications, chain

# A case is text: nothing of that kind is larger.
_MOST_BYTES = 256 * 1024
_MESSAGE: TypeAdapter[ChainMessage] = TypeAdapter(ChainMessage)

router = APIRouter(prefix="/v1")


@router.post("/applications/{application_id}/refer", status_code=201, tags=["chain approach"])
def refer(
    application_id: UUID, body: ReferralIn, uow: SecretariatUnitOfWork, settings: SettingsOf
) -> HandoverOut:
    """Send a case to the chain approach; its alarm stays as it is until they accept."""
    refuse_unconnected(settings)
    row = chain.refer_case(uow, application_id, Referral(**body.model_dump()))
    return disclose_referral(uow, application_id, row, chain.read_content(uow, row))


@router.get("/applications/{application_id}/handovers", tags=["chain approach"])
def handovers(application_id: UUID, reading: MemberReading) -> list[HandoverOut]:
    """List the moves of one case, with exactly what was sent."""
    return disclose_handovers(reading, chain.list_handovers(reading, application_id))


@router.get("/handovers", tags=["chain approach"])
def incoming(reading: MemberReading, limit: Limit = 100) -> list[HandoverOut]:
    """List cases of the chain approach that wait for our answer, the oldest first."""
    return disclose_handovers(reading, chain.list_incoming(reading, limit))


@router.post("/handovers/{handover_id}/accept", tags=["chain approach"])
def accept(handover_id: UUID, uow: SecretariatUnitOfWork) -> ApplicationOut:
    """Take a case: it becomes a draft with what they sent."""
    _, row = chain.accept_case(uow, handover_id)
    return disclose_application(uow, applications.describe_application(uow, row), "handover")


@router.post("/handovers/{handover_id}/decline", tags=["chain approach"])
def decline(handover_id: UUID, body: ReasonsIn, uow: SecretariatUnitOfWork) -> HandoverOut:
    """Do not take it, and say why."""
    row = chain.decline_case(uow, handover_id, body.reasons)
    return disclose_handover(uow, row, chain.read_content(uow, row))


@router.post(
    "/chain-approach/webhook",
    status_code=204,
    tags=["chain approach"],
    openapi_extra=takes("application/json"),
)
@bodies(_MOST_BYTES)
async def webhook(request: Request, process: Process) -> None:
    """Take what the chain approach tells, signed (Standard Webhooks); a copy changes nothing."""
    message = _believed(process.settings, await request.body(), request.headers)
    await run_in_threadpool(_take, process, message)


def _take(process: ApiProcess[CommitteeSettings], message: ChainMessage) -> None:
    with unit_of_work(process.database, process.vault, chain.THEM) as uow:
        if isinstance(message, Answered):
            chain.receive_answer(uow, message.data.id, message.data.accepted, message.data.remarks)
        else:
            chain.receive_referral(uow, message.data.id, _case(message))


def _believed(settings: CommitteeSettings, body: bytes, headers: Mapping[str, str]) -> ChainMessage:
    secret = settings.chain_approach_secret
    if secret is None:
        raise ChainApproachAbsent("no chain approach is connected to this committee")
    try:
        Webhook(secret.get_secret_value()).verify(body, dict(headers))
    except (WebhookVerificationError, ValueError):
        raise SignatureRefused(
            "not signed by the chain approach, or not lately", field="webhook-signature"
        ) from None
    try:
        return _MESSAGE.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Invalid(f"{where}: {first['msg']}", field=where) from None


def _case(message: Referred) -> IncomingCase:
    """Read what they sent, without the fields that they left out."""
    fields = message.data.fields.model_dump(mode="json", exclude_none=True)
    return IncomingCase(
        message.data.enrolment_id, message.data.basis, message.data.grounds, message.data.side_by_side, fields
    )
