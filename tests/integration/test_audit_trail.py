"""No request of a known caller without a line: every write of dispatch, refusals, searches without a hit."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from contracts.envelope import wrap
from services.dispatch.api import create_app
from services.dispatch.usecases.incident_actions import BY_RADIO
from services.reporting.api import create_app as reporting_app
from tests.support.api_client import ApiClient
from tests.support.committee import POLICE, SECRETARY
from tests.support.desks import NO_BROKER, Who, desk
from tests.support.desks import Desk as Api
from tests.support.dispatching import (
    BRUSSELS_ROOM,
    GHENT,
    GHENT_ROOM,
    Dispatch,
    alarm,
    context_on,
    everything_known,
    order_id,
)
from tests.support.ledger_database import opened
from tests.support.postgres import Cluster
from tests.support.registry import GHENT as GHENT_DESK
from tests.support.tokens import Issuer

SECRET = "whsec_" + "QUJD" * 8
ROOM = f"/v1/control-rooms/{GHENT_ROOM}"


class House:
    """One dispatch: its use cases to set a scene, its API to act."""

    def __init__(self, desk: Dispatch, client: TestClient, issuer: Issuer) -> None:
        self.desk, self.client, self._issuer = desk, client, issuer

    def call(self, method: str, path: str, body: Any = None, *, status: int, role: str, **claims: str) -> Any:
        """As `role`, whose name it bears; fails unless the answer has this status."""
        values = {"cic": GHENT_ROOM, "sub": role, **claims}
        raw = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = self.client.request(method, path, headers=self._issuer.headers(role, **values), **raw)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def log(self) -> list[tuple[str, str, str, str]]:
        """Who did what to what, in which words, since the scene was set."""
        rows = self.desk.sql("SELECT subject, action, purpose, about FROM audit_entry ORDER BY at, about")
        return [(str(a), str(b), str(c), str(d)) for a, b, c, d in rows]

    def forget(self) -> None:
        self.desk.do("DELETE FROM audit_entry")

    def pressed(self, lane: str = "verified") -> UUID:
        raised = alarm(everything_known(self.desk, "Annelies")[0], lane=lane)
        self.desk.press(raised)
        return raised.alarm_id

    def ordered(self, state: str = "sent") -> UUID:
        """The order of the one incident, brought so far that what follows is possible."""
        self.desk.wipe()
        self.desk.policy(GHENT_ROOM, "automatic")
        self.desk.units(GHENT_ROOM, GHENT, 1)
        self.pressed()
        self.desk.do("UPDATE orders SET state = :state", state=state)
        return order_id(self.desk, state)


@pytest.fixture(scope="module")
def made(cluster: Cluster, issuer: Issuer) -> Iterator[House]:
    trusted = {"oidc_issuer": issuer.url, "oidc_jwks_url": issuer.jwks_url}
    there = Dispatch(context_on(cluster.database("dispatch"), broker_url=NO_BROKER, **trusted))
    with ApiClient(create_app(there.context.settings), raise_server_exceptions=False) as client:
        yield House(there, client, issuer)


@pytest.fixture
def house(made: House) -> House:
    made.desk.wipe()
    made.desk.policy(GHENT_ROOM, "proposed")
    made.desk.units(GHENT_ROOM, GHENT, 2)
    made.forget()
    return made


Act = Callable[[House], tuple[str, str, str]]
WRITES: dict[tuple[str, str], Act] = {}


def writes(method: str, path: str) -> Callable[[Act], Act]:
    """How to do what this endpoint does; the act says who, in which words, to what."""

    def keep(act: Act) -> Act:
        WRITES[method, path] = act
        return act

    return keep


def of_incident(path: str, role: str, body: Any = None) -> None:
    def act(house: House) -> tuple[str, str, str]:
        incident = house.pressed()
        house.call("POST", f"/v1/incidents/{incident}/{path}", body, status=200, role=role)
        return role, path.replace("-", " "), f"incident:{incident}"

    writes("POST", f"/v1/incidents/{{incident_id}}/{path}")(act)


def of_order(path: str, state: str = "sent", body: Any = None) -> None:
    def act(house: House) -> tuple[str, str, str]:
        order = house.ordered(state)
        house.call("POST", f"/v1/orders/{order}/{path}", body, status=200, role="unit", unit="u0")
        return "unit", path.replace("-", " "), f"order:{order}"

    writes("POST", f"/v1/orders/{{order_id}}/{path}")(act)


of_incident("display", "operator")
of_incident("acknowledge", "operator")
of_incident("send", "operator")
of_incident("close", "supervisor", {"outcome": "accidental", "reason": "she called"})
of_order("receipt")
of_order("acknowledge")
of_order("en-route")
of_order("on-scene")
of_order("decline", body={"reason": "the car broke down"})
of_order("close", "on_scene", {"outcome": "genuine"})


def of_crew(path: str, purpose: str, body: Any) -> None:
    def act(house: House) -> tuple[str, str, str]:
        order = house.ordered()
        house.call("POST", f"/v1/orders/{order}/{path}", body, status=200, role="operator")
        return "operator", purpose, f"order:{order}"

    writes("POST", f"/v1/orders/{{order_id}}/{path}")(act)


of_crew("radio", BY_RADIO, {"state": "en_route"})
of_crew("recall", "recalled", {"reason": "the wrong car"})


@writes("POST", "/v1/incidents/{incident_id}/take-over")
def take_over(house: House) -> tuple[str, str, str]:
    incident = house.pressed()
    house.desk.do("UPDATE incidents SET also_control_room_ids = '[\"cic-brussel\"]'")
    path = f"/v1/incidents/{incident}/take-over"
    house.call("POST", path, status=200, role="operator", cic=BRUSSELS_ROOM)
    return "operator", "take over", f"incident:{incident}"


@writes("POST", "/v1/control-rooms/{control_room_id}/unverified/close")
def close_unverified(house: House) -> tuple[str, str, str]:
    incidents = [str(house.pressed("unverified")) for _ in range(2)]
    body = {"incident_ids": incidents, "outcome": "technical", "reason": "a flood"}
    house.call("POST", f"{ROOM}/unverified/close", body, status=200, role="supervisor")
    about = {each for subject, *_, each in house.log() if subject == "supervisor"}
    assert about == {f"incident:{each}" for each in incidents}
    return "supervisor", "close unverified", f"incident:{incidents[1]}"


@writes("PUT", "/v1/control-rooms/{control_room_id}")
def set_policy(house: House) -> tuple[str, str, str]:
    house.call("PUT", ROOM, {"policy": "automatic"}, status=204, role="admin")
    return "admin", "set policy", f"control_room:{GHENT_ROOM}"


def proposed(house: House) -> dict[str, Any]:
    body = {"policy": "proposed", "webhook_url": "https://cad.example/", "webhook_secret": SECRET}
    answer = house.call("PUT", ROOM, body, status=202, role="admin")
    return {"proposal_id": answer["proposal_id"]}


@writes("POST", "/v1/control-rooms/{control_room_id}/webhook/confirm")
def confirm(house: House) -> tuple[str, str, str]:
    house.call("POST", f"{ROOM}/webhook/confirm", proposed(house), status=204, role="supervisor")
    return "supervisor", "webhook confirmed", f"control_room:{GHENT_ROOM}"


@writes("POST", "/v1/control-rooms/{control_room_id}/webhook/decline")
def decline(house: House) -> tuple[str, str, str]:
    house.call("POST", f"{ROOM}/webhook/decline", proposed(house), status=204, role="supervisor")
    return "supervisor", "webhook declined", f"control_room:{GHENT_ROOM}"


@writes("PUT", "/v1/zones")
def zones(house: House) -> tuple[str, str, str]:
    area = [[[3.0, 50.7], [4.2, 50.7], [4.2, 51.3], [3.0, 51.3], [3.0, 50.7]]]
    values = {"id": "gent-1", "names": {"nl": "Gent"}, "cic": GHENT_ROOM}
    geometry = {"type": "Polygon", "coordinates": area}
    feature = {"type": "Feature", "id": "gent-1", "properties": values, "geometry": geometry}
    house.call(
        "PUT", "/v1/zones", {"type": "FeatureCollection", "features": [feature]}, status=200, role="admin"
    )
    return "admin", "import zones", "path:/v1/zones"


@writes("PUT", "/v1/units")
def units(house: House) -> tuple[str, str, str]:
    unit = {"unit_id": "g1", "callsign": "G 1", "zone_id": "gent-1", "control_room_id": GHENT_ROOM}
    house.call("PUT", "/v1/units", [unit], status=204, role="gateway")
    return "gateway", "put units", "unit:g1"


OFFER = {"control_room_id": BRUSSELS_ROOM}


@writes("POST", "/v1/units/{unit_id}/offer")
def offer(house: House) -> tuple[str, str, str]:
    house.call("POST", "/v1/units/u0/offer", OFFER, status=204, role="supervisor")
    return "supervisor", f"loan offered to {BRUSSELS_ROOM}", "unit:u0"


@writes("POST", "/v1/units/{unit_id}/accept")
def accept(house: House) -> tuple[str, str, str]:
    house.call("POST", "/v1/units/u0/offer", OFFER, status=204, role="gateway")
    house.call("POST", "/v1/units/u0/accept", status=204, role="supervisor", cic=BRUSSELS_ROOM)
    return "supervisor", f"loan from {GHENT_ROOM} accepted", "unit:u0"


@writes("POST", "/v1/units/{unit_id}/return")
def give_back(house: House) -> tuple[str, str, str]:
    house.call("POST", "/v1/units/u0/offer", OFFER, status=204, role="gateway")
    house.call("POST", "/v1/units/u0/return", status=204, role="supervisor")
    return "supervisor", "offer withdrawn", "unit:u0"


@writes("POST", "/v1/units/positions")
def positions(house: House) -> tuple[str, str, str]:
    moved = {"unit_id": "u1", "lat": 51.0, "lon": 3.7, "available": False}
    house.call("POST", "/v1/units/positions", [moved], status=204, role="gateway")
    return "gateway", "positions", "unit:u1"


@writes("POST", "/v1/intake")
def intake(house: House) -> tuple[str, str, str]:
    raised = alarm()
    body = wrap(raised, source="/services/alarm", event_id=raised.alarm_id).encode()
    house.call("POST", "/v1/intake", body, status=202, role="service", partner="alarm")
    return "service", "intake", "path:/v1/intake"


# They make and end sessions, or only read: nothing of dispatch is changed.
NO_WRITES = {("POST", "/console/session"), ("POST", "/signout"), ("POST", "/v1/records/{section}/held")}


def test_every_write_of_dispatch_is_tried(house: House) -> None:
    paths = house.client.get("/openapi.json").json()["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert {each for each in found if each[0] != "GET"} - NO_WRITES == set(WRITES)


@pytest.mark.parametrize("endpoint", sorted(WRITES))
def test_every_write_of_dispatch_says_who_did_what_to_what(house: House, endpoint: tuple[str, str]) -> None:
    subject, purpose, about = WRITES[endpoint](house)
    assert (subject, "write", purpose, about) in house.log()
    # Nobody's name and no place.
    assert "Annelies" not in str(house.desk.sql("SELECT * FROM audit_entry"))
    assert "51.0" not in str(house.desk.sql("SELECT * FROM audit_entry"))


def test_who_sent_which_unit_is_known(house: House) -> None:
    incident = house.pressed()
    house.call("POST", f"/v1/incidents/{incident}/send", {"unit_id": "u1"}, status=200, role="operator")
    about = {each for *who, each in house.log() if who == ["operator", "write", "send"]}
    assert about == {f"incident:{incident}", "unit:u1", f"order:{order_id(house.desk)}"}


def test_a_write_and_its_line_are_there_both_or_not_at_all(house: House) -> None:
    incident = house.pressed()
    house.desk.do("ALTER TABLE audit_entry RENAME TO hidden")
    try:
        house.call("POST", f"/v1/incidents/{incident}/acknowledge", status=500, role="operator")
    finally:
        house.desk.do("ALTER TABLE hidden RENAME TO audit_entry")
    assert house.desk.sql("SELECT acknowledged_by FROM incidents") == [(None,)]


def test_only_another_state_of_a_unit_is_news(house: House) -> None:
    for available in (True, True, False, False, True):
        moved = {"unit_id": "u0", "lat": 51.0, "lon": 3.7, "available": available}
        house.call("POST", "/v1/units/positions", [moved], status=204, role="gateway", sub="the software")
    lines = [about for subject, *_, about in house.log() if subject == "the software"]
    assert sorted(lines) == [f"control_room:{GHENT_ROOM}", "unit:u0", "unit:u0", "unit:u0"]


def test_only_what_is_new_of_a_registered_unit_is_told(house: House) -> None:
    for callsign in ("G 7", "G 7", "G 8"):
        unit = {"unit_id": "g7", "callsign": callsign, "zone_id": "gent-1", "control_room_id": GHENT_ROOM}
        house.call("PUT", "/v1/units", [unit], status=204, role="gateway", sub="the registrar")
    assert [about for subject, *_, about in house.log() if subject == "the registrar"] == ["unit:g7"] * 2


def test_what_dispatch_refuses_is_told(house: House) -> None:
    incident, unknown = house.pressed(), uuid4()
    stranger = {"role": "operator", "sub": "eve", "cic": "cic-antwerpen"}
    house.call("GET", f"/v1/incidents/{incident}", status=404, **stranger)
    house.call("POST", f"/v1/incidents/{incident}/acknowledge", status=404, **stranger)
    house.call("POST", f"/v1/orders/{unknown}/receipt", status=404, role="unit", sub="eve", unit="x")
    house.call("GET", f"{ROOM}/incidents", status=403, **stranger)
    house.call("GET", f"{ROOM}/stream", status=403, **stranger)
    house.call("POST", f"/v1/incidents/{incident}/close", {"outcome": "a"}, status=403, **stranger)
    # What somebody types in an address may be a name.
    house.call("GET", "/v1/control-rooms/Annelies Peeters/incidents", status=403, **stranger)
    assert [each for each in house.log() if each[0] == "eve"] == [
        ("eve", "refused", "incident", f"incident:{incident}"),
        ("eve", "refused", "acknowledge", f"incident:{incident}"),
        ("eve", "refused", "receipt", f"order:{unknown}"),
        ("eve", "refused", "open incidents", f"control_room:{GHENT_ROOM}"),
        ("eve", "refused", "room stream", f"control_room:{GHENT_ROOM}"),
        ("eve", "refused", "close", f"incident:{incident}"),
        ("eve", "refused", "open incidents", "control_room:?"),
    ]


def test_an_empty_list_of_dispatch_is_a_read_once_a_minute(house: House) -> None:
    for _ in range(3):
        house.call("GET", f"{ROOM}/incidents", status=200, role="operator", sub="olga the second")
    assert [each[1:] for each in house.log() if each[0] == "olga the second"] == [
        ("read", "open incidents", f"control_room:{GHENT_ROOM}")
    ]


def lines(api: Api, subject: str) -> list[tuple[Any, ...]]:
    """What the log of another service says of somebody."""
    rows = api.sql(f"SELECT action, about, fields FROM audit_entry WHERE subject = '{subject}' ORDER BY at")
    return [(action, about, tuple(fields)) for action, about, fields in rows]


def test_what_the_registry_shows_of_nobody_is_told_too(registry: Api, file: str) -> None:
    manager: Who = {**GHENT_DESK, "sub": "rita"}
    about = file.replace("/v1/enrolments/", "enrolment:")
    for path in (f"{file}/photos", f"{file}/completeness", "/v1/reminders", "/v1/stock?serial=Annelies"):
        registry.call("GET", path, **manager)
    registry.call("GET", f"/v1/enrolments/{(unknown := uuid4())}", status=404, **manager)
    assert lines(registry, "rita") == [
        ("read", about, ()),
        ("read", about, ()),
        ("read", "path:/v1/reminders", ()),
        ("read", "path:/v1/stock", ("serial",)),
        ("refused", f"enrolment:{unknown}", ()),
    ]


def test_the_lists_of_the_committee_are_told(committee: Api, protocol_id: str) -> None:
    reader: Who = {**SECRETARY, "sub": "tina"}
    police: Who = {**POLICE, "sub": "tina"}
    for path in ("applications", "board", "reviews", f"meetings?protocol_id={protocol_id}"):
        committee.call("GET", f"/v1/{path}", **reader)
    committee.call("GET", f"/v1/applications/{(unknown := uuid4())}", status=404, **police)
    assert [each[:2] for each in lines(committee, "tina")] == [
        ("read", "path:/v1/applications"),
        ("read", "path:/v1/board"),
        ("read", "path:/v1/reviews"),
        ("read", "path:/v1/meetings"),
        ("refused", f"application:{unknown}"),
    ]


def test_ledger_and_attention_of_reporting_are_told(cluster: Cluster) -> None:
    with opened(cluster) as records:
        url = records.settings.database_url.get_secret_value()
        with desk(reporting_app(records.settings), records.issuer, url) as api:
            reader: Who = {"role": "device_desk", "sub": "dora"}
            api.call("GET", "/v1/attention", **reader)
            api.call("GET", f"/v1/ledger/presses/{(unknown := uuid4())}", status=404, **reader)
            assert [each[:2] for each in lines(api, "dora")] == [
                ("read", "path:/v1/attention"),
                ("refused", f"alarm:{unknown}"),
            ]
