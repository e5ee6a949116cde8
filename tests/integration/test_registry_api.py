"""The registry over HTTP with real tokens and a real database: refusals first."""

import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete
from sqlmodel import col, select

from chassis.database import Database, engine_of
from chassis.errors import Invalid
from contracts.committee import (
    AlarmEnding,
    AlarmGranted,
    AlarmProvisionallyGranted,
    AlarmRefused,
    ApplicationReopened,
)
from contracts.dispatch import TestRouted
from contracts.envelope import wrap
from contracts.registry import CardPublished
from services.registry import events
from services.registry.api import create_app
from services.registry.models import GrantRow
from services.registry.schemas.card import CARD
from services.registry.settings import RegistrySettings
from services.registry.usecases import devices, files
from tests.support.desks import Desk, Who
from tests.support.tokens import AUDIT, ROLES, SIGN_IN, Issuer

GHENT: Who = {"role": "file_manager", "zone": "ghent"}
LIEGE: Who = {"role": "file_manager", "zone": "liege"}
WHY = {"reason": "she is abroad until Monday"}
PAPERS = {"police_report", "grant", "convention", "card", "device", "test_press"}


@pytest.fixture(scope="module")
def database(registry_settings: RegistrySettings) -> Database:
    return Database(engine_of(registry_settings), "/services/registry")


@pytest.fixture
def file(registry: Desk) -> str:
    return f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"


def identity(path: str) -> UUID:
    return UUID(path.rpartition("/")[2])


def device_body() -> dict[str, Any]:
    """A key, a button that no stock has and a number. Any 32 bytes have the form of an Ed25519 public key."""
    key = base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
    named = {"button_serial": f"B-{uuid4()}", "not_in_stock": True}
    return {"public_key": key, "phone_number": "+32470123456", **named}


def issued(registry: Desk, file: str, **changes: str) -> str:
    return str(registry.call("POST", f"{file}/devices", device_body() | changes, status=201, **GHENT)["id"])


def grant(database: Database, enrolment: UUID, ends_in_days: int = 180) -> None:
    today = datetime.now(UTC).date()
    granted = AlarmGranted(
        enrolment_id=enrolment,
        application_id=uuid4(),
        protocol_id=uuid4(),
        protocol_version=1,
        decision_id=uuid4(),
        procedure="ordinary",
        decided_at=datetime.now(UTC),
        review_on=today,
        ends_on=today + timedelta(days=ends_in_days),
    )
    row = events.decision(wrap(granted, source="/services/committee"))
    assert row is not None
    with database.transaction() as tx:
        files.keep_decision(tx, row)


def press_test(database: Database, device_id: str, at: datetime | None = None) -> None:
    at = at or datetime.now(UTC)
    routed = TestRouted(
        test_id=uuid4(), device_id=UUID(device_id), control_room_id="cic", received_at=at, routed_at=at
    )
    test = events.passed_test(wrap(routed, source="/services/dispatch"))
    assert test is not None
    with database.transaction() as tx:
        devices.pass_test(tx, *test)


def complete(registry: Desk, database: Database, file: str, but: frozenset[str] = frozenset()) -> str | None:
    """Do all that activation needs except what `but` names; gives the device."""
    enrolment, device = identity(file), None
    if "police_report" not in but:
        registry.call("PUT", f"{file}/police-report", {"pv_number": "GE.37.L1.9/2026"}, **GHENT)
    if "convention" not in but:
        signed = {"signed_on": "2026-01-02", "by": "An Peeters"}
        registry.call("POST", f"{file}/convention", signed, **GHENT)
    if "card" not in but:
        registry.call("PUT", f"{file}/card", CARD, **GHENT)
    if "grant" not in but:
        grant(database, enrolment)
    if "device" not in but:
        device = issued(registry, file)
        if "test_press" not in but:
            press_test(database, device)
    return device


