"""Units belong to a room: another can neither take, move nor hide them, nor see where they are."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from chassis.runtime import clock
from contracts.common import Fix
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.push.watchers import Watcher
from services.dispatch.store.incidents import load_served_incidents
from tests.support.dispatching import (
    BRUSSELS,
    BRUSSELS_ROOM,
    GHENT,
    GHENT_ROOM,
    Dispatch,
    alarm,
    everything_known,
)
from tests.support.tokens import Issuer

THIEF = "cic-west-vlaanderen"


class Rooms:
    """Callers of several control rooms."""

    def __init__(self, desk: Dispatch, client: TestClient, issuer: Issuer) -> None:
        desk.wipe()
        self.desk, self._client, self._issuer = desk, client, issuer

    def call(self, method: str, path: str, body: Any = None, role: str = "gateway", **claims: Any) -> Any:
        """As somebody of Ghent unless `cic` says otherwise: status and JSON."""
        headers = self._issuer.headers(role, **({"cic": GHENT_ROOM} | claims))
        answer = self._client.request(method, path, json=body, headers=headers)
        return answer.status_code, answer.json() if answer.content else None

    def seen(self, cic: str, role: str = "operator", **claims: str) -> dict[str, dict[str, Any]]:
        """The units that a room sees."""
        status, units = self.call("GET", f"/v1/control-rooms/{cic}/units", role=role, cic=cic, **claims)
        assert status == 200, units
        return {unit["unit_id"]: unit for unit in units}


@pytest.fixture
def rooms(desk: Dispatch, client: TestClient, issuer: Issuer) -> Rooms:
    return Rooms(desk, client, issuer)


def _unit(unit_id: str, cic: str, **more: Any) -> dict[str, Any]:
    unit = {"unit_id": unit_id, "callsign": unit_id, "zone_id": "gent-1", "control_room_id": cic}
    return {**unit, "lat": 50.8, "lon": 3.2, **more}


def test_another_room_neither_takes_nor_hides_a_unit(rooms: Rooms) -> None:
    rooms.desk.units(GHENT_ROOM, GHENT, 2)
    before = rooms.seen(GHENT_ROOM)
    wanted = [_unit("u0", THIEF, available=False), _unit("own", THIEF), _unit("u1", THIEF)]
    status, problem = rooms.call("PUT", "/v1/units", wanted, cic=THIEF)
    assert (status, problem["type"]) == (409, "urn:stalkingalarm:unit-of-another-room")
    assert (problem["refused"], problem["field"]) == (["u0", "u1"], "0.unit_id")
    # Nothing of them changed; what was its own in the same call was taken.
    assert rooms.seen(GHENT_ROOM) == before
    assert set(rooms.seen(THIEF)) == {"own"}
    # Nor does who sets up all rooms move one: both rooms have to want it.
    status, problem = rooms.call("PUT", "/v1/units", [_unit("u0", THIEF)], role="admin", cic=None)
    assert (status, problem["refused"]) == (409, ["u0"])
    assert rooms.seen(GHENT_ROOM) == before
    assert rooms.call("PUT", "/v1/units", [_unit("u0", GHENT_ROOM, callsign="G 9")])[0] == 204
    assert rooms.seen(GHENT_ROOM)["u0"]["callsign"] == "G 9"


def test_another_room_moves_no_unit(rooms: Rooms) -> None:
    rooms.desk.units(GHENT_ROOM, GHENT, 2)
    rooms.call("PUT", "/v1/units", [_unit("own", THIEF)], cic=THIEF)
    before = rooms.seen(GHENT_ROOM)
    reports = [
        {"unit_id": "u0", "lat": 51.2, "lon": 2.9, "available": False},
        {"unit_id": "own", "lat": 51.2, "lon": 2.9},
        {"unit_id": "nobody", "lat": 51.2, "lon": 2.9},
    ]
    status, problem = rooms.call("POST", "/v1/units/positions", reports, cic=THIEF)
    assert (status, problem["refused"], problem["field"]) == (409, ["u0", "nobody"], "0.unit_id")
    assert rooms.seen(GHENT_ROOM) == before
    assert rooms.seen(THIEF)["own"]["lat"] == 51.2
    # A token without a room is no key to all of them.
    assert rooms.call("POST", "/v1/units/positions", reports, cic=None)[0] == 403
    assert rooms.seen(GHENT_ROOM) == before
    mine = [{"unit_id": "u0", "lat": 51.06, "lon": 3.7}]
    assert rooms.call("POST", "/v1/units/positions", mine, role="unit", unit="u0")[0] == 204
    assert rooms.call("POST", "/v1/units/positions", mine, role="unit", unit="u1")[0] == 403
    assert rooms.seen(GHENT_ROOM)["u0"]["lat"] == 51.06


def test_a_room_sees_anothers_unit_while_it_serves_an_alarm_of_its_own(rooms: Rooms) -> None:
    rooms.desk.policy(GHENT_ROOM, "automatic")
    rooms.desk.units("cic-antwerpen", GHENT, 2)
    assert rooms.seen(GHENT_ROOM) == {}
    raised = alarm()
    rooms.desk.press(raised)
    [(order, unit)] = rooms.desk.sql("SELECT id, unit_id FROM orders")
    seen = rooms.seen(GHENT_ROOM)
    assert set(seen) == {unit}
    assert (seen[unit]["control_room_id"], seen[unit]["order_id"]) == ("cic-antwerpen", str(order))
    # Not so for a room that only looks on.
    rooms.desk.do("UPDATE incidents SET also_control_room_ids = '[\"cic-brussel\"]'")
    assert rooms.seen(BRUSSELS_ROOM) == {}
    # Who is of several trades still belongs to one room only.
    status, _ = rooms.call(
        "GET", f"/v1/control-rooms/{THIEF}/units", role="operator", roles=["operator", "admin"]
    )
    assert status == 403
    body = {"outcome": "genuine", "reason": "seen safe"}
    assert rooms.call("POST", f"/v1/incidents/{raised.alarm_id}/close", body, role="supervisor")[0] == 200
    assert rooms.seen(GHENT_ROOM) == {}
    assert set(rooms.seen("cic-antwerpen")) == {"u0", "u1"}


def test_the_order_of_a_unit_is_its_own_rooms_gateways(rooms: Rooms) -> None:
    rooms.desk.policy(GHENT_ROOM, "automatic")
    rooms.desk.units("cic-antwerpen", GHENT, 1)
    raised = alarm()
    rooms.desk.press(raised)
    [(order,)] = rooms.desk.sql("SELECT id FROM orders")
    # The room whose alarm it is has no say over a crew of another: it would decline it away.
    path = f"/v1/orders/{order}"
    assert rooms.call("POST", f"{path}/decline", {"reason": "no"})[0] == 404
    assert rooms.call("POST", f"{path}/acknowledge")[0] == 404
    context = rooms.desk.context
    with context.database.read() as session:
        [view] = load_views(context, session, [raised.alarm_id], clock.now())
        of_antwerp = load_served_incidents(session, control_room_id="cic-antwerpen")
        of_ghent = load_served_incidents(session, control_room_id=GHENT_ROOM)
    assert ([i.id for i in of_antwerp], of_ghent) == ([raised.alarm_id], [])
    values = {cic: Watcher("gateway", cic, lambda v: v).frames(view) for cic in (GHENT_ROOM, "cic-antwerpen")}
    assert [len(frames) for frames in values.values()] == [0, 1]
    status, answer = rooms.call("POST", f"{path}/acknowledge", cic="cic-antwerpen")
    assert (status, answer["state"]) == (200, "acknowledged")


def test_an_operator_sends_units_of_the_own_room_and_of_its_neighbours(rooms: Rooms) -> None:
    lux = "cic-luxembourg"
    assert lux not in rooms.desk.context.situation.rooms[GHENT_ROOM].neighbours
    rooms.desk.units(lux, Fix(lat=49.68, lon=5.81), 1, "far")
    rooms.desk.units(BRUSSELS_ROOM, BRUSSELS, 1, "b")
    rooms.desk.units("cic-antwerpen", Fix(lat=51.22, lon=4.4), 1, "a")
    rooms.desk.units(GHENT_ROOM, GHENT, 1)
    for lane in ("verified", "unverified"):
        raised = alarm(lane=lane)
        rooms.desk.press(raised)
        path = f"/v1/incidents/{raised.alarm_id}/send"
        status, problem = rooms.call("POST", path, {"unit_id": "far0"}, role="operator")
        assert (status, problem["type"]) == (409, "urn:stalkingalarm:unit-of-another-room")
        rooms.desk.do("UPDATE incidents SET also_control_room_ids = '[\"cic-brussel\"]'")
        # Who looks on sends what is its own, and not the patrols of the room that answers for the alarm.
        status, problem = rooms.call("POST", path, role="operator", cic=BRUSSELS_ROOM)
        assert (status, problem["type"]) == (409, "urn:stalkingalarm:unit-of-another-room")
    assert rooms.call("POST", path, {"unit_id": "b0"}, role="operator", cic=BRUSSELS_ROOM)[0] == 200
    assert rooms.call("POST", path, {"unit_id": "a0"}, role="operator")[0] == 200
    assert rooms.desk.sql("SELECT unit_id FROM orders WHERE state = 'sent' ORDER BY 1") == [("a0",), ("b0",)]


def test_who_is_conflicted_does_not_see_the_patrol_drive_to_her(rooms: Rooms) -> None:
    rooms.desk.policy(GHENT_ROOM, "automatic")
    rooms.desk.units(GHENT_ROOM, GHENT, 2)
    device, enrolment, _ = everything_known(rooms.desk, "secret")
    rooms.desk.press(alarm(device))
    [(unit,)] = rooms.desk.sql("SELECT unit_id FROM orders")
    assert rooms.seen(GHENT_ROOM, sub="tom")[unit]["order_id"] is not None
    rooms.desk.do("INSERT INTO conflicts (enrolment_id, subject) VALUES (:e, 'Tom')", e=enrolment)
    seen = rooms.seen(GHENT_ROOM, sub="tom")
    hidden = {name: seen[unit][name] for name in ("lat", "lon", "order_id", "available", "withheld")}
    assert hidden == {
        "lat": None,
        "lon": None,
        "order_id": None,
        "available": False,
        "withheld": ["in_zone_id", "lat", "lon", "order_id"],
    }
    assert all(other["lat"] is not None for other in seen.values() if other["unit_id"] != unit)
    assert rooms.seen(GHENT_ROOM, sub="olga")[unit]["lat"] is not None
    value = rooms.seen(GHENT_ROOM, role="gateway", sub="software")[unit]
    assert (value["withheld_from"], value["lat"] is not None) == (["Tom"], True)
    assert rooms.seen(GHENT_ROOM, sub="olga")[unit]["withheld_from"] == []


@pytest.mark.parametrize(
    "bad", [{"lat": 91, "lon": 2.9}, {"lat": "x", "lon": 2.9}, {"lon": 2.9}, {"lat": None}]
)
def test_one_broken_report_hides_no_other_unit(rooms: Rooms, bad: dict[str, Any]) -> None:
    rooms.desk.units(GHENT_ROOM, GHENT, 2)
    reports = [{"unit_id": "u0", **bad}, {"unit_id": "u1", "lat": 51.2, "lon": 2.9}]
    status, problem = rooms.call("POST", "/v1/units/positions", reports)
    assert status == 422
    assert problem["field"].startswith("0.l")
    assert rooms.seen(GHENT_ROOM)["u1"]["lat"] == 51.2
    broken = _unit("u0", GHENT_ROOM, callsign="\u200b")
    status, problem = rooms.call("PUT", "/v1/units", [broken, _unit("u2", GHENT_ROOM)])
    assert (status, problem["field"]) == (422, "0.callsign")
    assert set(rooms.seen(GHENT_ROOM)) == {"u0", "u1", "u2"}


def _lend(rooms: Rooms, act: str, cic: str, expect: int = 204, unit: str = "u0", **body: str) -> Any:
    status, answer = rooms.call("POST", f"/v1/units/{unit}/{act}", body or None, role="supervisor", cic=cic)
    assert status == expect, answer
    return answer


def test_a_loan_needs_both_rooms_and_ends_by_either(rooms: Rooms) -> None:
    rooms.desk.units(GHENT_ROOM, GHENT, 1)
    # Nobody offers, takes or ends what is not theirs.
    assert _lend(rooms, "offer", THIEF, 404, control_room_id=THIEF)["type"].endswith("control-room-unknown")
    assert _lend(rooms, "offer", THIEF, 404, control_room_id=GHENT_ROOM)["type"].endswith("unit-unknown")
    assert _lend(rooms, "accept", THIEF, 404)["type"].endswith("unit-unknown")
    assert _lend(rooms, "return", THIEF, 404)["type"].endswith("unit-unknown")
    assert _lend(rooms, "return", GHENT_ROOM, 409)["type"].endswith("not-offered")

    _lend(rooms, "offer", GHENT_ROOM, control_room_id=THIEF)
    offered = rooms.seen(THIEF)["u0"]
    assert (offered["offered_to"], offered["offered_as"], offered["lent_to"]) == (THIEF, "loan", None)
    assert (offered["lat"], offered["available"]) == (None, False)
    assert rooms.seen(BRUSSELS_ROOM) == {}
    assert _lend(rooms, "accept", BRUSSELS_ROOM, 404)["type"].endswith("unit-unknown")
    _lend(rooms, "accept", THIEF)
    _lend(rooms, "accept", THIEF)
    lent = rooms.seen(THIEF)["u0"]
    assert (lent["lent_to"], lent["control_room_id"], lent["lat"] is not None) == (THIEF, GHENT_ROOM, True)
    # It is seen, and sent: still only its own room says where it is.
    moved = [{"unit_id": "u0", "lat": 51.2, "lon": 2.9, "available": False}]
    assert rooms.call("POST", "/v1/units/positions", moved, cic=THIEF)[0] == 409
    assert rooms.call("PUT", "/v1/units", [_unit("u0", THIEF)], cic=THIEF)[0] == 409
    assert _lend(rooms, "offer", GHENT_ROOM, 409, control_room_id=BRUSSELS_ROOM)["type"].endswith(
        "not-available"
    )
    _lend(rooms, "return", THIEF)
    assert rooms.seen(THIEF) == {}
    _lend(rooms, "offer", GHENT_ROOM, control_room_id=THIEF)
    _lend(rooms, "return", GHENT_ROOM)
    assert _lend(rooms, "accept", THIEF, 404)["type"].endswith("unit-unknown")
    log = rooms.desk.sql(
        "SELECT claims->>'cic', purpose FROM audit_entry WHERE about = 'unit:u0' "
        "AND (purpose LIKE 'loan %' OR purpose = 'offer withdrawn') ORDER BY at"
    )
    assert log == [
        (GHENT_ROOM, f"loan offered to {THIEF}"),
        (THIEF, f"loan from {GHENT_ROOM} accepted"),
        (THIEF, "loan ended"),
        (GHENT_ROOM, f"loan offered to {THIEF}"),
        (GHENT_ROOM, "offer withdrawn"),
    ]


def test_a_lent_unit_goes_to_the_alarms_of_the_room_it_works_for(rooms: Rooms) -> None:
    lux = "cic-luxembourg"
    rooms.desk.policy(GHENT_ROOM, "automatic")
    rooms.desk.units(lux, GHENT, 1)
    rooms.desk.press(alarm())
    assert rooms.desk.sql("SELECT count(*) FROM orders") == [(0,)]
    _lend(rooms, "offer", lux, control_room_id=GHENT_ROOM)
    _lend(rooms, "accept", GHENT_ROOM)
    rooms.desk.refresh()
    raised = alarm()
    rooms.desk.press(raised)
    assert rooms.desk.sql("SELECT unit_id, state FROM orders") == [("u0", "sent")]
    # The loan ends while it drives: it goes on, and is seen for as long.
    _lend(rooms, "return", lux)
    assert rooms.seen(GHENT_ROOM)["u0"]["order_id"] is not None
    body = {"outcome": "genuine", "reason": "seen safe"}
    assert rooms.call("POST", f"/v1/incidents/{raised.alarm_id}/close", body, role="supervisor")[0] == 200
    assert rooms.seen(GHENT_ROOM) == {}


def test_a_transfer_changes_whose_it_is_but_not_while_it_serves(rooms: Rooms) -> None:
    rooms.desk.policy(GHENT_ROOM, "automatic")
    rooms.desk.units(GHENT_ROOM, GHENT, 1)
    _lend(rooms, "offer", GHENT_ROOM, control_room_id=BRUSSELS_ROOM, kind="transfer")
    raised = alarm()
    rooms.desk.press(raised)
    assert _lend(rooms, "accept", BRUSSELS_ROOM, 409)["type"].endswith("not-available")
    body = {"outcome": "genuine", "reason": "seen safe"}
    assert rooms.call("POST", f"/v1/incidents/{raised.alarm_id}/close", body, role="supervisor")[0] == 200
    _lend(rooms, "accept", BRUSSELS_ROOM)
    assert rooms.seen(GHENT_ROOM) == {}
    assert rooms.seen(BRUSSELS_ROOM)["u0"]["control_room_id"] == BRUSSELS_ROOM
    mine = [{"unit_id": "u0", "lat": 50.85, "lon": 4.35}]
    assert rooms.call("POST", "/v1/units/positions", mine)[0] == 409
    assert rooms.call("POST", "/v1/units/positions", mine, cic=BRUSSELS_ROOM)[0] == 204
