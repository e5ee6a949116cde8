"""The registry over HTTP with real tokens and a real database: who may do what, and what is refused."""

from typing import Any
from uuid import UUID

import pytest

from contracts.registry import CardPublished
from services.registry.api import create_app
from services.registry.settings import RegistrySettings
from tests.support.builders import a_card
from tests.support.desks import Desk
from tests.support.registry import GHENT, LIEGE, WHY, device_body, identity, issued
from tests.support.tokens import AUDIT, ROLES, SIGN_IN, Issuer

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
    ("POST", f"{E}/conflicts"): MANAGER,
    ("POST", f"{E}/conflicts/withdraw"): MANAGER,
    ("POST", f"{E}/break-glass"): READER,
    ("GET", f"/v1/break-glass/{NOBODY}"): MANAGER,
    ("POST", "/v1/stock"): KEEPER,
    ("GET", "/v1/stock"): KEEPER,
    **{("POST", f"{S}/{do}"): KEEPER for do in ("take-back", "report-lost", "found", "retire")},
    **AUDIT,
    ("GET", "/v1/audit/witness/reporting"): {"auditor"},
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
    names |= {"break-glass": "access", "photos": "photo", "stock": "item"}
    tabled = set()
    for method, tested in ENDPOINTS:
        path = tested.replace("witness/reporting", "witness/{service}")
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
        ("PUT", f"{file}/card", a_card()),
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
    return {key: value for key, value in a_card().items() if key != name}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (a_card(cancel_code="123"), "cancel_code"),
        (a_card(duress_code="123456789"), "duress_code"),
        (a_card(duress_code="12a4"), "duress_code"),
        (a_card(duress_code=a_card()["cancel_code"]), "duress_code"),
        (without("cancel_code"), "duress_code"),
        (without("duress_code"), "duress_code"),
        ({"card": a_card()["card"]}, "cancel_code"),
        (a_card(card={"victim": {}}), "card.victim.name"),
        (a_card(card=a_card()["card"] | {"languages": ["xx"]}), "card.languages.0"),
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
        answer = registry.call("PUT", f"{file}/card", a_card(), **GHENT)
        assert answer["version"] == version
        assert a_card()["duress_code"] not in str(answer)
    cards = [e for e in registry.published(str(identity(file))) if e.type == "card.published.v1"]
    published = [CardPublished.model_validate(e.data) for e in cards]
    assert [p.version for p in published] == [1, 2]
    assert (published[0].cancel_code, published[0].duress_code) == (
        a_card()["cancel_code"],
        a_card()["duress_code"],
    )
    assert published[0].card.perpetrators[0].ref == published[1].card.perpetrators[0].ref
    assert published[1].managing_zone_id == "ghent"


def test_nobody_overwrites_unseen_what_somebody_else_wrote(registry: Desk, file: str) -> None:
    first = registry.call("PUT", f"{file}/card", a_card(edition=""), **GHENT)
    dogs = {"card": a_card()["card"] | {"dogs": "two, dangerous"}, "edition": first["edition"]}
    second = registry.call("PUT", f"{file}/card", dogs, **GHENT)
    late = {"card": a_card()["card"] | {"notes": "rings twice"}, "edition": first["edition"]}
    refused = registry.call("PUT", f"{file}/card", late, status=409, **GHENT)
    assert (refused["type"], refused["field"]) == ("urn:stalkingalarm:card-changed", "edition")
    assert registry.call("GET", f"{file}/card", **GHENT)["card"]["dogs"] == "two, dangerous"
    assert registry.call("GET", f"{file}/card", **GHENT)["edition"] == second["edition"] != first["edition"]
    # Who says no edition means what they say.
    registry.call("PUT", f"{file}/card", {"card": late["card"]}, **GHENT)


def test_two_victims_of_one_perpetrator_share_a_pseudonym(registry: Desk) -> None:
    def ref(person: dict[str, Any]) -> str:
        file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
        body = a_card(card=a_card()["card"] | {"perpetrators": [person]})
        answer = registry.call("PUT", f"{file}/card", body, **GHENT)
        return str(answer["card"]["perpetrators"][0]["ref"])

    assert ref({"name": "Jan Claes", "born_on": "1985-02-11"}) == ref(
        {"name": "claes, jan", "born_on": "1985-02-11"}
    )
    assert ref({"name": "Jan Claes"}) != ref({"name": "Jan Claes"})
    assert ref({"name": "X", "ref": str(UUID(int=7))}) == ref({"name": "Y", "ref": str(UUID(int=7))})


def test_personal_data_rests_encrypted(registry: Desk, file: str) -> None:
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)
    registry.call("PUT", f"{file}/police-report", {"pv_number": "GE.37.AUDIT_SEALED"}, **GHENT)
    registry.call("POST", f"{file}/convention", {"signed_on": "2026-03-02", "by": "An Peeters"}, **GHENT)
    issued(registry, file, phone_number="+32499998877")
    for table in ("enrolment_files", "issued_devices"):
        rows = registry.sql(f"SELECT * FROM {table}")
        everything = b"".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
        for secret in (b"Peeters", b"GE.37", b"+32499998877", b"Claes", b"Korenmarkt"):
            assert secret not in everything