NOBODY = UUID(int=1)
E, D, T = f"/v1/enrolments/{NOBODY}", f"/v1/devices/{NOBODY}", f"/v1/transfers/{NOBODY}"
MANAGER, READER = {"file_manager"}, {"file_manager", "supervisor", "magistrate"}
KEEPER, S = {"technician", "file_manager"}, f"/v1/stock/{NOBODY}"
ENDPOINTS: dict[tuple[str, str], set[str]] = {
    ("POST", "/v1/enrolments"): MANAGER,
    ("GET", "/v1/enrolments"): MANAGER,
    ("GET", E): READER,
    ("PUT", f"{E}/card"): MANAGER,
    ("GET", f"{E}/card"): READER,
    ("GET", f"{E}/completeness"): MANAGER,
    ("PUT", f"{E}/police-report"): MANAGER,
    ("POST", f"{E}/convention"): MANAGER,
    ("POST", f"{E}/devices"): MANAGER,
    ("POST", f"{E}/activate"): MANAGER,
    ("POST", f"{E}/suspend"): MANAGER,
    ("POST", f"{E}/end"): MANAGER,
    ("POST", f"{D}/suspend"): MANAGER,
    ("POST", f"{D}/report-lost"): MANAGER,
    ("POST", f"{D}/return"): MANAGER,
    ("POST", f"{D}/reactivate"): MANAGER,
    ("POST", f"{E}/transfers"): MANAGER,
    ("GET", "/v1/transfers"): MANAGER,
    ("POST", f"{T}/accept"): MANAGER,
    ("POST", f"{T}/decline"): MANAGER,
    ("POST", f"{T}/withdraw"): MANAGER,
    ("GET", "/v1/reminders"): MANAGER,
    ("POST", f"/v1/reminders/{NOBODY}/settle"): MANAGER,
    ("POST", "/v1/search"): MANAGER,
    ("GET", f"{E}/export"): MANAGER,
    ("POST", f"{E}/restrict"): MANAGER,
    ("POST", f"{E}/unrestrict"): MANAGER,
    ("POST", f"{E}/erase"): MANAGER,
    ("POST", "/v1/imports"): MANAGER,
    ("POST", f"{E}/photos"): MANAGER,
    ("GET", f"{E}/photos"): READER,
    ("GET", f"{E}/photos/{NOBODY}"): READER,
    ("DELETE", f"{E}/photos/{NOBODY}"): MANAGER,
    ("POST", f"{E}/ties"): MANAGER,
    ("POST", f"{E}/break-glass"): READER,
    ("GET", f"/v1/openings/{NOBODY}"): MANAGER,
    ("POST", "/v1/stock"): KEEPER,
    ("GET", "/v1/stock"): KEEPER,
    **{("POST", f"{S}/{do}"): KEEPER for do in ("take-back", "report-lost", "found", "retire")},
    **AUDIT,
}


@pytest.mark.parametrize("role", ROLES)
def test_role_by_endpoint(registry: Desk, issuer: Issuer, role: str) -> None:
    headers = issuer.headers(role, zone="roles", partner="p")
    for (method, path), roles in ENDPOINTS.items():
        status = registry.raw(method, path, headers)
        assert (status == 403) == (role not in roles), f"{role} {method} {path}: {status}"
        assert status < 500


def test_the_table_names_every_endpoint(registry_settings: RegistrySettings) -> None:
    paths = create_app(registry_settings).openapi()["paths"]
    known = {(m.upper(), p) for p, methods in paths.items() for m in methods if not p.startswith("/health")}
    names = {"enrolments": "enrolment", "devices": "device", "transfers": "transfer", "reminders": "reminder"}
    names |= {"openings": "opening", "photos": "photo", "stock": "item"}
    tabled = set()
    for method, tested in ENDPOINTS:
        path = tested
        for plural, one in names.items():
            path = path.replace(f"/{plural}/{NOBODY}", f"/{plural}/{{{one}_id}}")
        tabled.add((method, path))
    assert known == tabled | SIGN_IN


