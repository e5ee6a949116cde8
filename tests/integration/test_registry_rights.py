"""A person asks: a copy, to be left alone, to be forgotten. And an existing list becomes files."""

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database.database import Database, engine_of
from contracts.committee import AlarmEnding, AlarmGranted
from contracts.envelope import wrap
from services.registry.events import incoming as events
from services.registry.settings import RegistrySettings
from services.registry.usecases import files
from tests.support.builders import a_card
from tests.support.days import today
from tests.support.desks import Desk, Who
from tests.support.registry import GHENT, LIST, device_body, picture

LIEGE: Who = {"role": "file_manager", "zone": "liege", "sub": "luc"}
DUTY: Who = {"role": "supervisor", "sub": "rita"}
CONFLICTED: Who = {"role": "file_manager", "zone": "ghent", "sub": "tom"}
CONFLICT = {"subject": "tom", "reason": "married to Jan Claes"}


@pytest.fixture(scope="module")
def database(registry_settings: RegistrySettings) -> Database:
    return Database(engine_of(registry_settings), "/services/registry")


@pytest.fixture
def file(registry: Desk) -> str:
    path = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
    registry.call("PUT", f"{path}/card", a_card(), **GHENT)
    registry.call("PUT", f"{path}/police-report", {"pv_number": "GE.9/2026"}, **GHENT)
    return path


def ended(registry: Desk, database: Database, file: str) -> None:
    """The committee granted it once, ended it, and the desk closed the file."""
    common = {
        "enrolment_id": UUID(file.rpartition("/")[2]),
        "application_id": uuid4(),
        "protocol_id": uuid4(),
        "protocol_version": 1,
    }
    at = datetime.now(UTC)
    dates = {"review_on": today(), "ends_on": today(), "procedure": "ordinary"}
    for fact in (
        AlarmGranted(**common, number=1, decision_id=uuid4(), decided_at=at, **dates),
        AlarmEnding(**common, number=2, cause="review", decided_at=at),
    ):
        row = events.decision(wrap(fact, source="/services/committee"))
        assert row is not None
        with database.transaction() as tx:
            files.record_decision(tx, row)
    registry.call("POST", f"{file}/end", **GHENT)


def declined(registry: Desk, file: str) -> None:
    """Liège was offered the file and did not take it."""
    body = {"to_zone_id": "liege", "reason": "she moved"}
    offer = registry.call("POST", f"{file}/transfers", body, status=201, **GHENT)
    registry.call("POST", f"/v1/transfers/{offer['id']}/decline", {"reason": "she did not"}, **LIEGE)


def test_a_copy_of_everything_but_the_codes(registry: Desk, file: str) -> None:
    device = device_body()
    registry.call("POST", f"{file}/devices", device, status=201, **GHENT)
    copy = registry.call("GET", f"{file}/export", **GHENT)
    assert copy["card"]["victim"]["name"] == "An Peeters"
    assert (copy["pv_number"], copy["devices"][0]["phone_number"]) == ("GE.9/2026", device["phone_number"])
    assert "2468" not in str(copy["card"])
    assert "cancel_code" not in str(copy)
    registry.call("GET", f"{file}/export", status=404, **LIEGE)


def test_the_copy_leaves_nothing_out_but_what_protects_others(registry: Desk, file: str) -> None:
    her_face, his_face = picture(), picture()
    who = registry.call("GET", f"{file}/card", **GHENT)["card"]["perpetrators"][0]["ref"]
    for raw, of in ((her_face, ""), (his_face, f"&of={who}")):
        assert registry.upload(f"{file}/photos?taken_on={today()}{of}", raw, **GHENT).status_code == 201
    declined(registry, file)
    registry.call("POST", f"{file}/break-glass", {"reason": "she ran"}, status=201, **DUTY)
    registry.call("POST", f"{file}/conflicts", CONFLICT, status=204, **GHENT)
    copy = registry.call("GET", f"{file}/export", **GHENT)
    (transfer,) = copy["transfers"]
    assert (transfer["reason"], transfer["declined"]) == ("she moved", "she did not")
    assert [each["reason"] for each in copy["break_glass"]] == ["she ran"]
    assert {"break_glass", "transfer", "photo"} <= {each["kind"] for each in copy["reminders"]}
    hers, his = sorted(copy["photos"], key=lambda each: bool(each["shows"]))
    for photo in (hers, his):
        assert registry.answer(photo["path"], **GHENT).headers["content-type"] == "image/jpeg"
    assert base64.b64decode(hers["jpeg"]) == registry.answer(hers["path"], **GHENT).content
    assert (his["shows"], "jpeg" in his) == (who, False)
    # Who of the staff did what, and who has a conflict of interest and why, is theirs.
    for other in ("mieke", "rita", "tom", "married"):
        assert other not in str(copy)


def test_left_alone_nobody_changes_it(registry: Desk, file: str) -> None:
    registry.call("POST", f"{file}/restrict", **GHENT)
    for method, path, body in (
        ("PUT", f"{file}/card", a_card()),
        ("PUT", f"{file}/police-report", {"pv_number": "GE.10/2026"}),
        ("POST", f"{file}/devices", device_body()),
    ):
        refused = registry.call(method, path, body, status=409, **GHENT)
        assert refused["type"] == "urn:stalkingalarm:file-restricted"
    registry.call("GET", file, **GHENT)
    registry.call("POST", f"{file}/unrestrict", **GHENT)
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)


