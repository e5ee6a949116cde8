"""Who may know what of reporting: conflicts beat every role, victim support sees the essence of its cases."""

from collections.abc import Iterator
from itertools import permutations
from uuid import UUID, uuid4

import pytest

from contracts.alarm import alarm_id_of
from contracts.committee import ApplicationSubmitted, ConflictDeclared, ConflictWithdrawn, DeadlineMissed
from contracts.registry import BreakGlassUsed, FileConflictDeclared, FileConflictWithdrawn
from contracts.topology import REPORTING_ATTENTION, REPORTING_FOLLOW_UP
from services.reporting.api import create_app
from services.reporting.usecases.gaps import check_gaps
from tests.support import ledger_events as ev
from tests.support.desks import Desk, Who, desk
from tests.support.ledger_database import LedgerDatabase, empty, enter, opened
from tests.support.postgres import Cluster

DAY = "?day=2026-03-01"
MANAGER: Who = {"role": "file_manager", "zone": "gent"}
WATCHER: Who = {"role": "device_desk"}
SUPPORT: Who = {"role": "follow_up", "partner": "victim-support", "district": "Gent"}


@pytest.fixture(scope="module")
def records(cluster: Cluster) -> Iterator[LedgerDatabase]:
    with opened(cluster) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def api(records: LedgerDatabase) -> Iterator[Desk]:
    url = records.settings.database_url.get_secret_value()
    with desk(create_app(records.settings), records.issuer, url) as started:
        yield started


class Told:
    """One enrolment of which everything was told."""

    def __init__(self, records: LedgerDatabase) -> None:
        empty(records.database)
        self.records = records
        self.device, self.enrolment = ev.new_pair()
        self.alarm = alarm_id_of(self.device, 1)
        self.report = f"/v1/reports/daily/{self.enrolment}{DAY}"
        battery = {"phone_battery": 80, "button_battery": 90, "bluetooth": True, "app_version": "1"}
        self.follow(
            ev.enrolled(self.enrolment, ev.after(1)),
            ev.heartbeat(self.device, self.enrolment, ev.T0, **battery),
            ev.recorded(1, ev.T0, self.device, self.enrolment),
        )
        enter(records.database, ev.events(ev.recorded(1, ev.T0, self.device, self.enrolment)))
        enter(records.database, ev.events(*self._points()), queue=REPORTING_ATTENTION)

    def _points(self) -> list[BreakGlassUsed | DeadlineMissed]:
        about = {"enrolment_id": self.enrolment, "application_id": uuid4()}
        opened_file = BreakGlassUsed(
            enrolment_id=self.enrolment,
            managing_zone_id="gent",
            opened_by="bert",
            opened_at=ev.T0,
            until=ev.after(60),
        )
        missed = DeadlineMissed.model_validate(
            {
                **about,
                "deadline_id": uuid4(),
                "kind": "review",
                "due_at": ev.T0,
                "addressee": "committee",
                "reminder_step": 1,
            }
        )
        return [opened_file, missed]

    def follow(self, *payloads: object) -> None:
        enter(self.records.database, ev.events(*payloads), queue=REPORTING_FOLLOW_UP)  # type: ignore[arg-type]

    def conflict(self, person: str) -> None:
        self.follow(FileConflictDeclared(enrolment_id=self.enrolment, person=person, declared_at=ev.T0))

    def proposed(self, partner: str, zone: str | None) -> None:
        self.follow(
            ApplicationSubmitted(
                enrolment_id=self.enrolment,
                application_id=uuid4(),
                procedure="urgent",
                submitted_at=ev.after(2),
                proposer=partner,
                zone_id=zone,
            )
        )


@pytest.fixture
def told(records: LedgerDatabase) -> Told:
    return Told(records)


def named(who: Who, person: str) -> Who:
    return {**who, "sub": person}