def test_no_token_and_no_zone_open_nothing(registry: Desk) -> None:
    for method, path in ENDPOINTS:
        assert registry.raw(method, path, {}) == 401
    refused = registry.call("POST", "/v1/enrolments", status=403, role="file_manager")
    assert refused["field"] == "zone"
    registry.call("GET", "/v1/enrolments", status=403, role="file_manager")


def test_another_zones_file_does_not_exist(registry: Desk, file: str) -> None:
    device = f"/v1/devices/{issued(registry, file)}"
    calls: tuple[tuple[str, str, Any], ...] = (
        ("GET", file, None),
        ("PUT", f"{file}/card", CARD),
        ("GET", f"{file}/card", None),
        ("PUT", f"{file}/police-report", {"pv_number": "x"}),
        ("POST", f"{file}/convention", {"signed_on": "2026-01-01", "by": "x"}),
        ("POST", f"{file}/devices", device_body()),
        ("POST", f"{file}/activate", None),
        ("POST", f"{file}/suspend", WHY),
        ("POST", f"{file}/end", None),
        *(("POST", f"{device}/{do}", None) for do in ("suspend", "report-lost", "return", "reactivate")),
    )
    for method, path, body in calls:
        registry.call(method, path, body, status=404, **LIEGE)
    listed = {row["id"] for row in registry.call("GET", "/v1/enrolments", **GHENT)}
    assert str(identity(file)) in listed
    assert registry.call("GET", "/v1/enrolments", **LIEGE) == []
    assert registry.call("GET", file, **GHENT)["status"] == "open"


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CARD.items() if key != name}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (CARD | {"cancel_code": "123"}, "cancel_code"),
        (CARD | {"duress_code": "123456789"}, "duress_code"),
        (CARD | {"duress_code": "12a4"}, "duress_code"),
        (CARD | {"duress_code": CARD["cancel_code"]}, "duress_code"),
        (without("cancel_code"), "duress_code"),
        (without("duress_code"), "duress_code"),
        ({"card": CARD["card"]}, "cancel_code"),
        (CARD | {"card": {"victim": {}}}, "card.victim.name"),
        (CARD | {"card": CARD["card"] | {"languages": ["xx"]}}, "card.languages.0"),
    ],
)
def test_a_wrong_card_names_its_field(registry: Desk, file: str, body: dict[str, Any], field: str) -> None:
    refused = registry.call("PUT", f"{file}/card", body, status=422, **GHENT)
    assert refused["field"] == field
    assert str(body.get("duress_code")) not in str(refused)
    registry.call("GET", f"{file}/card", status=404, **GHENT)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("police-report", {"pv_number": "  "}, "pv_number"),
        ("convention", {"signed_on": "2999-01-01", "by": "An"}, "signed_on"),
        ("convention", {"signed_on": "2026-01-01", "by": ""}, "by"),
        (
            "devices",
            {"public_key": "short", "button_serial": "B", "phone_number": "+32470000000"},
            "public_key",
        ),
        ("devices", device_body() | {"phone_number": "0470"}, "phone_number"),
        ("devices", device_body() | {"button_serial": " "}, "button_serial"),
    ],
)
def test_a_wrong_field_is_named(registry: Desk, file: str, path: str, body: dict[str, str], field: str) -> None:
    method = "PUT" if path == "police-report" else "POST"
    assert registry.call(method, f"{file}/{path}", body, status=422, **GHENT)["field"] == field


def test_the_card_travels_with_its_codes_and_a_rising_version(registry: Desk, file: str) -> None:
    for version in (1, 2):
        answer = registry.call("PUT", f"{file}/card", CARD, **GHENT)
        assert answer["version"] == version
        assert CARD["duress_code"] not in str(answer)
    cards = [e for e in registry.published(str(identity(file))) if e.type == "card.published.v1"]
    published = [CardPublished.model_validate(e.data) for e in cards]
    assert [p.version for p in published] == [1, 2]
    assert (published[0].cancel_code, published[0].duress_code) == (CARD["cancel_code"], CARD["duress_code"])
    assert published[0].card.perpetrators[0].ref == published[1].card.perpetrators[0].ref
    assert published[1].managing_zone_id == "ghent"


