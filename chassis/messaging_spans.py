"""Spans of sending and processing, named and attributed as the OpenTelemetry messaging conventions say."""

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis.message import Message

_TRACER = trace.get_tracer("stalkingalarm.bus")
_PROPAGATOR = TraceContextTextMapPropagator()


def parent(traceparent: object) -> Context | None:
    """The context that a W3C traceparent names; None (the current context) without one."""
    if not isinstance(traceparent, str):
        return None
    return _PROPAGATOR.extract({"traceparent": traceparent})


def start_send(message: Message) -> Span:
    """Start the span "send <exchange>", a child of the message's header `traceparent`."""
    attributes = {
        "messaging.system": "rabbitmq",
        "messaging.destination.name": message.exchange,
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "messaging.message.id": str(message.id),
        "messaging.rabbitmq.destination.routing_key": message.routing_key,
    }
    return _TRACER.start_span(
        f"send {message.exchange}",
        context=parent(message.headers.get("traceparent")),
        kind=SpanKind.PRODUCER,
        attributes=attributes,
    )


def start_process(queue: str, traceparent: str | None, message_id: str, routing_key: str) -> Span:
    """Start the span "process <queue>", a child of the event's `traceparent`."""
    attributes: Mapping[str, str] = {
        "messaging.system": "rabbitmq",
        "messaging.destination.name": queue,
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.message.id": message_id,
        "messaging.rabbitmq.destination.routing_key": routing_key,
    }
    # Without a traceparent the message starts a trace of its own, whatever greenlet reads it.
    return _TRACER.start_span(
        f"process {queue}",
        context=parent(traceparent) or Context(),
        kind=SpanKind.CONSUMER,
        attributes=attributes,
    )


def finish(span: Span, error_type: str | None = None) -> None:
    """End a span, marked as failed when an error type (never an error's text) is given."""
    if error_type:
        span.set_attribute("error.type", error_type)
        span.set_status(Status(StatusCode.ERROR, error_type))
    span.end()
