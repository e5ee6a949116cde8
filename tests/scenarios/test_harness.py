"""The harness itself goes red: for what is missing, for what was not wanted, for a trace that leaks."""

import pytest

from tests.scenarios import traces
from tests.scenarios.scenario import Scenario


def test_missing_and_unexpected_are_both_told(scenario: Scenario) -> None:
    ann, near, far = scenario.victim(), scenario.unit(), scenario.unit(north_m=3000)
    scenario.press(ann)
    scenario.want_order(far, between=(0, 1))
    scenario.want_escalation("duress", between=(0, 1))
    scenario.want_nothing_else()
    with pytest.raises(AssertionError) as failure:
        scenario.run()
    told = str(failure.value)
    assert f"missing: an order at Gent Korenmarkt {far.unit_id}" in told
    assert "missing: escalation to duress" in told
    assert f"order at {near.unit_id}" in told.split("unexpected:", 1)[1]
    assert "alarm at cic-oost-vlaanderen" in told.split("unexpected:", 1)[1]


def _span(name: str, parent: str | None, **changed: object) -> dict[str, object]:
    kind, service = "server", "alarm"
    base = {"span_id": name, "parent_id": parent, "kind": kind, "service": service, "name": name}
    return {**base, "attributes": {}, "links": [], **changed}


def test_a_broken_trace_is_told() -> None:
    spans = [
        _span("POST /v1/presses", None),
        _span("GET /x", "nowhere"),
        _span("alarm of Zoë", "GET /x", attributes={"victim": "Zoë Testemans", "place": "51.0546"}),
    ]
    text = "\n".join(traces.faults(spans, ["Zoë Testemans", "51.054"]))
    assert "orphans: ['alarm GET /x']" in text
    assert "does not pass ['dispatch', 'patrol', 'phone']" in text
    assert "not a name by convention" in text
    assert "attributes not allowed: ['place', 'victim']" in text
    assert "holds 'Zoë Testemans'" in text
    assert "holds '51.054'" in text