def test_nobody_overwrites_unseen_what_somebody_else_wrote(registry: Desk, file: str) -> None:
    first = registry.call("PUT", f"{file}/card", CARD | {"edition": ""}, **GHENT)
    dogs = {"card": CARD["card"] | {"dogs": "two, dangerous"}, "edition": first["edition"]}
    second = registry.call("PUT", f"{file}/card", dogs, **GHENT)
    late = {"card": CARD["card"] | {"notes": "rings twice"}, "edition": first["edition"]}
    refused = registry.call("PUT", f"{file}/card", late, status=409, **GHENT)
    assert (refused["type"], refused["field"]) == ("urn:stalkingalarm:card-changed", "edition")
    assert registry.call("GET", f"{file}/card", **GHENT)["card"]["dogs"] == "two, dangerous"
    assert registry.call("GET", f"{file}/card", **GHENT)["edition"] == second["edition"] != first["edition"]
    # Who says no edition means what they say.
    registry.call("PUT", f"{file}/card", {"card": late["card"]}, **GHENT)


def test_two_victims_of_one_perpetrator_share_a_pseudonym(registry: Desk) -> None:
    def ref(person: dict[str, Any]) -> str:
        file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
        body = CARD | {"card": CARD["card"] | {"perpetrators": [person]}}
        answer = registry.call("PUT", f"{file}/card", body, **GHENT)
        return str(answer["card"]["perpetrators"][0]["ref"])

    assert ref({"name": "Jan Claes", "born_on": "1985-02-11"}) == ref(
        {"name": "claes, jan", "born_on": "1985-02-11"}
    )
    assert ref({"name": "Jan Claes"}) != ref({"name": "Jan Claes"})
    assert ref({"name": "X", "ref": str(UUID(int=7))}) == ref({"name": "Y", "ref": str(UUID(int=7))})


def test_activation_without_anything_names_everything(registry: Desk, file: str) -> None:
    refused = registry.call("POST", f"{file}/activate", status=409, **GHENT)
    assert refused["type"] == "urn:stalkingalarm:activation-refused"
    assert set(refused["missing"]) == PAPERS
    assert registry.call("GET", file, **GHENT)["preconditions"] == dict.fromkeys(PAPERS, False)


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_each_missing_precondition_refuses_activation(
    registry: Desk, database: Database, file: str, name: str
) -> None:
    complete(registry, database, file, frozenset({name}))
    refused = registry.call("POST", f"{file}/activate", status=409, **GHENT)
    # Without a device nothing can have been tested either.
    assert set(refused["missing"]) == ({name, "test_press"} if name == "device" else {name})
    read = registry.call("GET", file, **GHENT)
    assert (read["status"], set(read["missing"])) == ("open", set(refused["missing"]))


def test_activation(registry: Desk, database: Database, file: str) -> None:
    device = complete(registry, database, file)
    assert device is not None
    active = registry.call("POST", f"{file}/activate", **GHENT)
    assert (active["status"], active["missing"]) == ("active", [])
    assert active["devices"][0]["status"] == "active"
    assert active["pv_number"] == "GE.37.L1.9/2026"
    seen = registry.published(str(identity(file)))
    assert [(e.data["status"], e.data["version"]) for e in seen if e.type == "device.changed.v1"] == [
        ("matched", 1),
        ("active", 2),
    ]
    assert [e.data["status"] for e in seen if e.type == "enrolment.changed.v1"] == ["open", "active"]
    registry.call("POST", f"{file}/activate", status=409, **GHENT)


