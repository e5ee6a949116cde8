"""The way round the broker: presses that the alarm service brings itself."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import ExitStack

from fastapi import FastAPI, Request
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from sqlalchemy.exc import OperationalError

from chassis import acts, telemetry
from chassis.auth import require
from chassis.caller import Caller
from chassis.edge import bodies
from chassis.errors import Invalid
from contracts import topology
from contracts.alarm import AlarmRaised
from contracts.envelope import BATCH_CONTENT_TYPE, Event, Undecodable
from services.dispatch import events
from services.dispatch.usecases.context import Context

# More than a hundred presses, each as long as the alarm service takes one: a hand-over is never too long.
_MOST_BYTES = 32 * 1024 * 1024
# Seconds in which one line says that presses come this way: each has its own incident.
_LINE_S = 60.0
# Each of them waits for a second.
_REFUSED_AT_MOST = 3


def add_intake(app: FastAPI, context: Context) -> None:
    """Add the endpoint."""

    @app.post("/v1/intake", status_code=202, tags=["intake"])
    @bodies(_MOST_BYTES)
    async def intake(request: Request, _: Caller = require("service", partner="alarm")) -> dict[str, bool]:
        """Take in `alarm.raised.v1` of the alarm service, one CloudEvent or a batch. Copies have no effect."""
        acts.seldom(_LINE_S)
        batch = request.headers.get("content-type", "").startswith(BATCH_CONTENT_TYPE)
        body = await request.body()
        try:
            taken = Event.decode_batch(body) if batch else [Event.decode(body)]
        except Undecodable as error:
            raise Invalid(str(error), field="body") from None
        if any(event.type != AlarmRaised.TYPE for event in taken):
            raise Invalid("only alarm.raised.v1 is taken in here", field="type")
        await asyncio.to_thread(_take, context, taken, batch)
        # The doorbell goes by the broker, which is perhaps away: look at once.
        request.app.state.hub.look()
        return {"accepted": True}


def _take(context: Context, taken: Sequence[Event], batch: bool) -> None:
    """One event goes on in the trace of its request; each of a batch in the trace of its press."""
    with ExitStack() as spans:
        received = [(event, _span_of(event, spans) if batch else trace.get_current_span()) for event in taken]
        try:
            events.take_alarms(context, topology.DISPATCH_ALARMS, received)
        except OperationalError:
            if len(received) == 1:
                raise
            _take_each(context, received)


def _take_each(context: Context, received: Sequence[events.Received]) -> None:
    """So that a press that somebody else has in hand keeps no other out; raises OperationalError after three.

    What was not taken comes again, and then not in this order.
    """
    refused = list[OperationalError]()
    for each in random.sample(received, len(received)):
        try:
            events.take_alarms(context, topology.DISPATCH_ALARMS, [each])
        except OperationalError as error:
            refused.append(error)
            if len(refused) == _REFUSED_AT_MOST:
                break
    if refused:
        raise refused[0]


def _span_of(event: Event, spans: ExitStack) -> Span:
    span = telemetry.start("take in", SpanKind.INTERNAL, parent=telemetry.context_of(event.traceparent))
    spans.callback(span.end)
    return span
