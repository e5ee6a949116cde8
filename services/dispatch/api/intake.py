"""The way round the broker: presses that the alarm service brings itself."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from pydantic import BaseModel, Field

from chassis.database.database import SQLAlchemyError
from chassis.errors import Invalid
from chassis.http.limits import bodies
from chassis.security import audit_context
from chassis.security.auth import require
from chassis.security.principal import Principal
from chassis.telemetry import telemetry
from contracts.alarm import AlarmRaised
from contracts.envelope import BATCH_CONTENT_TYPE, Event, Undecodable
from services.dispatch.api.dependencies import ContextOf, HubOf
from services.dispatch.events.incoming import presses_of
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.raise_alarms.take import incidents_of, take_presses

# More than a hundred presses, each as long as the alarm service takes one: a hand-over is never too long.
_MOST_BYTES = 32 * 1024 * 1024
# Seconds in which one line says that presses come this way: each has its own incident.
_LINE_S = 60.0
# Presses that somebody else has in hand: each of them waits for a second.
_PASSING_AT_MOST = 3


class IntakeAnswer(BaseModel):
    """`not_taken`: ids of events that are to be brought again. `incidents`: by alarm, where it belongs.

    Whoever brings a press that was routed before hears it here: the event that told of it may be lost.
    """

    accepted: bool
    not_taken: list[UUID]
    incidents: dict[UUID, UUID] = Field(default_factory=dict)


router = APIRouter(prefix="/v1", tags=["intake"])
AlarmService = Annotated[Principal, require("service", partner="alarm")]


@router.post("/intake", status_code=202)
@bodies(_MOST_BYTES)
async def intake(request: Request, hub: HubOf, context: ContextOf, _: AlarmService) -> IntakeAnswer:
    """Take in `alarm.raised.v1` of the alarm service, one CloudEvent or a batch. Copies have no effect.

    Of a batch what can be taken is: the answer names the events that were not, to be brought again.
    """
    audit_context.seldom(_LINE_S)
    batch = request.headers.get("content-type", "").startswith(BATCH_CONTENT_TYPE)
    body = await request.body()
    try:
        brought = Event.decode_batch(body) if batch else [Event.decode(body)]
    except Undecodable as error:
        raise Invalid(str(error), field="body") from None
    if any(event.type != AlarmRaised.TYPE for event in brought):
        raise Invalid("only alarm.raised.v1 is taken in here", field="type")
    failed = await asyncio.to_thread(_take, context, brought, batch)
    if len(failed) == len(brought):
        raise next(iter(failed.values()))
    # The change notification goes by the broker, which is perhaps away: look at once.
    hub.look()
    incidents = await asyncio.to_thread(_incidents_of, context, brought)
    return IntakeAnswer(accepted=not failed, not_taken=list(failed), incidents=incidents)


def _take(context: Context, brought: Sequence[Event], batch: bool) -> dict[UUID, Exception]:
    """Take events; give those not taken, by id. One goes on in its request's trace, each of many in its own."""
    with ExitStack() as spans:
        received = [(event, _span_of(event, spans) if batch else trace.get_current_span()) for event in brought]
        presses = presses_of(received)
        # What was not taken comes again, and then not in this order.
        failed = take_presses(context, random.sample(presses, len(presses)), _PASSING_AT_MOST)
    return {press[0]: error for press, error in failed}


def _incidents_of(context: Context, brought: Sequence[Event]) -> dict[UUID, UUID]:
    try:
        with context.database.read() as session:
            return incidents_of(session, brought)
    except SQLAlchemyError:
        # What was taken is taken; this is only told.
        return {}


def _span_of(event: Event, spans: ExitStack) -> Span:
    span = telemetry.start("take in", SpanKind.INTERNAL, parent=telemetry.context_of(event.traceparent))
    spans.callback(span.end)
    return span