def test_for_who_is_conflicted_there_is_no_such_case(api: Desk, told: Told) -> None:
    told.proposed("victim-support", None)
    press, ledger = f"/v1/ledger/presses/{told.alarm}", f"/v1/ledger{DAY}"
    for who in (MANAGER, WATCHER, SUPPORT):
        api.call("GET", told.report, **named(who, "tom"))
    points = api.call("GET", "/v1/attention", **named(WATCHER, "tom"))
    assert {point["kind"] for point in points} == {"break_glass", "deadline"}
    told.conflict("Tom ")  # as somebody typed it
    for who in (MANAGER, WATCHER, SUPPORT):
        assert api.call("GET", told.report, status=404, **named(who, "tom"))["field"] == "enrolment_id"
    for role in ("device_desk", "admin", "service"):
        tom: Who = {"role": role, "sub": "tom"}
        api.call("GET", press, status=404, **tom)
        day = api.call("GET", ledger, **tom)
        # What is counted is counted: nobody's press is missing from the totals.
        assert (day["totals"]["presses"], day["presses"]) == (1, [])
    for role in ("device_desk", "technician", "admin"):
        conflicted: Who = {"role": role, "sub": "tom"}
        assert api.call("GET", "/v1/attention", **conflicted) == []
        for point in points:
            api.call(
                "POST", f"/v1/attention/{point['id']}/resolve", {"reason": "gone"}, status=404, **conflicted
            )
    assert len(api.call("GET", "/v1/attention", **named(WATCHER, "ann"))) == 2
    assert len(api.call("GET", ledger, **named(WATCHER, "ann"))["presses"]) == 1
    api.call("GET", press, **named(WATCHER, "ann"))
    api.call("GET", told.report, **named(MANAGER, "ann"))


def test_conflicts_of_interest_come_from_both_sides_twice_and_before_the_case(
    api: Desk, records: LedgerDatabase
) -> None:
    empty(records.database)
    enrolment, application = uuid4(), uuid4()
    declared = FileConflictDeclared(enrolment_id=enrolment, person="ann", declared_at=ev.T0)
    conflict = ConflictDeclared(
        enrolment_id=enrolment, application_id=application, person="bob", declared_at=ev.T0
    )
    batch = ev.events(declared, conflict, declared)
    enter(records.database, batch, batch, ev.events(conflict), queue=REPORTING_FOLLOW_UP)
    assert api.sql("SELECT person FROM conflicted_persons ORDER BY 1") == [("ann",), ("bob",)]
    enter(records.database, ev.events(ev.enrolled(enrolment, ev.T0)), queue=REPORTING_FOLLOW_UP)
    path = f"/v1/reports/daily/{enrolment}{DAY}"
    for person, status in (("ann", 404), ("bob", 404), ("carl", 200)):
        api.call("GET", path, status=status, **named(WATCHER, person))


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_each_withdraws_what_it_said_itself_in_any_order(api: Desk, told: Told, order: tuple[int, ...]) -> None:
    about = {"enrolment_id": told.enrolment}
    one = {**about, "application_id": uuid4()}
    entries = [
        ConflictDeclared(**one, person="Tom ", declared_at=ev.T0),
        ConflictWithdrawn(**one, person="tom", withdrawn_at=ev.after(5)),
        FileConflictDeclared(**about, person="TOM", declared_at=ev.T0),
        FileConflictWithdrawn(**about, person="tom", withdrawn_at=ev.after(5)),
    ]
    tom, queue = named(WATCHER, "tom"), REPORTING_FOLLOW_UP
    batches = [ev.events(entries[number]) for number in order if number != 3]
    enter(told.records.database, *batches, *batches, queue=queue)
    # The registry still says it.
    api.call("GET", told.report, status=404, **tom)
    enter(told.records.database, *(ev.events(entries[number]) for number in order), queue=queue)
    api.call("GET", told.report, **tom)
    again = ConflictDeclared(**one, person="tom", declared_at=ev.after(6))
    enter(told.records.database, ev.events(again, entries[1], entries[0]), queue=queue)
    api.call("GET", told.report, status=404, **tom)


