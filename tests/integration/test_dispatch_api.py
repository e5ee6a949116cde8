"""Dispatch over HTTP: who may do what, what is refused and how, and what a stream tells."""

import json
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from chassis.security.vault import new_key
from contracts.envelope import BATCH_CONTENT_TYPE, wrap
from services.dispatch.api import create_app
from services.dispatch.schemas.orders import OrderView
from services.dispatch.settings import DispatchSettings
from tests.support.api_client import ApiClient
from tests.support.desks import NO_BROKER
from tests.support.dispatching import GHENT_ROOM, alarm, know
from tests.support.postgres import Cluster
from tests.support.tokens import AUDIT, ROLES, SIGN_IN, Issuer

JSON = "application/json"
ROOM = {"operator", "supervisor", "gateway"}
UNIT = {"unit", "gateway"}
ANYONE = {"admin", "service", "unit", *ROOM}
# The table role x endpoint; streams are tried apart because they do not end.
TABLE: dict[tuple[str, str], set[str]] = {
    ("POST", "/v1/intake"): {"service"},
    ("GET", "/v1/records"): {"service"},
    ("GET", "/v1/records/{section}"): {"service"},
    ("POST", "/v1/records/{section}/held"): {"service"},
    ("GET", "/v1/control-rooms/{control_room_id}/stream"): ROOM,
    ("GET", "/v1/control-rooms/{control_room_id}/units/stream"): {"gateway"},
    ("GET", "/v1/units/{unit_id}/stream"): {"unit"},
    ("GET", "/v1/control-rooms/{control_room_id}/incidents"): ROOM,
    ("GET", "/v1/incidents/{incident_id}"): ROOM,
    ("POST", "/v1/incidents/{incident_id}/display"): ROOM,
    ("POST", "/v1/incidents/{incident_id}/acknowledge"): ROOM,
    ("POST", "/v1/incidents/{incident_id}/take-over"): ROOM,
    ("POST", "/v1/incidents/{incident_id}/send"): ROOM,
    ("POST", "/v1/incidents/{incident_id}/close"): {"supervisor"},
    ("POST", "/v1/orders/{order_id}/receipt"): UNIT,
    ("POST", "/v1/orders/{order_id}/acknowledge"): UNIT,
    ("POST", "/v1/orders/{order_id}/en-route"): UNIT,
    ("POST", "/v1/orders/{order_id}/on-scene"): UNIT,
    ("POST", "/v1/orders/{order_id}/decline"): UNIT,
    ("POST", "/v1/orders/{order_id}/close"): UNIT,
    ("POST", "/v1/orders/{order_id}/radio"): {"operator", "supervisor"},
    ("POST", "/v1/orders/{order_id}/recall"): {"operator", "supervisor"},
    ("GET", "/v1/control-rooms"): ANYONE,
    ("PUT", "/v1/control-rooms/{control_room_id}"): {"admin"},
    ("POST", "/v1/control-rooms/{control_room_id}/unverified/close"): {"supervisor"},
    ("GET", "/v1/webhooks"): {"admin", "supervisor"},
    ("GET", "/v1/control-rooms/{control_room_id}/webhook"): {"admin", "supervisor"},
    ("POST", "/v1/control-rooms/{control_room_id}/webhook/confirm"): {"supervisor"},
    ("POST", "/v1/control-rooms/{control_room_id}/webhook/decline"): {"admin", "supervisor"},
    ("GET", "/v1/zones"): ANYONE,
    ("PUT", "/v1/zones"): {"admin"},
    ("PUT", "/v1/units"): {"admin", "gateway"},
    ("POST", "/v1/units/positions"): UNIT,
    **{
        ("POST", f"/v1/units/{{unit_id}}/{act}"): {"supervisor", "gateway"}
        for act in ("offer", "accept", "return")
    },
    ("GET", "/v1/control-rooms/{control_room_id}/units"): ROOM,
    ("GET", "/v1/incidents/{incident_id}/photos/{photo_id}"): ROOM,
    ("GET", "/v1/orders/{order_id}/photos/{photo_id}"): UNIT,
    **AUDIT,
}
OPEN = {("GET", "/health/live"), ("GET", "/health/ready"), ("POST", "/console/session"), ("GET", "/console/me")}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as started:
        yield started


@pytest.fixture(scope="module")
def database_url(cluster: Cluster) -> str:
    return cluster.database("dispatch")


@pytest.fixture(scope="module")
def client(database_url: str, issuer: Issuer) -> Iterator[TestClient]:
    settings = DispatchSettings.model_validate(
        {
            "environment": "development",
            "database_url": database_url,
            "broker_url": NO_BROKER,
            "vault_keys": f"1:{new_key()}",
            "audit_key": new_key(),
            "oidc_issuer": issuer.url,
            "oidc_jwks_url": issuer.jwks_url,
        }
    )
    with ApiClient(create_app(settings), raise_server_exceptions=False) as started:
        yield started


