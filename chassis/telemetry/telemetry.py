"""Telemetry: set-up once per process, an allow-list before anything leaves, and the few span helpers."""

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

from chassis.telemetry import metrics
from contracts.telemetry import ALLOWED_ATTRIBUTES, SPAN_LOST

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("stalkingalarm")
log = logging.getLogger(__name__)


class AllowListed(SpanExporter):
    """Passes spans on with nothing but allow-listed attributes: no event, no status text, no link data."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Strip, then export; what does not get away is counted."""
        result = self._inner.export([_stripped(span) for span in spans])
        if result is not SpanExportResult.SUCCESS:
            metrics.count(SPAN_LOST, len(spans))
        return result

    def shutdown(self) -> None:
        """Shut the inner exporter down."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the inner exporter."""
        return self._inner.force_flush(timeout_millis)


def _stripped(span: ReadableSpan) -> ReadableSpan:
    attributes = {k: v for k, v in (span.attributes or {}).items() if k in ALLOWED_ATTRIBUTES}
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        kind=span.kind,
        status=trace.Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def configure(service: str, process: str) -> None:
    """Export by OTLP/HTTP where the standard variables say; without them traces are made and dropped.

    The queue is bounded and drops rather than blocks: telemetry never delays an alarm.
    """
    # In containers all have the same process id, on one host all have the same host name.
    instance = f"{process}@{socket.gethostname()}-{os.getpid()}"
    resource = Resource.create({"service.name": service, "service.instance.id": instance})
    metrics.configure(service, resource)
    provider = TracerProvider(resource=resource)
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(
            BatchSpanProcessor(
                AllowListed(OTLPSpanExporter(timeout=5)),
                max_queue_size=20_000,
                schedule_delay_millis=1000,
                max_export_batch_size=512,
            )
        )
    trace.set_tracer_provider(provider)


def flush() -> None:
    """Send what is waiting; called when a process ends."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()
    metrics.flush()


def context_of(traceparent: str | None) -> Context | None:
    """Read the context that a W3C `traceparent` describes, or None for the current one."""
    return _propagator.extract({"traceparent": traceparent}) if traceparent else None


def traceparent_of(span: Span | None = None) -> str | None:
    """Write the W3C `traceparent` of a span, or of the current one; None outside any trace."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(span) if span else None)
    return carrier.get("traceparent")


def start(
    name: str, kind: SpanKind, *, parent: Context | Span | None = None, attributes: Attributes = None
) -> Span:
    """Start a span that the caller ends. `parent`: a context, a span, or None for the current one."""
    context = trace.set_span_in_context(parent) if isinstance(parent, Span) else parent
    return _tracer.start_span(name, context=context, kind=kind, attributes=attributes)


def start_send(exchange: str, routing_key: str, message_id: str, parent: Context | Span | None = None) -> Span:
    """Start the producer span of one message."""
    return start(
        f"send {exchange}",
        SpanKind.PRODUCER,
        parent=parent,
        attributes={
            "messaging.system": "rabbitmq",
            "messaging.destination.name": exchange,
            "messaging.operation.type": "send",
            "messaging.operation.name": "send",
            "messaging.message.id": message_id,
            "messaging.rabbitmq.destination.routing_key": routing_key,
        },
    )


@contextmanager
def within(span: Span) -> Iterator[Span]:
    """Make `span` the current one; it is not ended."""
    with trace.use_span(span, end_on_exit=False, record_exception=False):
        yield span


def mark(key: str, value: object) -> None:
    """Set an allow-listed attribute on the current span."""
    trace.get_current_span().set_attribute(key, str(value))
