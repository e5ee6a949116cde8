"""A process that measures what it is told: `python -m tests.integration.meter SERVICE < figures.json`."""

import json
import sys
import time

from chassis.telemetry import metrics, telemetry
from contracts.telemetry import METRICS, Metric

BY_NAME = {metric.name: metric for metric in METRICS}


def show(metric: Metric, value: float, labels: dict[str, str]) -> None:
    """Count, time or show one figure."""
    if metric.kind == "counter":
        metrics.count(metric, int(value), **labels)
    elif metric.kind == "histogram":
        metrics.record(metric, value, **labels)
    else:
        metrics.observe(metric, lambda: [(value, labels)])


if __name__ == "__main__":
    telemetry.configure(sys.argv[1], "meter")
    for name, value, labels in json.load(sys.stdin):
        show(BY_NAME[name], value, labels)
    while True:
        time.sleep(1)
