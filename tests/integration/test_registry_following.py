"""A file over time: it follows the victim, reminds its zone, and stays closed to who has a conflict."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database.database import Database, engine_of
from contracts.committee import ConflictDeclared, ConflictWithdrawn
from contracts.common import morning
from contracts.envelope import wrap
from contracts.registry import Card
from services.registry.domain import card as domain
from services.registry.events import incoming as events
from services.registry.settings import RegistrySettings
from services.registry.usecases import conflicts_of_interest, reminders
from tests.support.builders import a_card
from tests.support.days import today
from tests.support.desks import Desk, Who
from tests.support.registry import AALST, GHENT
from tests.support.registry_news import open_reminders
from tests.support.registry_reminders import told

LIEGE: Who = {"role": "file_manager", "zone": "liege", "sub": "luc"}
MOVE = {"to_zone_id": "aalst", "reason": "she moved on 3 November"}


@pytest.fixture(scope="module")
def database(registry_settings: RegistrySettings) -> Database:
    return Database(engine_of(registry_settings), "/services/registry")


@pytest.fixture
def file(registry: Desk, file: str) -> str:
    """The same, with a card whose facts were just verified."""
    registry.call("PUT", f"{file}/card", card(today()), **GHENT)
    return file


def card(verified_on: date | None, until: date | None = None) -> dict[str, Any]:
    values = {"text": "knife", "source": "victim", "verified_on": verified_on and verified_on.isoformat()}
    person = {**a_card()["card"]["perpetrators"][0], "violence": [], "weapons": [values]}
    measure = {"kind": "no-contact order", "until": (until or today(300)).isoformat()}
    return a_card(card={**a_card()["card"], "perpetrators": [person], "measures": [measure]})


# A file moves with the victim


def test_the_old_zone_answers_for_it_until_the_new_one_takes_it(registry: Desk, file: str) -> None:
    offer = registry.call("POST", f"{file}/transfers", MOVE, status=201, **GHENT)
    assert datetime.fromisoformat(offer["due_at"]) - datetime.fromisoformat(offer["offered_at"]) == timedelta(
        hours=48
    )
    registry.call("POST", f"{file}/transfers", MOVE, status=409, **GHENT)
    path = f"/v1/transfers/{offer['id']}"
    # The new zone reads what it is to take, and changes nothing.
    assert registry.call("GET", f"{file}/card", **AALST)["card"]["victim"]["name"] == "An Peeters"
    registry.call("PUT", f"{file}/card", a_card(), status=404, **AALST)
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)
    assert [each["id"] for each in registry.call("GET", "/v1/transfers", **AALST)] == [offer["id"]]
    assert registry.call("GET", "/v1/transfers", **LIEGE) == []
    for who, status in ((LIEGE, 404), (GHENT, 404)):
        registry.call("POST", f"{path}/accept", status=status, **who)
    assert registry.call("POST", f"{path}/accept", **AALST)["state"] == "accepted"
    registry.call("POST", f"{path}/accept", status=409, **AALST)
    registry.call("GET", file, status=404, **GHENT)
    assert registry.call("GET", file, **AALST)["managing_zone_id"] == "aalst"
    published = registry.published(file.rpartition("/")[2])
    moved = {event.type: event.data for event in published}
    assert moved["enrolment.changed.v1"]["managing_zone_id"] == "aalst"
    assert moved["card.published.v1"]["managing_zone_id"] == "aalst"
    assert moved["transfer.answered.v1"]["answer"] == "accepted"
    assert "moved on 3 November" not in str(published)


def test_declined_or_withdrawn_nothing_changes(registry: Desk, file: str) -> None:
    offer = registry.call("POST", f"{file}/transfers", MOVE, status=201, **GHENT)
    path = f"/v1/transfers/{offer['id']}"
    registry.call("POST", f"{path}/decline", status=422, **AALST)
    declined = registry.call("POST", f"{path}/decline", {"reason": "she lives in Gent"}, **AALST)
    assert (declined["state"], declined["declined"]) == ("declined", "she lives in Gent")
    registry.call("GET", file, status=404, **AALST)
    # The zone that goes on learns it from its list, until it offers the file anew.
    listed = {each["id"]: each["declined"] for each in registry.call("GET", "/v1/transfers", **GHENT)}
    assert listed[offer["id"]] == "she lives in Gent"
    assert offer["id"] not in str(registry.call("GET", "/v1/transfers", **AALST))
    again = registry.call("POST", f"{file}/transfers", MOVE, status=201, **GHENT)
    path = f"/v1/transfers/{again['id']}"
    assert offer["id"] not in str(registry.call("GET", "/v1/transfers", **GHENT))
    registry.call("POST", f"{path}/withdraw", status=404, **AALST)
    assert registry.call("POST", f"{path}/withdraw", **GHENT)["state"] == "withdrawn"
    assert registry.call("GET", file, **GHENT)["managing_zone_id"] == "ghent"
    nowhere = registry.call("POST", f"{file}/transfers", MOVE | {"to_zone_id": "ghent"}, status=422, **GHENT)
    assert nowhere["field"] == "to_zone_id"


def test_an_offer_that_nobody_answers_grows_louder(registry: Desk, database: Database, file: str) -> None:
    offer = registry.call("POST", f"{file}/transfers", MOVE, status=201, **GHENT)
    assert told(registry, database, file) == []
    registry.execute("UPDATE reminders SET due_at = now() WHERE kind = 'transfer'")
    assert told(registry, database, file) == [("transfer", 0)]
    assert told(registry, database, file) == [("transfer", 0)]
    unanswered = f"/v1/reminders/{open_reminders(registry, file)['transfer']['id']}/settle"
    registry.call("POST", unanswered, status=409, **GHENT)
    for day in (1, 2):
        registry.execute("UPDATE reminders SET reminded_at = reminded_at - interval '25 hours'")
        assert told(registry, database, file)[-1] == ("transfer", day)
    assert registry.call("GET", file, **GHENT)["managing_zone_id"] == "ghent"
    registry.call("POST", f"/v1/transfers/{offer['id']}/accept", **AALST)
    registry.execute("UPDATE reminders SET reminded_at = reminded_at - interval '25 hours'")
    assert told(registry, database, file)[-1] == ("transfer", 2)


# Reminders


def test_what_nobody_verified_for_thirty_days_must_be_looked_at(registry: Desk, file: str) -> None:
    assert open_reminders(registry, file) == {}
    registry.call("PUT", f"{file}/card", card(today(-31)), **GHENT)
    assert set(open_reminders(registry, file)) == {"verify"}
    registry.call("PUT", f"{file}/card", card(today()), **GHENT)
    assert open_reminders(registry, file) == {}
    registry.call("PUT", f"{file}/card", card(None), **GHENT)
    reminder = open_reminders(registry, file)["verify"]
    path = f"/v1/reminders/{reminder['id']}/settle"
    registry.call("POST", path, status=404, **LIEGE)
    assert registry.call("POST", path, **GHENT)["settled_at"]
    registry.call("POST", path, status=404, **GHENT)
    assert open_reminders(registry, file) == {}
    # What was verified must be verified again in thirty days.
    registry.execute("UPDATE reminders SET due_at = due_at - interval '31 days' WHERE settled_at IS NULL")
    assert set(open_reminders(registry, file)) == {"verify"}


def test_a_measure_that_ends_is_told_of_fourteen_days_ahead(registry: Desk, file: str) -> None:
    registry.call("PUT", f"{file}/card", card(today(), today(16)), **GHENT)
    assert open_reminders(registry, file) == {}
    registry.call("PUT", f"{file}/card", card(today(), today(12)), **GHENT)
    assert set(open_reminders(registry, file)) == {"measure"}


def test_a_new_card_does_not_quieten_what_is_still_due(registry: Desk, database: Database, file: str) -> None:
    registry.call("PUT", f"{file}/card", card(None), **GHENT)
    assert told(registry, database, file) == [("verify", 0)]
    registry.execute("UPDATE reminders SET reminded_at = reminded_at - interval '25 hours'")
    registry.call("PUT", f"{file}/card", card(today(-40)), **GHENT)
    assert told(registry, database, file) == [("verify", 0), ("verify", 1)]


def test_reminders_come_at_eight_in_belgium_in_summer_and_in_winter() -> None:
    assert [morning(date(2026, m, 15)).astimezone(UTC).hour for m in (1, 7)] == [7, 6]


@pytest.mark.parametrize(
    ("verified", "due"),
    [
        ((None,), date(2026, 6, 1)),
        ((date(2026, 5, 20), date(2026, 5, 10)), date(2026, 6, 9)),
        ((date(2026, 5, 20), None), date(2026, 6, 1)),
    ],
)
def test_the_oldest_of_what_was_said_counts(verified: tuple[date | None, ...], due: date) -> None:
    entries = [{"text": "x", "verified_on": day} for day in verified]
    person = {"name": "x", "ref": uuid4(), "violence": entries[:1], "weapons": entries[1:]}
    told = Card.model_validate({"victim": {"name": "y"}, "perpetrators": [person]})
    assert domain.reminders_of_card(told, date(2026, 6, 1)) == [("verify", str(person["ref"]), due)]


def test_what_a_patrol_would_miss_tonight(registry: Desk, file: str) -> None:
    whole = registry.call("GET", f"{file}/completeness", **GHENT)
    assert {"victim.description", "perpetrators.0.violence"} <= set(whole["missing"])
    assert whole["stale"] == []
    old = card(today(-40), today(-1))
    registry.call("PUT", f"{file}/card", old, **GHENT)
    stale = registry.call("GET", f"{file}/completeness", **GHENT)
    assert set(stale["stale"]) == {"perpetrators.0.weapons", "measures.0"}
    assert stale["percent"] < whole["percent"] < 100
    empty = registry.call("POST", "/v1/enrolments", status=201, **GHENT)["id"]
    none = registry.call("GET", f"/v1/enrolments/{empty}/completeness", **GHENT)
    assert (none["percent"], "victim" in none["missing"]) == (0, True)


# Conflicts of interest and break-glass access


def test_who_has_a_conflict_of_interest_sees_nothing_of_the_file(
    registry: Desk, database: Database, file: str
) -> None:
    registry.call("PUT", f"{file}/card", card(None), **GHENT)
    offer = registry.call("POST", f"{file}/transfers", MOVE, status=201, **GHENT)
    registry.call("POST", f"{file}/conflicts", {"reason": "my cousin"}, status=204, **GHENT)
    registry.call("POST", f"{file}/conflicts", {"subject": "tom", "reason": "friends"}, status=404, **GHENT)
    for method, path in (("GET", file), ("GET", f"{file}/card"), ("GET", f"{file}/completeness")):
        registry.call(method, path, status=404, **GHENT)
    registry.call("POST", f"{file}/break-glass", {"reason": "urgent"}, status=404, **GHENT)
    registry.call("POST", f"/v1/transfers/{offer['id']}/withdraw", status=404, **GHENT)
    assert open_reminders(registry, file) == {}
    assert file.rpartition("/")[2] not in str(registry.call("GET", "/v1/enrolments?limit=500", **GHENT))
    assert registry.call("GET", "/v1/transfers", **GHENT) == []
    colleague: Who = {**GHENT, "sub": "an"}
    assert set(open_reminders(registry, file, colleague)) == {"verify"}
    registry.call("GET", file, **colleague)
    declared = ConflictDeclared(
        enrolment_id=UUID(file.rpartition("/")[2]),
        application_id=uuid4(),
        person="An ",  # as somebody typed it
        declared_at=datetime.now(UTC),
    )
    conflict = events.conflicted(wrap(declared, source="/services/committee"))
    assert conflict is not None
    for _ in range(2):
        with database.transaction() as tx:
            conflicts_of_interest.record_conflict(tx, conflict)
    registry.call("GET", file, status=404, **colleague)


def test_the_zone_hears_of_a_conflict_of_interest_that_somebody_else_declared(
    registry: Desk, database: Database, file: str
) -> None:
    registry.call("PUT", f"{file}/card", card(None), **GHENT)
    enrolment, at, application = UUID(file.rpartition("/")[2]), datetime.now(UTC), uuid4()
    about = {"enrolment_id": enrolment, "application_id": application, "person": "Tom"}
    items = [
        ConflictDeclared(**about, declared_at=at, by_another=True),
        ConflictWithdrawn(**about, withdrawn_at=at + timedelta(seconds=5)),
    ]
    tom: Who = {**GHENT, "sub": "tom"}

    def hear(*which: int) -> None:
        for number in which:
            conflict = events.conflicted(wrap(items[number], source="/services/committee"))
            assert conflict is not None
            with database.transaction() as tx:
                conflicts_of_interest.record_conflict(tx, conflict)

    hear(0, 0)
    registry.call("GET", file, status=404, **tom)
    assert "conflict_of_interest" in open_reminders(registry, file)
    # What the committee says, the zone does not undo; what it says itself, it does.
    wrong = {"subject": "TOM", "reason": "another Tom"}
    registry.call("POST", f"{file}/conflicts/withdraw", wrong, status=404, **GHENT)
    hear(1, 0, 1)
    registry.call("GET", file, **tom)
    registry.call("POST", f"{file}/conflicts", {"subject": "Tom", "reason": "friends"}, status=204, **GHENT)
    registry.call("GET", file, status=404, **tom)
    registry.call("POST", f"{file}/conflicts/withdraw", wrong, status=404, **tom)
    hear(0, 1)
    registry.call("GET", file, status=404, **tom)
    for _ in range(2):
        registry.call("POST", f"{file}/conflicts/withdraw", wrong, status=204, **GHENT)
    registry.call("GET", file, **tom)
    entries = [each for each in registry.published(str(enrolment)) if each.type.startswith("file_conflict.")]
    assert [each.type for each in entries] == ["file_conflict.declared.v1", "file_conflict.withdrawn.v1"]
    registry.call("POST", f"{file}/conflicts", {"subject": "tom", "reason": "friends"}, status=204, **GHENT)
    registry.call("GET", file, status=404, **tom)


def test_break_glass_access_lasts_a_while_and_is_reported_at_once(
    registry: Desk, database: Database, file: str
) -> None:
    duty: Who = {"role": "supervisor", "sub": "sofie"}
    registry.call("GET", file, status=404, **duty)
    registry.call("POST", f"{file}/break-glass", {"reason": ""}, status=422, **duty)
    reason = "she is missing, and dispatch has no card"
    opened = registry.call("POST", f"{file}/break-glass", {"reason": reason}, status=201, **duty)
    assert registry.call("GET", f"{file}/card", **duty)["card"]["victim"]["name"] == "An Peeters"
    registry.call("PUT", f"{file}/card", a_card(), status=403, **duty)
    registry.call("GET", file, status=404, role="supervisor", sub="another")
    # Its manager is told, at once, who and why.
    reminder = open_reminders(registry, file)["break_glass"]
    why = registry.call("GET", f"/v1/break-glass/{reminder['key']}", **GHENT)
    assert (why["subject"], why["reason"]) == ("sofie", reason)
    registry.call("GET", f"/v1/break-glass/{reminder['key']}", status=404, **LIEGE)
    event = next(e for e in registry.published(file.rpartition("/")[2]) if e.type == "break_glass.used.v1")
    assert (event.data["opened_by"], event.data["managing_zone_id"]) == ("sofie", "ghent")
    assert reason not in str(event)
    logged = registry.sql(
        f"SELECT action, fields FROM audit_entry WHERE subject = 'sofie' "
        f"AND about = 'enrolment:{file.rpartition('/')[2]}' ORDER BY at"
    )
    assert [action for action, _ in logged] == ["refused", "break_glass", "read", "refused"]
    registry.execute(f"UPDATE break_glass SET until = now() WHERE id = '{opened['id']}'")
    registry.call("GET", f"{file}/card", status=404, **duty)


def test_a_reminder_that_cannot_be_told_of_keeps_no_other_back(
    registry: Desk, database: Database, file: str, caplog: pytest.LogCaptureFixture
) -> None:
    told(registry, database, file)
    # More than are looked at together, and all older than the good one.
    odd = f"gen_random_uuid(), '{file.rpartition('/')[2]}', 'odd', 'x' || n, now() - interval '9 days', 0"
    registry.execute(
        "INSERT INTO reminders (id, enrolment_id, kind, key, due_at, reminder_step) "
        f"SELECT {odd} FROM generate_series(1, 120) n"
    )
    registry.call("PUT", f"{file}/card", card(today(-40)), **GHENT)
    reminders.publish_due(database)
    assert "verify" in dict(told(registry, database, file))
    assert "cannot be told of: ValidationError" in caplog.text
    registry.execute("DELETE FROM reminders WHERE kind = 'odd'")