def test_forgotten_only_what_the_law_wants_stays(registry: Desk, database: Database, file: str) -> None:
    registry.call("POST", f"{file}/erase", status=409, **GHENT)
    declined(registry, file)
    opened = registry.call("POST", f"{file}/break-glass", {"reason": "Jan Claes"}, status=201, **DUTY)
    registry.call("POST", f"{file}/conflicts", CONFLICT, status=204, **GHENT)
    ended(registry, database, file)
    registry.call("POST", f"{file}/restrict", **GHENT)
    registry.call("POST", f"{file}/erase", status=409, **GHENT)
    registry.call("POST", f"{file}/unrestrict", **GHENT)
    assert registry.call("POST", f"{file}/erase", **GHENT)["status"] == "ended"
    left = registry.call("GET", f"{file}/export", **GHENT)
    assert (left["card"], left["pv_number"]) == (None, None)
    assert left["file"]["ended_at"]
    # Nothing that was encrypted is left, with whatever key; that it happened, and who did it, is.
    for table, column in (
        ("file_conflicts", "encrypted"),
        ("break_glass", "encrypted"),
        ("transfers", "encrypted"),
        ("photos", "encrypted"),
    ):
        rows = registry.sql(f"SELECT {column} FROM {table} WHERE enrolment_id = '{file.rpartition('/')[2]}'")
        assert [bytes(row[0] or b"") for row in rows] == [b""] * (table != "photos"), table
    assert registry.call("GET", f"/v1/break-glass/{opened['id']}", **GHENT)["subject"] == "rita"
    registry.call("GET", f"{file}/export", status=404, **CONFLICTED)
    assert left["decisions"]
    registry.call("GET", f"{file}/card", status=404, **GHENT)
    hits = registry.call("POST", "/v1/search", {"text": "An Peeters"}, **GHENT)
    assert file.rpartition("/")[2] not in [hit["enrolment_id"] for hit in hits]


def imported(registry: Desk, text: str, dry: bool, status: int = 200, who: Who = GHENT) -> dict[str, object]:
    answer = registry.text("POST", f"/v1/imports?dry_run={str(dry).lower()}", text, **who)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_a_list_is_tried_first_and_never_taken_twice(registry: Desk) -> None:
    who: Who = {"role": "file_manager", "zone": "importing"}
    dry = imported(registry, LIST, True, who=who)
    assert (dry["lines"], dry["made"], dry["problems"]) == (2, [], [])
    assert registry.call("GET", "/v1/enrolments", **who) == []
    made = imported(registry, LIST, False, who=who)
    assert len(made["made"]) == 2  # type: ignore[arg-type]
    card = registry.call("GET", f"/v1/enrolments/{made['made'][0]}/card", **who)["card"]  # type: ignore[index]
    assert [weapon["text"] for weapon in card["perpetrators"][0]["weapons"]] == ["knife", "hammer"]
    again = imported(registry, LIST + "A-3,Mia Desmet,3333,4444,,,,\n", False, who=who)
    assert (again["known"], len(again["made"])) == (2, 1)  # type: ignore[arg-type]
    assert len(registry.call("GET", "/v1/enrolments", **who)) == 3


def test_every_problem_of_every_line_is_named_and_nothing_made(registry: Desk) -> None:
    who: Who = {"role": "file_manager", "zone": "faulty"}
    wrong = (
        "reference;victim_name;cancel_code;duress_code;victim_born_on\n"
        "B-1;Good One;2468;1357;1990-01-02\n"
        "B-2;;2468;1357;\n"
        "B-3;Same Codes;2468;2468;\n"
        "B-1;Twice;11a1;2222;not a date\n"
    )
    told = imported(registry, wrong, False, who=who)
    problems: list[dict[str, Any]] = told["problems"]  # type: ignore[assignment]
    assert {(p["line"], p["column"], p["code"]): p["params"] for p in problems} == {
        (3, "victim_name", "missing"): {},
        (4, "duress_code", "codes_equal"): {},
        (5, "victim_born_on", "date_from_datetime_parsing"): {},
        (5, "cancel_code", "string_pattern_mismatch"): {},
        (5, "reference", "twice"): {"first": 2},
    }
    assert all(p["detail"] for p in problems)
    assert not {"not a date", "11a1"} & set(str(told).split("'"))
    assert registry.call("GET", "/v1/enrolments", **who) == []


HEADS = "reference,victim_name,cancel_code,duress_code"


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", "columns_missing", {"names": HEADS.split(",")}),
        ("a,b\n1,2\n", "columns_unknown", {"names": ["a", "b"]}),
        ("reference,victim_name\nx,y\n", "columns_missing", {"names": ["cancel_code", "duress_code"]}),
        ('reference,"victim', "list_not_csv", {"at": 1}),
        (f'{HEADS}\n1,"An\nPeeters",2468,1357\n2,"Bo', "list_not_csv", {"at": 4}),
        ("\x00", "list_not_text", {}),
        (f"{HEADS}\n" + "\n".join(f"{n},An,1,2" for n in range(1001)), "list_too_long", {"most": 1000}),
    ],
)
def test_what_is_no_list_is_refused(registry: Desk, text: str, code: str, says: dict[str, Any]) -> None:
    refused = imported(registry, text, True, 422)
    assert (refused["field"], refused["code"]) == ("body", code)
    assert {name: refused[name] for name in says} == says
