"""The receipt ladder: a device follows its own alarm, by asking, by long poll or by a stream."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from chassis.errors import NotFound
from services.alarm.api.dependencies import DeviceIntake, device_intake_of
from services.alarm.api.signed_messages import refuse_stale, signed
from services.alarm.domain.receipt_ladder import Stage
from services.alarm.errors import SignatureRefused
from services.alarm.presenters.receipts import present_ladder
from services.alarm.schemas.device_messages import FollowClaim
from services.alarm.schemas.ladder import Ladder
from services.alarm.usecases.access_scope import is_of_other_device
from services.alarm.usecases.ladders import ladder_of

router = APIRouter(tags=["receipt ladder"])

# Seconds for an alarm that only the broker holds so far; after them there is no such alarm.
_UNKNOWN_S = 5.0
# A stream says that it lives, and ends after an hour: the device comes back with a fresh signature.
_SIGN_OF_LIFE_S, _LASTS_S = 15.0, 3600.0


async def _follower(asked_id: UUID, request: Request) -> tuple[DeviceIntake, UUID, UUID]:
    """Give the device that asks, unless another one raised this alarm; and the alarm that holds its press."""
    intake = device_intake_of(request)
    scheme, _, jws = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "device":
        raise SignatureRefused("send `Authorization: Device <JWS>`", field="authorization")
    claim, *_ = await signed(intake, jws.encode(), FollowClaim, asked_id)
    refuse_stale(intake, claim)
    alarm_id = intake.carrier_of(asked_id, claim.device_id)
    if await intake.read(is_of_other_device, alarm_id, claim.device_id):
        raise NotFound("no such alarm")
    return intake, claim.device_id, alarm_id


@router.get("/v1/alarms/{alarm_id}")
async def follow(
    alarm_id: UUID,
    request: Request,
    wait: Annotated[float, Query(ge=0, le=60, description="seconds to wait for news")] = 0,
    after: Annotated[str | None, Query(description="answer once a later stage is reached")] = None,
) -> Ladder:
    """Show how far an alarm has come; `Authorization: Device <JWS, typ stalkingalarm-follow+jws>`.

    Of a press that joined a newer one of its device this is the alarm of that one, under its id.
    """
    intake, device_id, alarm_id = await _follower(alarm_id, request)
    ladder = present_ladder(alarm_id, await intake.read(ladder_of, alarm_id, device_id))
    if ladder.stage != after or not wait:
        return ladder
    loop = asyncio.get_running_loop()
    until = loop.time() + (wait if ladder.stages else min(wait, _UNKNOWN_S))
    with intake.ladders.following(alarm_id, device_id) as follower:
        while ladder.stage == after and not follower.over and (left_s := until - loop.time()) > 0:
            if await follower.climbs(left_s):
                ladder = present_ladder(alarm_id, follower.reached)
    return ladder


@router.get("/v1/alarms/{alarm_id}/stream")
async def stream(alarm_id: UUID, request: Request) -> StreamingResponse:
    """Stream an alarm's stages as Server-Sent Events until it ends; `Authorization` as without `/stream`."""
    intake, device_id, alarm_id = await _follower(alarm_id, request)
    with intake.ladders.following(alarm_id, device_id) as first:
        if not await first.climbs(_UNKNOWN_S):
            raise NotFound("no such alarm")
    return StreamingResponse(_events(intake, alarm_id, device_id), media_type="text/event-stream")


async def _events(intake: DeviceIntake, alarm_id: UUID, device_id: UUID) -> AsyncIterator[str]:
    """Yield an event for each stage, until the alarm ends. The sender cuts a stream whose phone is gone."""
    loop, sent = asyncio.get_running_loop(), set[str]()
    until = loop.time() + _LASTS_S
    with intake.ladders.following(alarm_id, device_id) as follower:
        while not follower.over and loop.time() < until:
            for stage in present_ladder(alarm_id, follower.reached).stages:
                if stage.stage not in sent:
                    sent.add(stage.stage)
                    yield f"event: stage\ndata: {stage.model_dump_json()}\n\n"
            if Stage.CLOSED in sent:
                return
            if not await follower.climbs(_SIGN_OF_LIFE_S):
                yield ": here\n\n"
