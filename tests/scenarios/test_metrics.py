"""What an operator of the system sees at 3 a.m.: every declared metric comes, and says what happened."""

import json
import re
import time
from collections.abc import Callable

import httpx
import pika
import pytest

from contracts import telemetry
from contracts.telemetry import METRICS, NAMED, OTHER, Metric
from contracts.topology import DISPATCH_REGISTRY, SERVICES
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tests.support.metrics import Series, read, series_of, total
from tools.runtime.native.running import RunningSystem
from tools.simulation.device import Device
from tools.simulation.jose import sign
from tools.simulation.operator import ABSENT

CIC = "cic-oost-vlaanderen"
# What each process adds to every metric: where it comes from.
SOURCE = {"job", "instance"}
# What happens once in the night of `figures`.
ONCE: list[tuple[Metric, dict[str, str]]] = [
    (telemetry.PRESS_HANDED_OVER, {"outcome": "taken"}),
    (telemetry.PRESS_ROUTE_DURATION, {"lane": "verified"}),
    (telemetry.PRESS_ORDER_DURATION, {"sent_by": "system"}),
    (telemetry.PRESS_REFUSED, {"reason": "unreadable"}),
    (telemetry.ORDER_LATE, {"sent_by": "system"}),
    (telemetry.INCIDENT_ESCALATED, {"level": "no_unit"}),
    (telemetry.MESSAGE_SETTLED, {"queue": DISPATCH_REGISTRY, "outcome": "parked"}),
]
_EXPORT_S = 10


def _figures(
    system: RunningSystem, wanted: Callable[[list[Series]], bool], seconds: float = 40
) -> list[Series]:
    """The figures as soon as they are as wanted; exports are ten seconds apart."""
    until = time.monotonic() + seconds
    while not wanted(found := read(system.url("collector"))) and time.monotonic() < until:
        time.sleep(0.5)
    return found


def _say_what_nobody_understands(system: RunningSystem, device: Device) -> None:
    """A press without a device, a heartbeat of an old client, one without signature, and no message."""
    alarm, alive = system.url("alarm"), {"device_id": device.device_id}
    assert httpx.post(f"{alarm}/v1/presses", content=b"nothing").status_code == 400
    assert httpx.post(f"{alarm}/v1/heartbeats", content=sign(device.key, device.device_id, alive)).is_success
    assert httpx.post(f"{alarm}/v1/heartbeats", content=json.dumps(alive)).status_code == 401
    with pika.BlockingConnection(pika.URLParameters(system.broker_url())) as connection:
        connection.channel().basic_publish("", DISPATCH_REGISTRY, b"no event")


def _press_beyond_the_rate(system: RunningSystem) -> None:
    """One device presses more often than its rate: what is beyond that joins."""
    scenario = Scenario(system)
    bob, car = scenario.victim(), scenario.unit()

    first = scenario.press(bob)
    for _ in range(40):
        scenario.press(bob, at=0.5, joins=first)
    scenario.want_order(car)
    scenario.run()


@pytest.fixture(scope="module")
def figures(system: RunningSystem) -> tuple[list[Series], list[Series]]:
    """Before and after a night on which everything happens that is counted."""
    _press_beyond_the_rate(system)
    time.sleep(_EXPORT_S + 1)  # what other scenarios did is told by then
    before = _figures(system, lambda found: bool(series_of(telemetry.PRESS_REFUSED, found)))
    scenario = Scenario(system)
    ann, off = scenario.victim(), scenario.unit(available=False)
    scenario.control_room(CIC, desk=ABSENT)
    scenario.fault(-1, lambda system: system.stop("rabbitmq"))
    scenario.press(ann)
    # After the deadline: until then the press would be published again, and count as handed over twice.
    scenario.fault(5.5, lambda system: system.start("rabbitmq"))

    async def on_duty(stage: Stage) -> None:
        position = {"unit_id": off.unit_id, "lat": off.place.lat, "lon": off.place.lon, "available": True}
        gateway = stage.world.bearer("gateway", cic=off.place.control_room_id)
        await stage.world.call("POST", "dispatch", "/v1/units/positions", gateway, [position])

    scenario.step(6, on_duty)
    scenario.want_order(off, between=(6, 12))
    scenario.want_escalation("no_unit", between=(0, 4))
    scenario.traced = False  # the collector is away for a while
    scenario.fault(-2, lambda system: system.stop("collector"))
    scenario.fault(8, lambda system: system.start("collector"))
    scenario.faults.callback(system.start, "collector")
    scenario.faults.callback(system.start, "rabbitmq")
    scenario.run()
    _say_what_nobody_understands(system, ann.device)
    after = _figures(
        system,
        lambda found: (
            # Each process tells at a time of its own.
            not _missing(found) and all(total(m, found, **by) > total(m, before, **by) for m, by in ONCE)
        ),
    )
    return before, after


def _missing(found: list[Series]) -> set[str]:
    """Declared, and not there: no series of a gauge, nothing ever counted or timed."""
    return {
        metric.name
        for metric in METRICS
        # One series for each gap: here is none.
        if metric is not telemetry.LEDGER_GAP_OPEN
        and not (series_of(metric, found) if metric.kind == "gauge" else total(metric, found))
    }


def test_every_declared_metric_comes(figures: tuple[list[Series], list[Series]]) -> None:
    assert _missing(figures[1]) == set()


def test_nothing_comes_that_was_not_declared(figures: tuple[list[Series], list[Series]]) -> None:
    metrics = {metric.prometheus: metric for metric in METRICS}
    for name, labels, _ in figures[1]:
        metric = metrics.get(name) or metrics[re.sub(r"_(bucket|sum|count)$", "", name)]
        assert labels["job"] in metric.by, (name, labels)
        assert set(labels) - SOURCE - {"le"} == set(metric.attributes), (name, labels)
        for key, values in metric.attributes.items():
            assert values == NAMED or labels[key] in values, (name, labels)
            assert labels[key] != OTHER, (name, labels)


@pytest.mark.parametrize(
    ("metric", "labels"), ONCE, ids=lambda value: value.name if isinstance(value, Metric) else ""
)
def test_what_happened_once_is_counted_once(
    figures: tuple[list[Series], list[Series]], metric: Metric, labels: dict[str, str]
) -> None:
    before, after = figures
    assert total(metric, after, **labels) - total(metric, before, **labels) == 1


def test_gauges_tell_the_truth(figures: tuple[list[Series], list[Series]], system: RunningSystem) -> None:
    whole = (telemetry.DATABASE_REACHABLE, telemetry.BROKER_CONNECTED)

    def mended(found: list[Series]) -> bool:
        return all(value == 1 for metric in whole for _, _, value in series_of(metric, found))

    found = _figures(system, mended)
    assert mended(found)
    for metric in whole:
        assert {labels["job"] for _, labels, _ in series_of(metric, found)} == set(SERVICES)
    assert all(0 <= value < 150 for _, _, value in series_of(telemetry.CANARY_AGE, found))
    assert all(abs(value) < 0.5 for _, _, value in series_of(telemetry.CLOCK_SKEW, found))
    assert all(value == 0 for _, _, value in series_of(telemetry.LEDGER_GAPS, found))


@pytest.mark.in_containers
def test_a_database_that_is_away_is_told(system: RunningSystem) -> None:
    def away(found: list[Series]) -> bool:
        return total(telemetry.DATABASE_REACHABLE, found, job="committee") == 0

    with system.without_database("committee"):
        found = _figures(system, away)
        assert away(found)
        assert series_of(telemetry.DATABASE_REACHABLE, found)
    assert not away(_figures(system, lambda found: not away(found)))
