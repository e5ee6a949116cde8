"""Spans of the simulated parties: each reports under a name of its own, though they share a process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Literal, get_args

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context

from chassis.telemetry.telemetry import AllowListed, context_of, traceparent_of

Party = Literal["phone", "patrol", "control-room-software"]


_endpoint: str | None = None


def export_to(endpoint: str) -> None:
    """Send spans to this OTLP/HTTP base URL, unless the standard variables name another."""
    global _endpoint
    _endpoint = endpoint


def _provider(party: Party) -> TracerProvider:
    return _provider_of(party, os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or _endpoint)


@cache
def _provider_of(party: Party, endpoint: str | None) -> TracerProvider:
    """Make one for each place to export to: a process may play on several systems, or on none at first."""
    instance = f"simulated-{os.getpid()}"
    provider = TracerProvider(
        resource=Resource.create({"service.name": party, "service.instance.id": instance})
    )
    if endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = AllowListed(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5))
        provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=20_000, schedule_delay_millis=500)
        )
    return provider


@contextmanager
def span(
    party: Party,
    name: str,
    kind: SpanKind,
    *,
    parent: Span | Context | str | None = None,
    attributes: dict[str, str] | None = None,
) -> Iterator[Span]:
    """Start a span of `party`, which ends with the block; `parent` may be a `traceparent` of a message."""
    if isinstance(parent, str):
        parent = context_of(parent)
    context = set_span_in_context(parent) if isinstance(parent, Span) else parent
    # An explicit empty context: what the caller happens to be in is not part of a simulated party's trace.
    started = (
        _provider(party)
        .get_tracer("simulation")
        .start_span(name, context=context or Context(), kind=kind, attributes=attributes)
    )
    try:
        yield started
    except BaseException:
        started.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        started.end()


@contextmanager
def client(
    party: Party, method: str, route: str, parent: Span | None = None
) -> Iterator[tuple[Span, dict[str, str]]]:
    """Start the client span of one HTTP request; gives it and the headers that carry it on."""
    attributes = {"http.request.method": method}
    with span(party, f"{method} {route}", SpanKind.CLIENT, parent=parent, attributes=attributes) as started:
        yield started, {"traceparent": traceparent_of(started) or ""}


def flush() -> None:
    """Send what is waiting."""
    for party in get_args(Party):
        _provider(party).force_flush(5000)