def test_a_gap_is_hidden_from_nobody(api: Desk, told: Told) -> None:
    told.conflict("tom")
    strict = told.records.settings.model_copy(update={"gap_grace_s": 0.0})
    with told.records.database.transaction() as tx:
        check_gaps(tx, strict)
    [gap] = api.call("GET", "/v1/ledger/gaps", **named(WATCHER, "tom"))
    assert gap["alarm_id"] == str(told.alarm)
    assert "gap" in {point["kind"] for point in api.call("GET", "/v1/attention", **named(WATCHER, "tom"))}


def test_victim_support_reads_the_essence_of_its_own_cases(api: Desk, told: Told) -> None:
    api.call("GET", told.report, status=404, **SUPPORT)
    told.proposed("victim-support", "aalst")
    report = api.call("GET", told.report, **SUPPORT)
    assert [press["alarm_id"] for press in report["presses"]] == [str(told.alarm)]
    assert {each["what"] for each in report["file"]} == {"enrolment", "applied"}
    assert report["withheld"] == ["button_battery", "heartbeats", "last_contact_at", "phone_battery"]
    assert (report["phone_battery"], report["heartbeats"]) == (None, None)
    in_zone: Who = {**SUPPORT, "zone": "gent"}
    api.call("GET", told.report, status=404, **in_zone)
    of_the_case: Who = {**SUPPORT, "zone": "aalst"}
    api.call("GET", told.report, **of_the_case)
    strangers: list[Who] = [{"role": "follow_up", "partner": "city", "district": "Gent"}, {"role": "follow_up"}]
    for stranger in strangers:
        api.call("GET", told.report, status=404, **stranger)


def test_the_device_desk_reads_devices_and_no_decision(api: Desk, told: Told) -> None:
    report = api.call("GET", told.report, **WATCHER)
    assert (report["phone_battery"]["last"], report["heartbeats"]) == (80, 1)
    assert (report["file"], report["withheld"]) == ([], ["file"])


def test_the_log_says_what_was_shown(api: Desk, told: Told) -> None:
    told.proposed("victim-support", None)
    for who in (SUPPORT, WATCHER):
        api.call("GET", told.report, **named(who, f"reader {who['role']}"))
    values = dict(
        api.sql(
            "SELECT subject, fields FROM audit_entry WHERE subject LIKE 'reader %' "
            f"AND about = 'enrolment:{told.enrolment}'"
        )
    )
    assert values["reader follow_up"] == ["daily_report", "file"]
    assert values["reader device_desk"] == [
        *("button_battery", "daily_report", "heartbeats", "last_contact_at"),
        "phone_battery",
    ]


def test_a_committee_that_does_not_say_who_proposed_gives_nobody_a_case(api: Desk, told: Told) -> None:
    told.follow(
        ApplicationSubmitted(
            enrolment_id=told.enrolment, application_id=UUID(int=9), procedure="urgent", submitted_at=ev.T0
        )
    )
    api.call("GET", told.report, status=404, **SUPPORT)


def test_a_technician_sees_the_points_of_the_own_zone_and_nobody_sees_who_used_break_glass_access(
    api: Desk, told: Told
) -> None:
    whole = api.call("GET", "/v1/attention", **WATCHER)
    assert {point["kind"] for point in whole} == {"break_glass", "deadline"}
    theirs: list[Who] = [WATCHER, {"role": "admin"}, {"role": "technician", "zone": "gent"}]
    for who in theirs:
        seen = api.call("GET", "/v1/attention", **who)
        assert [point["id"] for point in seen] == [point["id"] for point in whole]
        assert "bert" not in str(seen)
        assert str(told.enrolment) in str(seen)
    others: list[Who] = [{"role": "technician", "zone": "aalst"}, {"role": "technician"}]
    for who in others:
        assert api.call("GET", "/v1/attention", **who) == []
        for point in whole:
            api.call("POST", f"/v1/attention/{point['id']}/resolve", {"reason": "seen it"}, status=404, **who)
    mine: Who = {"role": "technician", "zone": "gent"}
    opened_point = next(point for point in whole if point["kind"] == "break_glass")
    path = f"/v1/attention/{opened_point['id']}/resolve"
    assert "bert" not in str(api.call("POST", path, {"reason": "seen it"}, **mine))
