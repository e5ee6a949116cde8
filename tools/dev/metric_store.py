"""Metrics in memory: what each process said last, as Prometheus reads it."""

import time
from collections.abc import Iterable, Iterator, Mapping

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint, ResourceMetrics
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric as Sent

from contracts.telemetry import METRICS, Metric

# Seconds without an export after which a process is gone, and its figures with it.
_GONE_S = 35.0
_MOST = 200


class MetricStore:
    """The last export of each process; it holds all series of its process, so it replaces the one before."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], tuple[float, ResourceMetrics]] = {}

    def put(self, body: bytes) -> bool:
        """Keep one encoded export request; False if too many processes send. Raises protobuf's DecodeError."""
        now = time.monotonic()
        self._last = {key: kept for key, kept in self._last.items() if now - kept[0] < _GONE_S}
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            attributes = _texts(resource.resource.attributes)
            key = (attributes.get("service.name", "unknown"), attributes.get("service.instance.id", ""))
            if key not in self._last and len(self._last) >= _MOST:
                return False
            self._last[key] = (now, resource)
        return True

    def text(self) -> str:
        """Write everything in Prometheus' text format, named and labelled as by the OpenTelemetry collector."""
        now = time.monotonic()
        found: dict[str, list[tuple[dict[str, str], Sent]]] = {}
        for (job, instance), (at, resource) in sorted(self._last.items()):
            if now - at >= _GONE_S:
                continue
            for scope in resource.scope_metrics:
                for sent in scope.metrics:
                    found.setdefault(sent.name, []).append(({"job": job, "instance": instance}, sent))
        lines = [line for metric in METRICS for line in _lines(metric, found.get(metric.name, []))]
        return "".join(f"{line}\n" for line in lines)


def _lines(metric: Metric, found: list[tuple[dict[str, str], Sent]]) -> Iterator[str]:
    if found:
        yield f"# HELP {metric.prometheus} {metric.description}"
        yield f"# TYPE {metric.prometheus} {metric.kind}"
    for source, sent in found:
        if sent.HasField("histogram"):
            for bars in sent.histogram.data_points:
                yield from _histogram(metric.prometheus, {**source, **_texts(bars.attributes)}, bars)
        else:
            for point in (sent.sum if sent.HasField("sum") else sent.gauge).data_points:
                value = point.as_int if point.HasField("as_int") else point.as_double
                yield _line(metric.prometheus, {**source, **_texts(point.attributes)}, value)


def _histogram(name: str, labels: Mapping[str, str], bars: HistogramDataPoint) -> Iterator[str]:
    below = 0
    for bound, number in zip([*bars.explicit_bounds, "+Inf"], bars.bucket_counts, strict=True):
        below += number
        yield _line(f"{name}_bucket", {**labels, "le": f"{bound}"}, below)
    yield _line(f"{name}_sum", labels, bars.sum)
    yield _line(f"{name}_count", labels, bars.count)


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    line = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{line}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _texts(attributes: Iterable[KeyValue]) -> dict[str, str]:
    return {each.key: each.value.string_value for each in attributes}
