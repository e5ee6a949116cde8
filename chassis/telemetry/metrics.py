"""Metrics: counted and timed in memory, sent every ten seconds by a thread (in workers a greenlet).

What may be measured, and with which attributes, stands in contracts/telemetry.py. Nothing here ever raises or
waits: without an OTLP endpoint every call is a look into an empty dictionary.
"""

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from time import perf_counter

from opentelemetry.metrics import CallbackOptions, Counter, Meter, Observation
from opentelemetry.metrics import Histogram as TimeHistogram
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

from contracts.telemetry import METRICS, OTHER, Metric

log = logging.getLogger(__name__)

Reading = tuple[float, Mapping[str, str]]

# Seconds: a receipt takes milliseconds, an order is due within five seconds.
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_EVERY_MS = 10_000
_VIEW = View(instrument_type=Histogram, aggregation=ExplicitBucketHistogramAggregation(_BUCKETS_S))
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_,-]{0,60}")

_provider: MeterProvider | None = None
_meter: Meter | None = None
_counters: dict[str, Counter] = {}
_histograms: dict[str, TimeHistogram] = {}


def configure(service: str, resource: Resource) -> None:
    """Export by OTLP/HTTP where the standard variables say; counters begin at 0, so that a first one shows."""
    global _provider, _meter
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
    if not any(os.environ.get(name) for name in endpoints):
        return
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    every_ms = float(os.environ.get("OTEL_METRIC_EXPORT_INTERVAL", _EVERY_MS))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(timeout=3), every_ms, 3_000)
    _provider = MeterProvider([reader], resource, exemplar_filter=AlwaysOffExemplarFilter(), views=[_VIEW])
    meter = _meter = _provider.get_meter("stalkingalarm")
    for metric in METRICS:
        if service not in metric.by or metric.kind == "gauge":
            continue
        described = metric.name, metric.unit, metric.description
        if metric.kind == "histogram":
            _histograms[metric.name] = meter.create_histogram(*described)
            continue
        counter = _counters[metric.name] = meter.create_counter(*described)
        for attributes in _known(service, metric):
            counter.add(0, attributes)


def _known(service: str, metric: Metric) -> Iterator[dict[str, str]]:
    """List every combination of attributes that this service can count; of queues those that it reads."""
    choices = (
        [value for value in values if key != "queue" or value.startswith(f"{service}.")]
        for key, values in metric.attributes.items()
    )
    return (dict(zip(metric.attributes, each, strict=True)) for each in product(*choices))


def _allowed(metric: Metric, attributes: Mapping[str, str]) -> dict[str, str]:
    return {key: _value(values, attributes.get(key, OTHER)) for key, values in metric.attributes.items()}


def _value(values: tuple[str, ...], value: str) -> str:
    known = value in values if values else _NAME.fullmatch(value)
    return value if known else OTHER


def count(metric: Metric, number: int = 1, **attributes: str) -> None:
    """Add to a counter."""
    if counter := _counters.get(metric.name):
        counter.add(number, _allowed(metric, attributes))


def record(metric: Metric, seconds: float, **attributes: str) -> None:
    """Add a duration to a histogram; clocks of two machines may differ, so below zero is zero."""
    if histogram := _histograms.get(metric.name):
        histogram.record(max(seconds, 0.0), _allowed(metric, attributes))


@contextmanager
def timed(metric: Metric, **attributes: str) -> Iterator[None]:
    """Record how long the block took, however it ends."""
    began = perf_counter()
    try:
        yield
    finally:
        record(metric, perf_counter() - began, **attributes)


def observe(metric: Metric, read: Callable[[], Iterable[Reading]]) -> None:
    """Have `read` called in the exporter's thread before each export; it may wait, but not for ever."""
    if _meter is None:
        return

    def look(_: CallbackOptions) -> list[Observation]:
        try:
            return [Observation(value, _allowed(metric, attributes)) for value, attributes in read()]
        except Exception as error:  # noqa: BLE001 - the other metrics must leave all the same
            # Not its text: an error of the database may hold what is in a row.
            log.warning("%s: not read: %s", metric.name, type(error).__name__)
            return []

    _meter.create_observable_gauge(metric.name, [look], metric.unit, metric.description)


def flush() -> None:
    """Send what is there, and end."""
    if _provider is not None:
        _provider.shutdown(3_000)
