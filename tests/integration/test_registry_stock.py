"""The stock of a zone: what may be issued, what comes back, and what must not be issued again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from chassis.database.database import Database, engine_of
from services.registry.settings import RegistrySettings
from tests.support.desks import Desk, Who
from tests.support.registry import GHENT, complete, device_body, identity, press_test
from tests.support.registry_stock import TECHNICIAN, wanted

AALST: Who = {"role": "technician", "zone": "aalst", "sub": "tine"}
WIPED = {"wiped": True}


@pytest.fixture
def database(registry_settings: RegistrySettings) -> Iterator[Database]:
    engine = engine_of(registry_settings)
    yield Database(engine, "/services/registry")
    engine.dispose()


def entered(
    registry: Desk, kind: str = "button", who: Who = TECHNICIAN, serial: str | None = None
) -> dict[str, Any]:
    body = {"kind": kind, "serial": serial or f"S-{uuid4()}"}
    return dict(registry.call("POST", "/v1/stock", body, status=201, **who))


def seen(registry: Desk, item: dict[str, Any], who: Who = TECHNICIAN) -> dict[str, Any]:
    """The item as the list shows it."""
    found, after = list[dict[str, Any]](), ""
    while page := registry.call("GET", f"/v1/stock?limit=50{after}", **who):
        found += page
        after = f"&after={page[-1]['id']}"
    return next(each for each in found if each["id"] == item["id"])


def move(registry: Desk, item: dict[str, Any], action: str, status: int = 200, who: Who = TECHNICIAN) -> Any:
    body = WIPED if action == "take-back" else None
    return registry.call("POST", f"/v1/stock/{item['id']}/{action}", body, status=status, **who)


def hand_in(registry: Desk, device: str, action: str = "return", status: int = 200) -> None:
    registry.call("POST", f"/v1/devices/{device}/{action}", status=status, **GHENT)


def issued(registry: Desk, file: str, body: dict[str, Any], status: int = 201) -> Any:
    return registry.call("POST", f"{file}/devices", body, status=status, **GHENT)


def test_the_whole_life_of_a_button_and_a_phone(registry: Desk, database: Database, file: str) -> None:
    button, phone = entered(registry), entered(registry, "phone")
    assert (button["status"], button["device_id"], button["wiped_at"]) == ("stock", None, None)
    complete(registry, database, file, frozenset({"device"}))
    device = issued(registry, file, wanted(button_item_id=button["id"], phone_item_id=phone["id"]))
    assert (device["status"], device["button_serial"]) == ("matched", button["serial"])
    for item in (button, phone):
        now = seen(registry, item)
        assert (now["status"], now["device_id"], now["device_status"]) == ("issued", device["id"], "matched")
    press_test(database, device["id"])
    registry.call("POST", f"{file}/activate", **GHENT)
    assert seen(registry, button)["device_status"] == "active"
    # A swap: the new one works before the old one comes back, and the old one stays in the file's history.
    hand_in(registry, device["id"], status=409)
    second = entered(registry)
    other = issued(registry, file, wanted(button_item_id=second["id"]))
    press_test(database, other["id"])
    hand_in(registry, device["id"])
    assert [(d["id"], d["status"]) for d in registry.call("GET", file, **GHENT)["devices"]] == [
        (device["id"], "returned"),
        (other["id"], "active"),
    ]
    # It came back, and is no stock before it was wiped.
    assert (seen(registry, button)["status"], seen(registry, button)["device_id"]) == ("returned", None)
    refused = issued(registry, file, wanted(button_item_id=button["id"]), 409)
    assert (refused["type"], refused["field"]) == ("urn:stalkingalarm:stock-move-refused", "button_item_id")
    wiped = move(registry, button, "take-back")
    assert (wiped["status"], wiped["wiped_at"] is not None) == ("stock", True)
    third = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
    assert issued(registry, third, wanted(button_item_id=button["id"]))["button_serial"] == button["serial"]
    entries = [
        (e.type, e.data["status"]) for e in registry.published(str(identity(file))) if "device" in e.type
    ]
    assert entries == [
        ("device.changed.v1", status) for status in ("matched", "active", "matched", "active", "returned")
    ]


def test_the_old_key_is_never_used_again(registry: Desk, file: str) -> None:
    button = entered(registry)
    body = wanted(button_item_id=button["id"])
    hand_in(registry, issued(registry, file, body)["id"])
    move(registry, button, "take-back")
    assert issued(registry, file, body, 409)["field"] == "public_key"
    # What was refused took nothing from the stock.
    assert seen(registry, button)["status"] == "stock"
    issued(registry, file, wanted(button_item_id=button["id"]))


def test_what_was_lost_is_issued_again_only_when_it_was_found_and_wiped(registry: Desk, file: str) -> None:
    button = entered(registry)
    body = wanted(button_item_id=button["id"])
    device = issued(registry, file, body)["id"]
    hand_in(registry, device, "report-lost")
    assert seen(registry, button)["status"] == "lost"
    by_number = device_body() | {"button_serial": button["serial"]}
    for again in (wanted(button_item_id=button["id"]), by_number):
        assert issued(registry, file, again, 409)["field"] in ("button_item_id", "button_serial")
    # It is part of a file's device: there it is found, not in the cupboard.
    for action in ("found", "take-back", "retire", "report-lost"):
        assert move(registry, button, action, 409)["type"] == "urn:stalkingalarm:stock-move-refused"
    hand_in(registry, device, "reactivate")
    assert (seen(registry, button)["status"], seen(registry, button)["device_status"]) == ("issued", "matched")
    hand_in(registry, device, "report-lost")
    hand_in(registry, device)
    assert (
        issued(registry, file, by_number | {"public_key": device_body()["public_key"]}, 409)["status_now"]
        == "returned"
    )
    move(registry, button, "take-back")
    assert issued(registry, file, by_number)["status"] == "matched"


def test_what_is_lost_from_the_cupboard(registry: Desk, file: str) -> None:
    button = entered(registry)
    assert move(registry, button, "report-lost")["status"] == "lost"
    assert issued(registry, file, wanted(button_item_id=button["id"]), 409)["status_now"] == "lost"
    move(registry, button, "report-lost", 409)
    move(registry, button, "take-back", 409)
    # Nobody knows who had it: it is wiped too.
    assert move(registry, button, "found")["status"] == "returned"
    assert issued(registry, file, wanted(button_item_id=button["id"]), 409)["status_now"] == "returned"
    move(registry, button, "take-back")
    issued(registry, file, wanted(button_item_id=button["id"]))


def test_what_was_written_off_stays_so_and_its_number_may_come_anew(registry: Desk, file: str) -> None:
    button = entered(registry)
    assert move(registry, button, "retire")["status"] == "retired"
    for action in ("retire", "found", "take-back", "report-lost"):
        move(registry, button, action, 409)
    issued(registry, file, wanted(button_item_id=button["id"]), 409)
    by_number = device_body() | {"button_serial": button["serial"]}
    assert issued(registry, file, by_number, 409)["status_now"] == "retired"
    again = entered(registry, serial=button["serial"])
    assert (again["id"] != button["id"], again["status"]) == (True, "returned")
    issued(registry, file, by_number, 409)
    move(registry, again, "take-back")
    issued(registry, file, by_number)


def test_the_number_on_a_button_of_the_stock_names_it(registry: Desk, file: str) -> None:
    button = entered(registry)
    device = issued(registry, file, device_body() | {"button_serial": button["serial"]})
    assert seen(registry, button)["device_id"] == device["id"]


def typed() -> dict[str, Any]:
    """A device by the number on a button that no stock knows, and nobody said so."""
    return {name: value for name, value in device_body().items() if name != "not_in_stock"}


def test_where_stock_is_kept_a_number_that_it_does_not_know_is_a_slip_of_the_pen(
    registry: Desk, file: str
) -> None:
    button, body = entered(registry), typed()
    refused = issued(registry, file, body, 409)
    assert (refused["type"], refused["field"]) == ("urn:stalkingalarm:button-not-in-stock", "button_serial")
    assert issued(registry, file, body | {"not_in_stock": True})["status"] == "matched"
    # Said of one that is in the stock it changes nothing: that is where it comes from.
    assert issued(registry, file, typed() | {"button_serial": button["serial"], "not_in_stock": True})
    assert seen(registry, button)["status"] == "issued"


def test_a_zone_without_buttons_in_stock_issues_them_by_their_number(registry: Desk) -> None:
    manager: Who = {"role": "file_manager", "zone": "no-stock"}
    file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **manager)['id']}"
    registry.call("POST", "/v1/stock", {"kind": "phone", "serial": f"P-{uuid4()}"}, status=201, **manager)
    gone = registry.call(
        "POST", "/v1/stock", {"kind": "button", "serial": f"S-{uuid4()}"}, status=201, **manager
    )
    move(registry, gone, "retire", who=manager)
    registry.call("POST", f"{file}/devices", typed(), status=201, **manager)


def test_a_button_that_no_stock_knows_is_issued_as_ever(registry: Desk, file: str) -> None:
    body = device_body()
    device = issued(registry, file, body)
    refused = registry.call(
        "POST", "/v1/stock", {"kind": "button", "serial": body["button_serial"]}, status=409, **TECHNICIAN
    )
    assert (refused["type"], refused["field"]) == ("urn:stalkingalarm:device-already-issued", "serial")
    hand_in(registry, device["id"])
    # Somebody had it before: it is wiped first.
    assert entered(registry, serial=body["button_serial"])["status"] == "returned"


def test_twice(registry: Desk, file: str) -> None:
    button = entered(registry)
    body = {"kind": "button", "serial": button["serial"]}
    for who in (TECHNICIAN, GHENT, AALST):
        assert registry.call("POST", "/v1/stock", body, status=409, **who)["field"] == "serial"
    # A phone may have the number of a button.
    assert entered(registry, "phone", serial=button["serial"])["kind"] == "phone"
    issued(registry, file, wanted(button_item_id=button["id"]))
    assert issued(registry, file, wanted(button_item_id=button["id"]), 409)["status_now"] == "issued"


@pytest.mark.parametrize(
    "typed", ["btn-{}", "BTN\u2011{}", "BTN\u2013{}", "BTN-\u200b{}", "ＢＴＮ－{}", " BTN-{} ", "BTN \u00a0-{}"]
)
def test_one_button_has_one_number_however_it_is_typed(registry: Desk, file: str, typed: str) -> None:
    number = uuid4().hex[:8].upper()
    entered(registry, serial=f"BTN-{number}")
    again = {"kind": "button", "serial": typed.format(number)}
    assert registry.call("POST", "/v1/stock", again, status=409, **TECHNICIAN)["field"] == "serial"
    issued = device_body() | {"button_serial": f"BTN-{number}"}
    registry.call("POST", f"{file}/devices", issued, status=201, **GHENT)
    body = device_body() | {"button_serial": typed.format(number), "not_in_stock": True}
    refused = registry.call("POST", f"{file}/devices", body, status=409, **GHENT)
    assert refused["field"] == "button_serial"


def test_two_files_want_the_same_button(registry: Desk) -> None:
    files = [
        f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}" for _ in range(6)
    ]
    button = entered(registry)

    def want(path: str) -> int:
        return registry.raw_json("POST", f"{path}/devices", wanted(button_item_id=button["id"]), **GHENT)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(want, files)) == [201, *[409] * 5]


def test_another_zones_stock_does_not_exist(registry: Desk, file: str) -> None:
    button = entered(registry, who=AALST)
    for action in ("take-back", "report-lost", "found", "retire"):
        assert move(registry, button, action, 404)["type"] == "urn:stalkingalarm:stock-unknown"
    listed = registry.call("GET", "/v1/stock?limit=500", **TECHNICIAN)
    assert button["id"] not in {each["id"] for each in listed}
    assert issued(registry, file, wanted(button_item_id=button["id"]), 404)["field"] == "button_item_id"
    assert (
        issued(registry, file, device_body() | {"button_serial": button["serial"]}, 409)["field"]
        == "button_serial"
    )
    registry.call("POST", "/v1/stock", {"kind": "phone", "serial": "x"}, status=403, role="technician")
    registry.call("GET", "/v1/stock", status=403, role="technician")
    assert seen(registry, button, AALST)["status"] == "stock"


def test_each_item_is_in_one_place(registry: Desk, file: str) -> None:
    free, out, lost, back, gone = (entered(registry) for _ in range(5))
    issued(registry, file, wanted(button_item_id=out["id"]))
    hand_in(registry, issued(registry, file, wanted(button_item_id=lost["id"]))["id"], "report-lost")
    hand_in(registry, issued(registry, file, wanted(button_item_id=back["id"]))["id"])
    move(registry, gone, "retire")
    ours = {item["id"] for item in (free, out, lost, back, gone)}
    for place, items in (("here", (free, back)), ("out", (out, lost)), ("retired", (gone,))):
        found = registry.call("GET", f"/v1/stock?place={place}&limit=500", **TECHNICIAN)
        assert {each["id"] for each in found} & ours == {item["id"] for item in items}
    registry.call("GET", "/v1/stock?place=moon", status=422, **TECHNICIAN)


def test_with_a_file_goes_what_was_issued_to_it(registry: Desk, file: str) -> None:
    button, phone, left = entered(registry), entered(registry, "phone"), entered(registry)
    registry.call("POST", f"{file}/transfers", {"to_zone_id": "aalst", "reason": "moved"}, status=201, **GHENT)
    hand_in(registry, issued(registry, file, wanted(button_item_id=left["id"]))["id"])
    device = issued(registry, file, wanted(button_item_id=button["id"], phone_item_id=phone["id"]))["id"]
    manager: Who = {"role": "file_manager", "zone": "aalst", "sub": "alma"}
    (offer,) = registry.call("GET", "/v1/transfers", **manager)
    registry.call("POST", f"/v1/transfers/{offer['id']}/accept", **manager)
    registry.call("POST", f"/v1/devices/{device}/return", **manager)
    for item in (button, phone):
        assert seen(registry, item, AALST)["zone_id"] == "aalst"
        move(registry, item, "take-back", 404)
        assert move(registry, item, "take-back", who=AALST)["status"] == "stock"
    assert seen(registry, left)["status"] == "returned"


def test_who_has_a_conflict_of_interest_learns_nothing_of_the_file(registry: Desk, file: str) -> None:
    button, spare = entered(registry), entered(registry)
    device = issued(registry, file, wanted(button_item_id=button["id"]))["id"]
    for subject in ("theo", "tom"):
        body = {"subject": subject, "reason": "his brother"}
        assert registry.raw_json("POST", f"{file}/conflicts", body, **GHENT) == 204
    hand_in(registry, device, "report-lost")
    now = seen(registry, button)
    assert (now["status"], now["device_id"], now["device_status"]) == ("issued", None, None)
    conflicted: Who = {"role": "file_manager", "zone": "ghent", "sub": "tom"}
    registry.call("POST", f"{file}/devices", wanted(button_item_id=spare["id"]), status=404, **conflicted)
    assert seen(registry, spare)["status"] == "stock"
    assert seen(registry, button, GHENT)["device_id"] == device


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "horse", "serial": "1"}, "kind"),
        ({"kind": "button"}, "serial"),
        ({"kind": "button", "serial": "  "}, "serial"),
        ({"kind": "button", "serial": "x" * 201}, "serial"),
        ({"kind": "button", "serial": "a\x00b"}, "serial"),
        ({"kind": "button", "serial": "1", "zone_id": "aalst"}, "zone_id"),
    ],
)
def test_malformed_entries_name_their_field(registry: Desk, body: dict[str, Any], field: str) -> None:
    assert registry.call("POST", "/v1/stock", body, status=422, **TECHNICIAN)["field"] == field


@pytest.mark.parametrize("body", [{}, {"wiped": False}, {"wiped": None}, {"wiped": "perhaps"}])
def test_nothing_is_taken_back_that_nobody_says_was_wiped(
    registry: Desk, file: str, body: dict[str, Any]
) -> None:
    button = entered(registry)
    hand_in(registry, issued(registry, file, wanted(button_item_id=button["id"]))["id"])
    path = f"/v1/stock/{button['id']}/take-back"
    assert registry.call("POST", path, body, status=422, **TECHNICIAN)["field"] == "wiped"
    assert seen(registry, button)["status"] == "returned"


def test_a_device_names_one_button_and_of_the_right_kind(registry: Desk, file: str) -> None:
    button, phone = entered(registry), entered(registry, "phone")
    for body in (wanted(), device_body() | {"button_item_id": button["id"]}):
        assert issued(registry, file, body, 422)["field"] == "button_serial"
    assert issued(registry, file, wanted(button_item_id=phone["id"]), 404)["field"] == "button_item_id"
    swapped = wanted(button_item_id=button["id"], phone_item_id=button["id"])
    assert issued(registry, file, swapped, 404)["field"] == "phone_item_id"
    assert issued(registry, file, wanted(button_item_id="7"), 422)["field"] == "button_item_id"
    assert seen(registry, button)["status"] == "stock"


def test_the_audit_log_says_who_took_what(registry: Desk, file: str) -> None:
    button = entered(registry)
    issued(registry, file, wanted(button_item_id=button["id"]))
    seen(registry, button)
    told = registry.sql(
        f"SELECT subject, action, fields FROM audit_entry WHERE about = 'stock:{button['id']}' ORDER BY at"
    )
    assert told == [("theo", "write", ["stock.status"]), ("theo", "read", ["serial"])]


def test_an_ended_file_gets_nothing_from_the_stock(registry: Desk, file: str) -> None:
    registry.call("POST", f"{file}/end", **GHENT)
    button = entered(registry)
    issued(registry, file, wanted(button_item_id=button["id"]), 409)
    assert seen(registry, button)["status"] == "stock"
