"""Every role on dispatch, reporting and alarm, field by field, against the table; exports and papers too."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.runtime import clock
from chassis.security.principal import Principal
from contracts.alarm import CancelRequested, alarm_id_of
from contracts.committee import ApplicationSubmitted
from contracts.policy import AUDIENCES, Circumstances
from contracts.topology import REPORTING_FOLLOW_UP
from services.alarm.api import create_app as alarm_app
from services.alarm.settings import AlarmSettings
from services.dispatch.api import create_app as dispatch_app
from services.dispatch.presenters.disclosure import limit_view
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.push.watchers import Watcher
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.schemas.orders import OrderView
from services.dispatch.usecases.cancel_requests import take_cancel_request
from services.reporting.api import create_app as reporting_app
from services.reporting.domain.days import local_time
from tests.support import alarm as buttons
from tests.support import dispatching
from tests.support import ledger_events as ev
from tests.support.days import today
from tests.support.desks import NO_BROKER, Desk, Who, desk, environment
from tests.support.dispatching import BRUSSELS_ROOM, GHENT, GHENT_ROOM
from tests.support.ledger_database import LedgerDatabase, enter
from tests.support.personal import CANARY, agreed, compared
from tests.support.postgres import Cluster
from tests.support.tokens import ROLES, Issuer

TEXT = f"x {CANARY}"


class Night:
    """An alarm of somebody of whom everything is known: cancelled under duress, linked, once declined."""

    def __init__(self, inner: dispatching.Dispatch, api: Desk) -> None:
        self.inner, self.api = inner, api
        inner.wipe()
        inner.policy(GHENT_ROOM, "automatic")
        self.units = inner.units(GHENT_ROOM, GHENT, 2)
        device, self.enrolment, self.photo = dispatching.everything_known(inner, TEXT)
        other, _, _ = dispatching.everything_known(inner, TEXT)
        # They share a perpetrator.
        inner.do("UPDATE perpetrators SET ref = :ref", ref=uuid4())
        raised = dispatching.alarm(device)
        inner.press(raised)
        inner.press(dispatching.alarm(other, fix=dispatching.BRUSSELS))
        self.incident = raised.alarm_id
        self._cancelled(device)
        [(self.order, self.unit)] = inner.sql(
            f"SELECT id, unit_id FROM orders WHERE incident_id = '{self.incident}'"
        )
        declining: Who = self.claims("unit")
        api.call("POST", f"/v1/orders/{self.order}/decline", {"reason": TEXT}, **declining)
        inner.pass_time(0)
        [(self.order, self.unit)] = inner.sql(
            f"SELECT id, unit_id FROM orders WHERE incident_id = '{self.incident}' AND state = 'sent'"
        )

    def _cancelled(self, device: UUID) -> None:
        request = CancelRequested(
            alarm_id=self.incident, device_id=device, code_digest="0" * 64, received_at=datetime.now(UTC)
        )
        with self.inner.context.database.transaction() as tx:
            take_cancel_request(tx, self.inner.context, request, None)

    def claims(self, role: str) -> Who:
        """Somebody of that role who has to do with the alarm."""
        return {"role": role, "cic": GHENT_ROOM, "unit": self.unit, "partner": "police", "zone": "gent-1"}

    def strangers(self, role: str) -> Who:
        """Somebody of that role elsewhere."""
        return {"role": role, "cic": BRUSSELS_ROOM, "unit": "far", "partner": "city", "zone": "brussel"}

    @property
    def ids(self) -> dict[str, str]:
        return {"incident_id": str(self.incident), "control_room_id": GHENT_ROOM}

    def view(self) -> IncidentView:
        with self.inner.context.database.read() as session:
            return load_views(self.inner.context, session, [self.incident], clock.now())[0]


@pytest.fixture(scope="module")
def inner(cluster: Cluster, issuer: Issuer) -> dispatching.Dispatch:
    url = cluster.database("dispatch")
    tokens = {"oidc_issuer": issuer.url, "oidc_jwks_url": issuer.jwks_url}
    return dispatching.Dispatch(dispatching.context_on(url, broker_url=NO_BROKER, **tokens))


@pytest.fixture(scope="module")
def dispatch(inner: dispatching.Dispatch, issuer: Issuer) -> Iterator[Desk]:
    url = inner.context.settings.database_url.get_secret_value()
    with desk(dispatch_app(inner.context.settings), issuer, url) as started:
        yield started


@pytest.fixture
def night(inner: dispatching.Dispatch, dispatch: Desk) -> Night:
    return Night(inner, dispatch)


OPEN = Circumstances(alarm=True, assigned=True)
INCIDENT = {
    *("cancel", "location", "last_known_address", "linked_incidents", "search"),
    *("orders.reason", "orders.distance_m"),
    *("card.victim", "card.languages", "card.perpetrators", "card.measures", "card.addresses", "card.dogs"),
    *("card.children", "card.hearing_or_disability", "card.notes", "card.photos"),
}


def test_dispatch_during_an_alarm(night: Night) -> None:
    app = dispatch_app(night.inner.context.settings)
    found = compared(app, night.api, night.ids, night.claims, lambda _: Circumstances(alarm=True))
    for path in ("/v1/incidents/{incident_id}", "/v1/control-rooms/{control_room_id}/incidents"):
        assert {field.removeprefix(f"{path} ") for field in found if field.startswith(f"{path} ")} == INCIDENT


def test_an_order_tells_its_unit_and_no_other(night: Night) -> None:
    path = f"/v1/orders/{night.order}/receipt"
    for role in AUDIENCES:
        answer = night.api.raw_json("POST", path, None, **night.strangers(role))
        assert answer in (403, 404), role
    seen = {}
    for role in AUDIENCES:
        who = night.claims(role)
        if night.api.raw_json("POST", path, None, **who) == 200:
            seen[role] = night.api.call("POST", path, **who)
    assert set(seen) == {"unit", "gateway"}
    found = agreed(path, OrderView, seen, lambda _: OPEN)
    assert {f"{path} card.victim", f"{path} location", f"{path} last_known_address"} <= found


def test_streams_tell_what_the_table_says(night: Night) -> None:
    kinds: list[tuple[Any, str, str, type[Any]]] = [
        ("room", GHENT_ROOM, "incident", IncidentView),
        ("unit", night.unit, "order", OrderView),
        ("gateway", GHENT_ROOM, "order", OrderView),
    ]
    for kind, key, name, model in kinds:
        seen = {}
        for role in AUDIENCES:
            frames = Watcher(kind, key, partial(limit_view, Principal("x", frozenset({role})))).frames(
                night.view()
            )
            [frame] = [each for each in frames if each.startswith(f"event: {name}\n".encode())]
            seen[role] = model.model_validate_json(frame.partition(b"data: ")[2]).model_dump(mode="json")
        how = Circumstances(alarm=True, assigned=kind != "room")
        found = agreed(f"{kind} stream", model, seen, dict.fromkeys(AUDIENCES, how).__getitem__)
        assert f"{kind} stream card.victim" in found


@pytest.mark.parametrize("role", AUDIENCES)
def test_an_alarm_that_is_not_theirs_tells_nobody_anything(night: Night, role: str) -> None:
    # Near a border the neighbour is brought in; Brussels is not.
    who = night.strangers(role)
    paths = (
        f"/v1/incidents/{night.incident}",
        f"/v1/control-rooms/{GHENT_ROOM}/incidents",
        f"/v1/incidents/{night.incident}/photos/{night.photo}",
        f"/v1/orders/{night.order}/photos/{night.photo}",
    )
    for path in paths:
        answer = night.api.answer(path, **who)
        assert answer.status_code in (403, 404), path
        assert CANARY not in answer.text


@pytest.mark.parametrize("role", AUDIENCES)
def test_a_photo_is_seen_by_who_sees_the_card(night: Night, role: str) -> None:
    in_room = night.api.answer(f"/v1/incidents/{night.incident}/photos/{night.photo}", **night.claims(role))
    at_unit = night.api.answer(f"/v1/orders/{night.order}/photos/{night.photo}", **night.claims(role))
    assert (in_room.status_code == 200) == (role in ("operator", "supervisor", "gateway"))
    assert (at_unit.status_code == 200) == (role in ("unit", "gateway"))


def test_after_an_alarm_dispatch_tells_nothing_of_a_person(night: Night) -> None:
    closing = {"outcome": "genuine", "reason": TEXT}
    supervisor = night.claims("supervisor")
    closed = night.api.call("POST", f"/v1/incidents/{night.incident}/close", closing, **supervisor)
    assert (closed["card"], closed["location"], closed["cancel"]) == (None, None, None)
    assert set(closed["withheld"]) == {"cancel", "orders"}
    for role in ("operator", "supervisor", "gateway", "unit"):
        assert CANARY not in limit_view(Principal("x", frozenset({role})), night.view()).model_dump_json()
    for role in AUDIENCES:
        for path in (f"/v1/incidents/{night.incident}", f"/v1/control-rooms/{GHENT_ROOM}/incidents"):
            assert CANARY not in night.api.answer(path, **night.claims(role)).text
    assert CANARY not in b"".join(night.inner.waiting()).decode()
    # What people wrote rests encrypted; the crew's words were shown during the alarm (INCIDENT).
    for table in ("orders", "incidents"):
        assert CANARY not in str(night.inner.sql(f"SELECT t::text FROM {table} t"))
    kept = f"SELECT encrypted_reason IS NOT NULL FROM incidents WHERE id = '{night.incident}'"
    assert night.inner.sql(kept) == [(True,)]


# Reporting


@pytest.mark.parametrize("own", [True, False])
def test_reporting(ledger_database: LedgerDatabase, own: bool) -> None:
    device, enrolment = ev.new_pair()
    noon = local_time(today(-1), 12)
    heartbeat = {"phone_battery": 80, "button_battery": 90, "bluetooth": True}
    later = {"phone_battery": 70, "button_battery": 80, "bluetooth": False}
    proposer = "victim-support" if own else "city"
    events = ev.events(
        ev.enrolled(enrolment, noon, zone="gent"),
        ev.heartbeat(device, enrolment, noon, **heartbeat, app_version="1"),
        ev.heartbeat(device, enrolment, noon + timedelta(minutes=15), **later, app_version=TEXT),
        ev.recorded(1, noon, device, enrolment),
        ApplicationSubmitted(
            enrolment_id=enrolment,
            application_id=uuid4(),
            procedure="urgent",
            submitted_at=noon,
            proposer=proposer,
        ),
    )
    enter(ledger_database.database, events, queue=REPORTING_FOLLOW_UP)
    enter(ledger_database.database, ev.events(ev.recorded(1, noon, device, enrolment)))

    def claims(role: str) -> Who:
        return {"role": role, "partner": "victim-support"} | ({"zone": "gent"} if role != "follow_up" else {})  # type: ignore[return-value]

    app = reporting_app(ledger_database.settings)
    with desk(app, ledger_database.issuer, ledger_database.settings.database_url.get_secret_value()) as api:
        ids = {"enrolment_id": str(enrolment), "alarm_id": str(alarm_id_of(device, 1))}
        found = compared(app, api, ids, claims, lambda _: Circumstances(own_case=own))
        path = "/v1/reports/daily/{enrolment_id}"
        named = {field.removeprefix(f"{path} ") for field in found}
        assert named == {
            *("last_contact_at", "heartbeats", "phone_battery", "button_battery", "bluetooth", "changes"),
            "file",
        }
        answer = api.answer(path.format(**ids), **claims("follow_up"))
        assert (answer.status_code, CANARY in answer.text) == (200 if own else 404, False)


# Alarm: it answers devices, by their signature. No role opens anything.


def test_alarm_tells_no_role_anything(cluster: Cluster, issuer: Issuer) -> None:
    url = cluster.database("alarm")
    given = environment(issuer, url) | {"dispatch_url": "http://127.0.0.1:1", "service_token": "development-x"}
    app = alarm_app(AlarmSettings.model_validate(given))
    with desk(app, issuer, url) as api:
        button = buttons.Button()
        raw = api.upload("/v1/presses", button.press(), role="service")
        assert raw.status_code == 202
        ids = {"alarm_id": raw.json()["alarm_id"], "section": "presses"}
        paths = {path: methods for path, methods in app.openapi()["paths"].items() if path.startswith("/v1")}
        assert set(paths) >= {"/v1/alarms/{alarm_id}", "/v1/canaries"}
        for path, methods in paths.items():
            if "audit" in path or path in ("/v1/presses", "/v1/canaries"):
                continue
            if path == "/v1/alarms/{alarm_id}/redeliver":
                answers = {role: api.raw_json("POST", path.format(**ids), {}, role=role) for role in ROLES}
                assert {role for role, status in answers.items() if status == 200} == {"admin"}
                continue
            for role, method in product(ROLES, methods):
                status = api.raw_json(method.upper(), path.format(**ids), {}, role=role)
                assert 400 <= status < 500, f"{role} {method} {path}: {status}"
        assert not any(key in raw.text for key in ("lat", "lon", "fix", str(button.id)))


# Exports


def test_the_export_of_a_file_is_for_who_manages_it(registry: Desk) -> None:
    manager: Who = {"role": "file_manager", "partner": "police", "zone": "z1"}
    file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **manager)['id']}"
    registry.call("PUT", f"{file}/police-report", {"pv_number": CANARY}, **manager)
    for role in ROLES:
        for zone in ("z1", "z2"):
            answer = registry.answer(f"{file}/export", role=role, partner="police", zone=zone)
            may = (role, zone) == ("file_manager", "z1")
            assert (answer.status_code == 200, CANARY in answer.text) == (may, may), role
    conflicted: Who = {**manager, "sub": "conflicted"}
    registry.call("POST", f"{file}/conflicts", {"reason": "sister"}, status=204, **conflicted)
    answer = registry.answer(f"{file}/export", **conflicted)
    assert (answer.status_code, CANARY in answer.text) == (404, False)
