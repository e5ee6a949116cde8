"""A crew with a radio and no terminal: an operator says what it said, and calls it back."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.dispatch.usecases.incident_actions import BY_RADIO
from tests.support.dispatching import (
    BRUSSELS_ROOM,
    GHENT,
    GHENT_ROOM,
    Dispatch,
    alarm,
    everything_known,
)
from tests.support.tokens import Issuer


class Night:
    """A taken alarm with one unit sent by hand, in a room without terminals."""

    def __init__(self, desk: Dispatch, client: TestClient, issuer: Issuer) -> None:
        desk.wipe()
        desk.policy(GHENT_ROOM, "proposed")
        desk.units(GHENT_ROOM, GHENT, 3)
        self.desk, self._client, self._issuer = desk, client, issuer
        # The process that answers hears of a unit at once when it registers one.
        unit = {"unit_id": "off", "callsign": "off", "zone_id": "gent-1", "control_room_id": GHENT_ROOM}
        gateway = issuer.headers("gateway", cic=GHENT_ROOM)
        registered = client.put("/v1/units", json=[{**unit, "available": False}], headers=gateway)
        assert registered.status_code == 204
        device, self.enrolment, _ = everything_known(desk, "secret")
        raised = alarm(device)
        desk.press(raised)
        self.incident = raised.alarm_id
        self.act(f"/v1/incidents/{self.incident}/acknowledge")
        self.act(f"/v1/incidents/{self.incident}/send")
        [self.order] = [row[0] for row in desk.sql("SELECT id FROM orders")]

    def act(self, path: str, body: Any = None, expect: int = 200, **claims: str) -> dict[str, Any]:
        """As an operator of Ghent, unless claims say otherwise."""
        who = {"role": "operator", "cic": GHENT_ROOM, "sub": "olga", **claims}
        headers = self._issuer.headers(who.pop("role"), **who)
        answer = self._client.post(path, json=body, headers=headers)
        assert answer.status_code == expect, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def radio(self, state: str, expect: int = 200, **more: str) -> dict[str, Any]:
        claims = {name: more.pop(name) for name in ("sub", "cic", "role") if name in more}
        return self.act(f"/v1/orders/{self.order}/radio", {"state": state, **more}, expect, **claims)

    def recall(self, expect: int = 200, order: Any = None, **claims: str) -> dict[str, Any]:
        body = {"reason": "wrong side of the canal"}
        return self.act(f"/v1/orders/{order or self.order}/recall", body, expect, **claims)

    def crew(self, step: str, expect: int = 200, unit: str = "u0") -> dict[str, Any]:
        return self.act(f"/v1/orders/{self.order}/{step}", None, expect, role="unit", unit=unit)

    def states(self) -> list[tuple[str, str, str | None]]:
        return self.desk.sql("SELECT unit_id, state, reason FROM orders ORDER BY created_at")


@pytest.fixture
def night(desk: Dispatch, client: TestClient, issuer: Issuer) -> Night:
    return Night(desk, client, issuer)


def test_a_unit_that_was_confirmed_by_radio_is_not_taken_away(night: Night) -> None:
    view = night.radio("acknowledged", reason="they drive off from the station")
    [order] = view["orders"]
    assert (order["state"], order["by_radio"]) == ("acknowledged", True)
    night.desk.pass_time(300)
    assert night.states() == [("u0", "acknowledged", None)]
    assert night.radio("en_route")["orders"][0]["state"] == "en_route"
    # Said again, or by the terminal too, or overtaken: harmless.
    assert night.radio("acknowledged")["orders"][0]["state"] == "en_route"
    assert night.crew("en-route")["state"] == "en_route"
    assert night.radio("victim_safe", 409, outcome="genuine")["type"].endswith("order-move-impossible")
    assert night.radio("on_scene")["orders"][0]["state"] == "on_scene"
    assert night.radio("victim_safe", 422)["field"] == "outcome"
    closed = night.radio("victim_safe", outcome="perpetrator_present")
    assert (closed["state"], closed["outcome"]) == ("closed", "perpetrator_present")
    told = night.desk.published("order.moved.v1")
    assert {
        event["by_radio"] for event in told if event["state"] in ("acknowledged", "en_route", "on_scene")
    } == {True}
    [end] = night.desk.published("incident.closed.v1")
    assert (end["closed_by"], end["by_radio"]) == ("unit", True)
    audited = night.desk.sql(
        "SELECT subject, purpose, about, fields FROM audit_entry WHERE action = 'write' "
        "AND purpose = 'confirmed by radio' ORDER BY at"
    )
    order_about, incident_about = f"order:{night.order}", f"incident:{night.incident}"
    assert audited == [
        ("olga", "confirmed by radio", order_about, ["acknowledged"]),
        ("olga", "confirmed by radio", order_about, ["en_route"]),
        ("olga", "confirmed by radio", order_about, ["on_scene"]),
        ("olga", "confirmed by radio", incident_about, ["outcome"]),
    ]
    # What she wrote rests encrypted.
    assert "station" not in str(night.desk.sql("SELECT o::text FROM orders o"))


def test_who_comes_a_second_too_late_has_the_unit_back(night: Night) -> None:
    night.desk.pass_time(20.1)
    assert night.states() == [("u0", "withdrawn", "unit_silent"), ("u1", "sent", None)]
    night.radio("en_route")
    assert night.states() == [
        ("u0", "withdrawn", "unit_silent"),
        ("u1", "sent", None),
        ("u0", "en_route", None),
    ]
    # Where it drives to another alarm already, the operator hears that.
    night.desk.do("UPDATE orders SET state = 'closed' WHERE unit_id = 'u0' AND state = 'en_route'")
    assert night.radio("en_route", 409)["type"].endswith("unit-not-available")


def test_a_unit_is_called_back_with_a_reason_and_the_next_is_proposed(night: Night) -> None:
    night.radio("acknowledged")
    assert night.act(f"/v1/orders/{night.order}/recall", {}, 422)["errors"][0]["field"].endswith("reason")
    view = night.recall()
    assert [(o["unit_id"], o["state"]) for o in view["orders"]] == [("u0", "withdrawn"), ("u1", "proposed")]
    assert night.desk.sql("SELECT order_id FROM units WHERE id = 'u0'") == [(None,)]
    assert night.recall()["orders"] == view["orders"]
    [entry] = night.desk.sql("SELECT subject, about, fields FROM audit_entry WHERE purpose = 'recalled'")
    assert entry == ("olga", f"order:{night.order}", ["withdrawn"])
    # The crew is told; that it arrived all the same comes too late for this order.
    assert night.crew("on-scene", 409)["type"].endswith("order-move-impossible")
    assert night.radio("on_scene", 409)["type"].endswith("order-move-impossible")
    # Nobody goes now: the supervisor hears of it, and then the nearest other one goes.
    night.desk.pass_time(21)
    night.desk.pass_time(21)
    assert night.states()[-1] == ("u1", "sent", None)


def test_a_recall_of_what_nobody_took_leaves_nobody_alone_either(night: Night) -> None:
    night.desk.do("UPDATE incidents SET acknowledged_at = NULL")
    night.desk.do("DELETE FROM due WHERE kind = 'acknowledge'")
    night.recall()
    night.desk.pass_time(21)
    assert night.states()[-1] == ("u1", "sent", None)


def test_one_of_two_is_called_back_and_the_other_goes_on(night: Night) -> None:
    night.act(f"/v1/incidents/{night.incident}/send", {"unit_id": "u2"})
    view = night.recall()
    assert [(o["unit_id"], o["state"]) for o in view["orders"]] == [("u0", "withdrawn"), ("u2", "sent")]


def test_a_patrol_that_is_with_her_is_not_called_back(night: Night) -> None:
    night.crew("on-scene")
    assert night.recall(409)["type"].endswith("order-move-impossible")
    assert night.states() == [("u0", "on_scene", None)]


def test_recall_and_arrival_at_once_have_one_outcome(night: Night) -> None:
    paths = [(f"/v1/orders/{night.order}/recall", "operator"), (f"/v1/orders/{night.order}/on-scene", "unit")]

    def send(item: tuple[str, str]) -> int:
        path, role = item
        headers = night._issuer.headers(role, cic=GHENT_ROOM, unit="u0", sub=role)
        return int(night._client.post(path, json={"reason": "no"}, headers=headers).status_code)

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(send, paths))
    assert answers == [200, 409]
    state = night.states()[0][1]
    assert state in ("withdrawn", "on_scene")
    assert (night.desk.sql("SELECT order_id IS NULL FROM units WHERE id = 'u0'") == [(True,)]) == (
        state == "withdrawn"
    )


def test_only_the_room_that_answers_says_it_and_nobody_who_is_conflicted(night: Night) -> None:
    assert night.radio("en_route", 404, cic=BRUSSELS_ROOM)["type"].endswith("incident-unknown")
    night.desk.do("UPDATE incidents SET also_control_room_ids = '[\"cic-brussel\"]'")
    for answer in (night.radio("en_route", 409, cic=BRUSSELS_ROOM), night.recall(409, cic=BRUSSELS_ROOM)):
        assert answer["type"].endswith("not-responsible")
    night.crew("on-scene")
    assert night.radio("victim_safe", 409, cic=BRUSSELS_ROOM, outcome="genuine")["type"].endswith(
        "not-responsible"
    )
    night.desk.do("INSERT INTO conflicts (enrolment_id, subject) VALUES (:e, 'tom')", e=night.enrolment)
    for state, more in (("acknowledged", {}), ("victim_safe", {"outcome": "genuine"})):
        assert night.radio(state, 403, sub="tom", **more)["type"].endswith("conflicted")
    assert night.recall(403, sub="tom")["type"].endswith("conflicted")
    assert night.desk.sql("SELECT state FROM incidents") == [("open",)]


def test_after_the_end_nothing_is_said_any_more(night: Night) -> None:
    night.crew("on-scene")
    night.radio("victim_safe", outcome="genuine")
    assert night.radio("victim_safe", outcome="genuine")["state"] == "closed"
    assert night.radio("en_route", 409)["type"].endswith("incident-is-closed")
    assert night.recall(409)["type"].endswith("incident-is-closed")
    assert BY_RADIO in str(night.desk.sql("SELECT purpose FROM audit_entry"))
