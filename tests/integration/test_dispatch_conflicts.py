"""Who has a conflict: the alarm is never hidden from them, what is personal is, and others take it."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from chassis.runtime import clock
from chassis.security.accounts import account
from chassis.security.principal import Principal
from contracts.committee import ConflictDeclared, ConflictWithdrawn
from contracts.registry import FileConflictDeclared, FileConflictWithdrawn
from services.dispatch.presenters.disclosure import Disclosures, limit_view
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.push.notifications import decrypt_view
from services.dispatch.push.watchers import Watcher
from services.dispatch.push.webhooks import Courier
from services.dispatch.store import duty
from services.dispatch.usecases import escalate
from tests.support.dispatching import (
    GHENT,
    GHENT_ROOM,
    Bell,
    Dispatch,
    act,
    alarm,
    everything_known,
    tell,
)
from tests.support.tokens import Issuer

SECRET = "Annelies of Kraanlei 77"
CONFLICTED = "tom"


class Case:
    """An alarm of somebody of whom all is known, and the callers around it."""

    def __init__(self, desk: Dispatch, client: TestClient, issuer: Issuer, policy: str = "proposed") -> None:
        self.desk, self._client, self._issuer = desk, client, issuer
        desk.wipe()
        desk.policy(GHENT_ROOM, policy)
        self.units = desk.units(GHENT_ROOM, GHENT, 2)
        device, self.enrolment, self.photo = everything_known(desk, SECRET)
        raised = alarm(device)
        desk.press(raised)
        self.incident = raised.alarm_id

    def call(self, method: str, path: str, body: Any = None, *, sub: str = CONFLICTED, **claims: str) -> Any:
        """As somebody of the room, an operator unless `role` says otherwise: status and JSON (or text)."""
        role = claims.pop("role", "operator")
        headers = self._issuer.headers(role, sub=sub, cic=GHENT_ROOM, **claims)
        answer = self._client.request(method, path, json=body, headers=headers)
        is_json = answer.headers.get("content-type", "").startswith("application/")
        return answer.status_code, answer.json() if is_json else answer.text

    def act(self, what: str, body: Any = None, *, sub: str = CONFLICTED, role: str = "operator") -> Any:
        return self.call("POST", f"/v1/incidents/{self.incident}/{what}", body, sub=sub, role=role)

    def conflict(self, person: str = CONFLICTED) -> None:
        at = datetime.now(UTC)
        tell(
            self.desk.context, FileConflictDeclared(enrolment_id=self.enrolment, person=person, declared_at=at)
        )


@pytest.fixture
def case(desk: Dispatch, client: TestClient, issuer: Issuer) -> Case:
    return Case(desk, client, issuer)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_each_withdraws_what_it_said_itself_in_any_order(case: Case, order: tuple[int, ...]) -> None:
    """The committee declares and withdraws in one case of hers; another one, and the registry, still say it."""
    at, path = datetime.now(UTC), f"/v1/incidents/{case.incident}"
    one, other = uuid4(), uuid4()
    about = {"enrolment_id": case.enrolment}
    later = at + timedelta(seconds=9)
    entries = [
        ConflictDeclared(**about, application_id=one, person="Tom ", declared_at=at),
        ConflictWithdrawn(**about, application_id=one, person="tom", withdrawn_at=later),
        ConflictDeclared(**about, application_id=other, person="TOM", declared_at=at),
        ConflictWithdrawn(**about, application_id=other, person="tom", withdrawn_at=later),
    ]
    for number in (*order, *order):
        tell(case.desk.context, entries[number])
    _, seen = case.call("GET", path)
    assert (seen["conflicted"], seen["card"]["victim"]["name"]) == (False, SECRET)
    tell(case.desk.context, FileConflictDeclared(**about, person="tom", declared_at=at))
    _, seen = case.call("GET", path)
    assert (seen["conflicted"], seen["card"]) == (True, None)
    _, gateway = case.call("GET", path, role="gateway", sub="machine")
    assert gateway["withheld_from"] == ["tom"]
    before = gateway["revision"]
    tell(case.desk.context, FileConflictWithdrawn(**about, person="TOM", withdrawn_at=later))
    _, seen = case.call("GET", path)
    assert (seen["conflicted"], seen["card"]["victim"]["name"]) == (False, SECRET)
    # Open screens are told.
    assert seen["revision"] > before
    # Said anew it counts anew.
    again = later + timedelta(seconds=1)
    tell(case.desk.context, ConflictDeclared(**about, application_id=one, person="tom", declared_at=again))
    assert case.call("GET", path)[1]["conflicted"]


def _on_duty(desk: Dispatch, *people: str) -> None:
    desk.do("DELETE FROM on_duty")
    with desk.context.database.transaction() as tx:
        duty.note(tx.session, [(GHENT_ROOM, account(each)) for each in people], clock.now())


def _blind(case: Case) -> bool:
    act(case.desk.context, escalate.warn_of_blind_rooms)
    _, seen = case.call("GET", f"/v1/incidents/{case.incident}")
    return duty.ALL_CONFLICTED in seen["flags"]


def test_a_room_in_which_all_on_duty_are_conflicted_is_warned_and_its_neighbours_have_the_alarm(
    case: Case,
) -> None:
    _on_duty(case.desk, "Tom", "olga")
    assert not _blind(case)
    case.conflict("tom")
    # One is left who may take it.
    assert not _blind(case)
    assert not case.desk.published("incident.escalated.v1")
    case.conflict("OLGA ")
    assert _blind(case)
    escalate.act_on_due(case.desk.context)
    (told,) = case.desk.published("incident.escalated.v1")
    assert (told["level"], told["target_control_room_id"] is None) == ("neighbour", False)
    _, seen = case.call("GET", f"/v1/incidents/{case.incident}")
    assert seen["also_control_room_ids"] == [told["target_control_room_id"]]
    # Told once; and no longer once somebody comes who may.
    assert _blind(case)
    assert len(case.desk.published("incident.escalated.v1")) == 1
    _on_duty(case.desk, "Tom", "olga", "ann")
    assert not _blind(case)
    # A room that nobody watches is empty, not blind: the ladder goes on as ever.
    _on_duty(case.desk)
    assert not _blind(case)


def test_a_screen_that_was_closed_is_nobody_on_duty(case: Case) -> None:
    _on_duty(case.desk, CONFLICTED, "olga")
    case.desk.do("UPDATE on_duty SET seen_at = now() - interval '31 seconds' WHERE subject = 'olga'")
    case.conflict()
    assert _blind(case)


@pytest.mark.parametrize("role", ["operator", "supervisor", "gateway"])
def test_the_alarm_stays_and_what_is_personal_goes(case: Case, role: str) -> None:
    path = f"/v1/incidents/{case.incident}"
    _, before = case.call("GET", path, role=role)
    assert before["card"]["victim"]["name"] == SECRET
    assert before["orders"][0]["distance_m"] > 0
    assert (before["conflicted"], before["withheld"]) == (False, [])
    case.conflict("Tom ")  # as somebody typed it
    _, [listed] = case.call("GET", f"/v1/control-rooms/{GHENT_ROOM}/incidents", role=role)
    for view in (listed, case.call("GET", path, role=role)[1]):
        assert view["marking"] == "STALKINGALARM"
        assert view["zone_id"] == before["zone_id"] is not None
        assert [order["unit_id"] for order in view["orders"]] == case.units[:1]
        assert view["conflicted"]
        assert view["withheld"] == ["card", "last_known_address", "location", "orders", "search"]
        assert [order["distance_m"] for order in view["orders"]] == [None]
        assert (view["card"], view["location"], view["last_known_address"]) == (None, None, None)
        assert SECRET not in str(view)
    assert case.call("GET", f"{path}/photos/{case.photo}", role=role)[0] == 404
    status, view = case.call("GET", path, sub="olga", role=role)
    assert (status, view["card"]["victim"]["name"], view["conflicted"]) == (200, SECRET, False)
    assert case.call("GET", f"{path}/photos/{case.photo}", sub="olga", role=role)[0] == 200


def test_who_is_conflicted_neither_stops_the_ladder_nor_ends_the_alarm_but_help_may_go(case: Case) -> None:
    case.conflict("TOM")
    closing = {"outcome": "accidental", "reason": "nothing happened"}
    for what, body in (("acknowledge", None), ("take-over", None), ("send", {"unit_id": case.units[1]})):
        status, problem = case.act(what, body)
        assert (status, problem["type"]) == (403, "urn:stalkingalarm:conflicted"), what
    assert case.act("close", closing, role="supervisor")[0] == 403
    assert case.act("display")[0] == 200
    status, view = case.act("send")
    assert (status, view["orders"][0]["unit_id"], view["orders"][0]["state"]) == (200, case.units[0], "sent")
    assert case.desk.sql("SELECT acknowledged_at, state FROM incidents") == [(None, "open")]
    # Nobody has taken it: the next ones are told, and any of them can.
    case.desk.pass_time(61)
    assert case.desk.published("incident.escalated.v1")
    assert case.act("acknowledge", sub="olga")[0] == 200
    assert case.act("close", closing, sub="olga", role="supervisor")[0] == 200


def test_conflicts_of_interest_come_from_registry_and_committee_twice_and_before_anything_else(
    desk: Dispatch, client: TestClient, issuer: Issuer
) -> None:
    enrolment, at = uuid4(), datetime.now(UTC)
    declared = FileConflictDeclared(enrolment_id=enrolment, person="ann", declared_at=at)
    conflict = ConflictDeclared(enrolment_id=enrolment, application_id=uuid4(), person="ann", declared_at=at)
    other = conflict.model_copy(update={"person": "bob"})
    tell(desk.context, declared, conflict, declared, other)
    tell(desk.context, declared)
    rows = desk.sql(f"SELECT DISTINCT subject FROM conflicts WHERE enrolment_id = '{enrolment}' ORDER BY 1")
    assert rows == [("ann",), ("bob",)]


def test_a_stream_that_is_open_forgets_at_once(case: Case) -> None:
    watcher = Watcher(
        "room", GHENT_ROOM, partial(Disclosures(case.desk.context.database).disclose, _caller(CONFLICTED))
    )

    def frames() -> tuple[int, str]:
        with case.desk.context.database.read() as session:
            [view] = load_views(case.desk.context, session, [case.incident], clock.now())
        return view.revision, b"".join(watcher.frames(view)).decode()

    first, text = frames()
    assert SECRET in text
    case.conflict()
    second, text = frames()
    # A new revision is what makes the streams send it.
    assert second > first
    assert SECRET not in text
    assert '"conflicted":true' in text
    case.conflict()
    assert frames()[0] == second


def test_the_change_notification_of_a_new_alarm_knows_of_conflicts(case: Case) -> None:
    device, enrolment, _ = everything_known(case.desk, SECRET)
    at = datetime.now(UTC)
    tell(case.desk.context, FileConflictDeclared(enrolment_id=enrolment, person=CONFLICTED, declared_at=at))
    bell: Any = Bell()
    case.desk.context.database.relay = bell
    raised = alarm(device)
    try:
        case.desk.press(raised)
    finally:
        case.desk.context.database.relay = None
    with case.desk.context.database.read() as session:
        [stored] = load_views(case.desk.context, session, [raised.alarm_id], clock.now())
    told = next(e for e in bell.rung() if e.incident_id == raised.alarm_id and e.encrypted)
    rung = decrypt_view(case.desk.context, told.incident_id, told.encrypted or "")
    assert rung.withheld_from == stored.withheld_from == [CONFLICTED]
    assert SECRET not in limit_view(_caller(CONFLICTED), rung).model_dump_json()


def test_a_crew_with_a_conflict_of_interest_holds_no_order_and_another_patrol_goes(
    desk: Dispatch, client: TestClient, issuer: Issuer
) -> None:
    case = Case(desk, client, issuer, "automatic")
    [(order, unit)] = desk.sql("SELECT id, unit_id FROM orders")
    case.conflict("Crew")
    crew = {"sub": "crew", "role": "unit", "unit": unit}
    assert case.call("GET", f"/v1/orders/{order}/photos/{case.photo}", **crew)[0] == 404
    status, view = case.call("POST", f"/v1/orders/{order}/receipt", **crew)
    assert (status, view["state"], view["card"], view["location"]) == (200, "declined", None, None)
    assert SECRET not in str(view)
    case.desk.pass_time(0)
    rows = desk.sql("SELECT unit_id, state, reason FROM orders ORDER BY created_at")
    assert rows == [(case.units[0], "declined", "conflict_of_interest"), (case.units[1], "sent", None)]


def test_a_patrol_on_its_way_is_not_called_back_by_a_late_conflict(
    desk: Dispatch, client: TestClient, issuer: Issuer
) -> None:
    case = Case(desk, client, issuer, "automatic")
    [(order, unit)] = desk.sql("SELECT id, unit_id FROM orders")
    crew = {"sub": "crew", "role": "unit", "unit": unit}
    assert case.call("POST", f"/v1/orders/{order}/en-route", **crew)[1]["card"]["victim"]["name"] == SECRET
    case.conflict("crew")
    _, view = case.call("POST", f"/v1/orders/{order}/on-scene", **crew)
    assert (view["state"], view["conflicted"], view["card"], view["location"]) == ("on_scene", True, None, None)
    closed, problem = case.call("POST", f"/v1/orders/{order}/close", {"outcome": "accidental"}, **crew)
    assert (closed, problem["type"]) == (403, "urn:stalkingalarm:conflicted")


def test_the_rooms_own_software_hears_whom_to_keep_it_from(case: Case) -> None:
    case.conflict()
    path = f"/v1/incidents/{case.incident}"
    _, view = case.call("GET", path, sub="the gateway", role="gateway")
    assert (view["withheld_from"], view["card"]["victim"]["name"]) == ([CONFLICTED], SECRET)
    assert case.call("GET", path, sub="olga")[1]["withheld_from"] == []
    hook = {"webhook_url": "http://127.0.0.1:1/", "webhook_secret": "whsec_" + "A" * 40}
    case.desk.policy(GHENT_ROOM, "proposed", **hook)
    found = Courier(case.desk.context)._load(case.incident, GHENT_ROOM)
    assert found is not None
    assert found[0].withheld_from == [CONFLICTED]


def test_the_log_says_what_was_shown_and_not_what_was_withheld(case: Case) -> None:
    case.conflict()
    case.call("GET", f"/v1/incidents/{case.incident}")
    disclosures = Disclosures(case.desk.context.database)
    with case.desk.context.database.read() as session:
        [view] = load_views(case.desk.context, session, [case.incident], clock.now())
    disclosures.disclose(_caller(CONFLICTED), view)
    disclosures.disclose(_caller("olga"), view)
    disclosures._write()
    about = f"incident:{case.incident}"
    rows = case.desk.sql(
        f"SELECT subject, fields FROM audit_entry WHERE about = '{about}' AND purpose = 'intervention'"
    )
    assert ("olga", ["card", "last_known_address", "location", "orders", "search"]) in rows
    assert CONFLICTED not in {subject for subject, _ in rows}
    # A photo is an entry of its own, each time.
    for _ in range(2):
        disclosures.log_photo(_caller("olga"), view)
    disclosures._write()
    photos = case.desk.sql(f"SELECT fields FROM audit_entry WHERE about = '{about}' AND subject = 'olga'")
    assert [fields for (fields,) in photos].count(["photo"]) == 2


def _caller(subject: str) -> Principal:
    return Principal(subject, frozenset({"operator"}), cic=GHENT_ROOM)
