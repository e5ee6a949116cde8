"""Reads Prometheus' text format, for tests that look at figures."""

import re
from collections.abc import Mapping

import httpx

from contracts.telemetry import Metric

_LINE = re.compile(r"(\w+)\{(.*)\} (\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
Series = tuple[str, Mapping[str, str], float]


def read(url: str) -> list[Series]:
    """Every series of a collector, as (name, labels, value)."""
    text = httpx.get(f"{url}/api/metrics").raise_for_status().text
    found = [_LINE.fullmatch(line) for line in text.splitlines() if not line.startswith("#")]
    assert all(found), text
    return [(m[1], dict(_LABEL.findall(m[2])), float(m[3])) for m in found if m]


def series_of(metric: Metric, found: list[Series]) -> list[Series]:
    """Those of one metric; of a histogram how often it was recorded."""
    name = metric.prometheus + ("_count" if metric.kind == "histogram" else "")
    return [each for each in found if each[0] == name]


def total(metric: Metric, found: list[Series], **labels: str) -> float:
    """The sum of a metric's series that have these labels."""
    return sum(value for _, has, value in series_of(metric, found) if labels.items() <= has.items())