def test_a_date_that_passed_and_a_late_refusal_switch_nothing_off(
    registry: Desk, database: Database, file: str
) -> None:
    complete(registry, database, file, frozenset({"grant"}))
    assert registry.call("POST", f"{file}/activate", status=409, **GHENT)["missing"] == ["grant"]
    # Its end came and the committee is late: what was suspended for a repair must be switched on again.
    grant(database, identity(file), ends_in_days=-2)
    assert registry.call("POST", f"{file}/activate", **GHENT)["status"] == "active"
    refused = AlarmRefused(
        enrolment_id=identity(file),
        application_id=uuid4(),
        protocol_id=uuid4(),
        protocol_version=1,
        decision_id=uuid4(),
        decided_at=datetime.now(UTC),
    )
    row = events.decision(wrap(refused, source="/services/committee"))
    assert row is not None
    with database.transaction() as tx:
        files.keep_decision(tx, row)
    assert registry.call("GET", file, **GHENT)["status"] == "active"


def test_suspension_takes_the_devices_along_and_return_needs_a_new_test(
    registry: Desk, database: Database, file: str
) -> None:
    registry.call("POST", f"{file}/suspend", WHY, status=409, **GHENT)
    device = complete(registry, database, file)
    assert device is not None
    registry.call("POST", f"{file}/activate", **GHENT)
    before = datetime.now(UTC)
    assert registry.call("POST", f"{file}/suspend", WHY, **GHENT)["devices"][0]["status"] == "suspended"
    missing = registry.call("POST", f"{file}/activate", status=409, **GHENT)["missing"]
    assert missing == ["device", "test_press"]
    assert registry.call("POST", f"/v1/devices/{device}/reactivate", **GHENT)["status"] == "matched"
    press_test(database, device, before)
    assert registry.call("POST", f"{file}/activate", status=409, **GHENT)["missing"] == ["test_press"]
    press_test(database, device)
    assert registry.call("POST", f"{file}/activate", **GHENT)["devices"][0]["status"] == "active"


def test_a_swapped_device_keeps_its_history_and_the_new_one_works_after_its_test(
    registry: Desk, database: Database, file: str
) -> None:
    old = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    registry.call("POST", f"/v1/devices/{old}/report-lost", **GHENT)
    new = issued(registry, file)
    assert states(registry, file) == {old: "lost", new: "matched"}
    press_test(database, new)
    # A copy changes nothing.
    press_test(database, new)
    assert states(registry, file) == {old: "lost", new: "active"}
    versions = [
        e.data["version"] for e in registry.published(str(identity(file))) if e.data.get("device_id") == new
    ]
    assert versions == [1, 2]


def states(registry: Desk, file: str) -> dict[str, str]:
    return {d["id"]: d["status"] for d in registry.call("GET", file, **GHENT)["devices"]}


def test_a_button_or_key_that_is_out_is_refused(registry: Desk, file: str) -> None:
    first = device_body()
    device = registry.call("POST", f"{file}/devices", first, status=201, **GHENT)["id"]
    for name in ("public_key", "button_serial"):
        again = device_body() | {name: first[name]}
        refused = registry.call("POST", f"{file}/devices", again, status=409, **GHENT)
        assert (refused["type"], refused["field"]) == ("urn:stalkingalarm:device-already-issued", name)
    registry.call("POST", f"/v1/devices/{device}/report-lost", **GHENT)
    again = device_body() | {"button_serial": first["button_serial"]}
    registry.call("POST", f"{file}/devices", again, status=409, **GHENT)
    registry.call("POST", f"/v1/devices/{device}/return", **GHENT)
    registry.call("POST", f"{file}/devices", again, status=201, **GHENT)


def test_a_device_that_was_handed_in_stays_so(registry: Desk, file: str) -> None:
    device = f"/v1/devices/{issued(registry, file)}"
    registry.call("POST", f"{device}/return", **GHENT)
    for action in ("suspend", "report-lost", "return", "reactivate"):
        refused = registry.call("POST", f"{device}/{action}", status=409, **GHENT)
        assert refused["type"] == "urn:stalkingalarm:device-move-refused"