def test_the_table_names_every_endpoint(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert found == set(TABLE) | OPEN | SIGN_IN


@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
def test_who_may_what(client: TestClient, issuer: Issuer, method: str, path: str) -> None:
    # Another room's and another unit's: who has the role is refused for the object, never let in.
    where = path.format(
        control_room_id="cic-antwerpen",
        unit_id="strange",
        incident_id=uuid4(),
        order_id=uuid4(),
        photo_id=uuid4(),
        section="presses",
    )
    assert client.request(method, where).status_code == 401
    for role in ROLES:
        headers = issuer.headers(role, cic=GHENT_ROOM, unit="mine")
        answer = client.request(method, where, headers=headers)
        refused = answer.status_code == 403 and "needs one of the roles" in answer.json()["detail"]
        assert refused == (role not in TABLE[method, path]), (role, answer.text)
        assert answer.status_code < 500


def test_the_way_round_the_broker_makes_one_order_however_often(
    client: TestClient, issuer: Issuer, database_url: str
) -> None:
    admin, gateway = issuer.headers("admin"), issuer.headers("gateway", cic=GHENT_ROOM)
    operator = issuer.headers("operator", cic=GHENT_ROOM)
    policy = {"policy": "automatic"}
    assert client.put(f"/v1/control-rooms/{GHENT_ROOM}", json=policy, headers=admin).status_code == 204
    unit = {"unit_id": "g1", "callsign": "G 1", "zone_id": "gent-1", "control_room_id": GHENT_ROOM}
    assert client.put("/v1/units", json=[unit], headers=gateway).status_code == 204
    raised = alarm()
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        know(connection, UUID(raised.device_id))
    event = wrap(raised, source="/services/alarm", event_id=raised.alarm_id)
    for _ in range(2):
        answer = client.post(
            "/v1/intake", content=event.encode(), headers=issuer.headers("service", partner="alarm")
        )
        assert answer.status_code == 202, answer.text
    batch = b"[" + event.encode() + b"," + event.encode() + b"]"
    headers = issuer.headers("service", partner="alarm") | {"content-type": BATCH_CONTENT_TYPE}
    assert client.post("/v1/intake", content=batch, headers=headers).status_code == 202
    (view,) = client.get(f"/v1/control-rooms/{GHENT_ROOM}/incidents", headers=operator).json()
    assert view["marking"] == "STALKINGALARM"
    assert view["location"]["quality"] in ("green", "amber", "red")
    (order,) = view["orders"]
    assert (order["unit_id"], order["state"]) == ("g1", "sent")
    unit_headers = issuer.headers("unit", unit="g1", cic=GHENT_ROOM)
    stranger = issuer.headers("unit", unit="g2", cic=GHENT_ROOM)
    path = f"/v1/orders/{order['order_id']}"
    assert client.post(f"{path}/receipt", headers=stranger).status_code == 404
    got = OrderView.model_validate(client.post(f"{path}/receipt", headers=unit_headers).json())
    assert got.state == "received"
    assert got.location is not None
    too_early = client.post(f"{path}/close", json={"outcome": "genuine"}, headers=unit_headers)
    assert too_early.status_code == 409
    assert too_early.json()["type"] == "urn:stalkingalarm:order-move-impossible"
    assert client.post(f"{path}/on-scene", headers=unit_headers).status_code == 200
    closed = client.post(f"{path}/close", json={"outcome": "genuine"}, headers=unit_headers).json()
    assert closed["state"] == "closed"
    # Card and location are withdrawn with the end.
    assert (closed["card"], closed["location"]) == (None, None)
    assert client.get(f"/v1/control-rooms/{GHENT_ROOM}/incidents", headers=operator).json() == []


@pytest.mark.parametrize("partner", ["committee", "registry", "reporting", "dispatch", None])
def test_the_intake_is_the_alarm_services_alone(
    client: TestClient, issuer: Issuer, partner: str | None
) -> None:
    """Any other service could raise alarms, and burn the counters of those to come."""
    forged = alarm()
    event = wrap(forged, source="/services/alarm", event_id=forged.alarm_id)
    headers = issuer.headers("service", partner=partner) if partner else issuer.headers("service")
    answer = client.post("/v1/intake", content=event.encode(), headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (403, "partner")
    operator = issuer.headers("operator", cic=GHENT_ROOM)
    views = client.get(f"/v1/control-rooms/{GHENT_ROOM}/incidents", headers=operator).json()
    assert str(forged.alarm_id) not in {view["incident_id"] for view in views}


def test_the_intake_takes_a_batch_in_as_one(client: TestClient, issuer: Issuer) -> None:
    headers = issuer.headers("service", partner="alarm") | {"content-type": BATCH_CONTENT_TYPE}
    raised = [alarm() for _ in range(20)]
    made = [wrap(each, source="/services/alarm", event_id=each.alarm_id).encode() for each in raised]
    assert client.post("/v1/intake", content=b"[" + b",".join(made) + b"]", headers=headers).status_code == 202
    operator = issuer.headers("operator", cic=GHENT_ROOM)
    views = client.get(f"/v1/control-rooms/{GHENT_ROOM}/incidents", headers=operator).json()
    assert {view["incident_id"] for view in views} >= {str(each.alarm_id) for each in raised}
    broken = client.post("/v1/intake", content=b'[{"type": 1}]', headers=headers)
    assert (broken.status_code, broken.json()["field"]) == (422, "body")
    assert broken.json()["detail"].startswith("0.")


def test_a_press_that_somebody_has_in_hand_keeps_no_other_out(
    client: TestClient, issuer: Issuer, database_url: str
) -> None:
    headers = issuer.headers("service", partner="alarm") | {"content-type": BATCH_CONTENT_TYPE}
    raised = [alarm() for _ in range(3)]
    made = [wrap(each, source="/services/alarm", event_id=each.alarm_id).encode() for each in raised]
    claim = "INSERT INTO inbox (queue, event_id, handled_at) VALUES ('dispatch.alarms', %s, now())"
    with psycopg.connect(database_url.replace("+psycopg", "")) as somebody:
        somebody.execute(claim, [raised[0].alarm_id])
        answer = client.post("/v1/intake", content=b"[" + b",".join(made) + b"]", headers=headers)
        # Not all of it was taken: that must come again.
        assert answer.status_code == 202
        assert answer.json()["not_taken"] == [str(raised[0].alarm_id)]
        operator = issuer.headers("operator", cic=GHENT_ROOM)
        views = client.get(f"/v1/control-rooms/{GHENT_ROOM}/incidents", headers=operator).json()
        entries = {view["incident_id"] for view in views}
        assert {str(each.alarm_id) for each in raised[1:]} <= entries
        assert str(raised[0].alarm_id) not in entries


@pytest.mark.parametrize(
    ("body", "field"),
    [(b"{}", "body"), (b"no json", "body"), (b'{"type": "alarm.raised.v1"}', "body")],
)
def test_the_intake_names_what_is_wrong(client: TestClient, issuer: Issuer, body: bytes, field: str) -> None:
    answer = client.post("/v1/intake", content=body, headers=issuer.headers("service", partner="alarm"))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field


def test_a_map_is_refused_with_everything_that_is_wrong(client: TestClient, issuer: Issuer) -> None:
    swapped = {"type": "Polygon", "coordinates": [[[51.0, 3.7], [51.1, 3.7], [51.1, 3.8], [51.0, 3.7]]]}
    feature = {"type": "Feature", "id": "z", "properties": {"names": {"nl": "Z"}, "cic": GHENT_ROOM}}
    body = {"type": "FeatureCollection", "features": [{**feature, "geometry": swapped}, {"properties": {}}]}
    answer = client.put("/v1/zones", json=body, headers=issuer.headers("admin"))
    assert answer.status_code == 422
    assert [error["feature"] for error in answer.json()["errors"]] == [1, 2]
    assert "swapped" in answer.json()["detail"]


@pytest.mark.parametrize("bad", ["A\ud83d", "a\x00b", "\u200b"], ids=["half a sign", "NUL", "invisible"])
@pytest.mark.parametrize("where", ["names", "id", "source"])
def test_a_text_of_a_map_that_no_store_holds_is_refused(
    client: TestClient, issuer: Issuer, bad: str, where: str
) -> None:
    ring = [[3.7, 51.0], [3.8, 51.0], [3.8, 51.1], [3.7, 51.0]]
    texts: dict[str, object] = {"id": "z", "names": {"nl": "Z"}, "source": "s", "cic": GHENT_ROOM}
    texts[where] = {"nl": bad} if where == "names" else bad
    feature = {"properties": texts, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    body = json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", **feature}]})
    answer = client.put("/v1/zones", content=body, headers=issuer.headers("admin") | {"content-type": JSON})
    assert (answer.status_code, answer.json()["field"]) == (422, "body")


@pytest.mark.parametrize("bad", ["A\ud83d", "a\x00b", "\u200b", " "], ids=ascii)
def test_a_reason_that_says_nothing_is_refused(client: TestClient, issuer: Issuer, bad: str) -> None:
    body = json.dumps({"outcome": "genuine", "reason": bad})
    headers = issuer.headers("supervisor", cic=GHENT_ROOM) | {"content-type": JSON}
    answer = client.post(f"/v1/incidents/{uuid4()}/close", content=body, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "reason")


def test_forged_and_foreign_tokens_are_refused(client: TestClient, issuer: Issuer) -> None:
    forged = {"Authorization": f"Bearer {issuer.forged('admin')}"}
    assert client.get("/v1/control-rooms", headers=forged).status_code == 401
    expired = issuer.headers("admin", exp=1)
    assert client.get("/v1/control-rooms", headers=expired).status_code == 401
    # Issued before somebody put this machine's clock back: who is let in is a matter of `exp`.
    early = issuer.headers("admin", iat=int(time.time()) + 3600, exp=int(time.time()) + 7200)
    assert client.get("/v1/control-rooms", headers=early).status_code == 200
    other = issuer.headers("admin", aud="somebody-else")
    assert client.get("/v1/control-rooms", headers=other).status_code == 401


def test_examples_are_in_the_documentation(client: TestClient) -> None:
    assert '"examples"' in json.dumps(client.get("/openapi.json").json())