def test_a_test_of_an_unknown_device_is_nothing(registry: Desk, database: Database) -> None:
    press_test(database, str(uuid4()))
    registry.call("POST", f"/v1/devices/{uuid4()}/suspend", status=404, **GHENT)


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        ("alarm.granted.v1", events.decision),
        ("alarm.refused.v1", events.decision),
        ("test.routed.v1", events.passed_test),
    ],
)
def test_a_broken_event_is_not_worth_a_second_try(kind: str, read: Callable[[Any], Any]) -> None:
    routed = TestRouted(
        test_id=uuid4(),
        device_id=uuid4(),
        control_room_id="cic",
        received_at=datetime.now(UTC),
        routed_at=datetime.now(UTC),
    )
    event = wrap(routed, source="/services/dispatch").model_copy(update={"type": kind, "data": {}})
    with pytest.raises(Invalid):
        read(event)
    assert read(event.model_copy(update={"type": "message.parked.v1"})) is None


def test_personal_data_rest_sealed(registry: Desk, file: str) -> None:
    registry.call("PUT", f"{file}/card", CARD, **GHENT)
    registry.call("PUT", f"{file}/police-report", {"pv_number": "GE.37.SEALED"}, **GHENT)
    registry.call("POST", f"{file}/convention", {"signed_on": "2026-03-02", "by": "An Peeters"}, **GHENT)
    issued(registry, file, phone_number="+32499998877")
    for table in ("enrolment_file", "issued_device"):
        rows = registry.sql(f"SELECT * FROM {table}")
        everything = b"".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
        for secret in (b"Peeters", b"GE.37", b"+32499998877", b"Claes", b"Korenmarkt"):
            assert secret not in everything


def to_end(database: Database, enrolment: UUID) -> None:
    """The committee wants every granted alarm of this enrolment ended."""
    with database.read() as session:
        decided = session.exec(select(GrantRow).where(col(GrantRow.enrolment_id) == enrolment)).all()
    for row in decided:
        ending = AlarmEnding(
            enrolment_id=enrolment,
            application_id=row.application_id,
            cause="review",
            decided_at=row.decided_at + timedelta(seconds=1),
        )
        refused = AlarmRefused(
            enrolment_id=enrolment,
            application_id=row.application_id,
            decision_id=uuid4(),
            decided_at=ending.decided_at,
        )
        for event in (ending, refused, ending):  # in any order, and twice
            found = events.decision(wrap(event, source="/services/committee"))
            assert found is not None
            with database.transaction() as tx:
                files.keep_decision(tx, found)


def test_an_alarm_ends_when_the_committee_and_the_desk_both_say_so(
    registry: Desk, database: Database, file: str
) -> None:
    device = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    refused = registry.call("POST", f"{file}/end", status=409, **GHENT)
    assert (refused["type"], refused["missing"]) == ("urn:stalkingalarm:end-refused", ["decision", "device"])
    gap = registry.call("POST", f"/v1/devices/{device}/return", status=409, **GHENT)
    assert gap["type"] == "urn:stalkingalarm:gap-in-protection"
    to_end(database, identity(file))
    read = registry.call("GET", file, **GHENT)
    assert (read["to_end"], read["status"], read["devices"][0]["status"]) == (True, "active", "active")
    assert registry.call("POST", f"{file}/end", status=409, **GHENT)["missing"] == ["device"]
    registry.call("POST", f"/v1/devices/{device}/return", **GHENT)
    assert registry.call("POST", f"{file}/end", **GHENT)["status"] == "ended"
    ended = {event.type: event for event in registry.published(str(identity(file)))}
    assert ended["enrolment.changed.v1"].data["status"] == "ended"
    assert ended["card.withdrawn.v1"].data["version"] > 1
    for method, path, body in (("PUT", f"{file}/card", CARD), ("POST", f"{file}/devices", device_body())):
        registry.call(method, path, body, status=409, **GHENT)
    registry.call("POST", f"{file}/activate", status=409, **GHENT)


def test_a_file_that_never_had_an_alarm_is_closed_by_the_desk(registry: Desk, file: str) -> None:
    device = issued(registry, file)
    assert registry.call("POST", f"{file}/end", status=409, **GHENT)["missing"] == ["device"]
    registry.call("POST", f"/v1/devices/{device}/return", **GHENT)
    assert registry.call("POST", f"{file}/end", **GHENT)["status"] == "ended"


def test_a_swap_leaves_no_gap(registry: Desk, database: Database, file: str) -> None:
    old = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    new = issued(registry, file)
    registry.call("POST", f"/v1/devices/{old}/return", status=409, **GHENT)  # the new one is not tested yet
    press_test(database, new)
    assert registry.call("POST", f"/v1/devices/{old}/return", **GHENT)["status"] == "returned"
    history = [device["status"] for device in registry.call("GET", file, **GHENT)["devices"]]
    assert history == ["returned", "active"]


def test_suspending_first_leaves_no_gap_either(registry: Desk, database: Database, file: str) -> None:
    old = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    registry.call("POST", f"{file}/suspend", WHY, **GHENT)
    gap = registry.call("POST", f"/v1/devices/{old}/return", status=409, **GHENT)
    assert gap["type"] == "urn:stalkingalarm:gap-in-protection"
    issued(registry, file)
    assert registry.call("POST", f"/v1/devices/{old}/return", **GHENT)["status"] == "returned"


def test_what_was_granted_is_not_ended_by_the_desk_alone(registry: Desk, database: Database, file: str) -> None:
    grant(database, identity(file))
    assert registry.call("POST", f"{file}/end", status=409, **GHENT)["missing"] == ["decision"]


def test_who_asks_for_a_review_gets_the_alarm_kept(registry: Desk, database: Database, file: str) -> None:
    device = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    application = uuid4()
    common = {
        "enrolment_id": identity(file),
        "application_id": application,
        "protocol_id": uuid4(),
        "protocol_version": 1,
    }
    at = datetime.now(UTC)
    with database.transaction() as tx:
        tx.session.execute(delete(GrantRow).where(col(GrantRow.enrolment_id) == identity(file)))
    facts = [
        AlarmProvisionallyGranted(**common, number=2, decision_id=uuid4(), decided_at=at, ratify_by=at),
        AlarmEnding(**common, number=3, cause="not_ratified", decided_at=at),
        # By a clock that is behind: the number tells that it is the last.
        ApplicationReopened(**common, number=4, alive=True, reopened_at=at - timedelta(hours=1)),
    ]
    for order in ((0, 1), (1,), (2, 0, 1)):
        for n in order:
            row = events.decision(wrap(facts[n], source="/services/committee"))
            assert row is not None
            with database.transaction() as tx:
                files.keep_decision(tx, row)
    assert registry.call("GET", file, **GHENT)["to_end"] is False
    registry.call("POST", f"/v1/devices/{device}/return", status=409, **GHENT)
    registry.call("POST", f"{file}/end", status=409, **GHENT)


def test_what_ended_stays_so_and_somebody_is_told(registry: Desk, database: Database, file: str) -> None:
    device = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    offer = registry.call(
        "POST", f"{file}/transfers", {"to_zone_id": "liege", "reason": "moved"}, status=201, **GHENT
    )
    registry.call("POST", f"/v1/devices/{device}/report-lost", **GHENT)
    to_end(database, identity(file))
    assert registry.call("POST", f"{file}/end", **GHENT)["status"] == "ended"
    # Neither does another zone bring its card back, nor a device that was found.
    registry.call("POST", f"/v1/transfers/{offer['id']}/accept", status=409, **LIEGE)
    assert registry.published(str(identity(file)))[-1].type != "card.published.v1"
    registry.call("POST", f"/v1/devices/{device}/reactivate", status=409, **GHENT)
    grant(database, identity(file))
    reminders = registry.call("GET", "/v1/reminders?limit=500", **GHENT)
    assert "granted" in [each["kind"] for each in reminders if each["enrolment_id"] == str(identity(file))]
