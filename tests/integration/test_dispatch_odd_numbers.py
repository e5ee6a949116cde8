"""Odd numbers, rooms and times of a row: no press is lost, no alarm off the screen, nothing green."""

from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import IntegrityError

from chassis.runtime import clock
from contracts.alarm import CancelRequested
from contracts.common import Fix
from services.dispatch.store.encrypted_columns import card_associated_data, fix_associated_data
from services.dispatch.store.incidents import load_open_incidents, lock_incident
from services.dispatch.usecases import escalate
from services.dispatch.usecases.cancel_requests import take_cancel_request
from services.dispatch.usecases.location_updates import follow_fix
from services.dispatch.usecases.raise_alarms.take import take_presses
from tests.support.dispatching import BRUSSELS, GHENT, GHENT_ROOM, Dispatch, act, alarm, everything_known
from tests.support.tokens import Issuer

FULL = 2**31 - 1


def taken(desk: Dispatch, device: UUID, counter: int = 2, fix: Fix | None = GHENT) -> list[tuple[str, int]]:
    """A further press comes; the incidents of the device, and how many presses each has."""
    desk.know(device)
    press = alarm(device, counter, fix=fix)
    assert take_presses(desk.context, [(press.alarm_id, press, None)]) == []
    found = desk.sql(f"SELECT id, presses FROM incidents WHERE device_id = '{device}'")
    return [(str(incident), int(presses)) for incident, presses in found]


@pytest.mark.parametrize("column", ["presses", "urgency", "revision"])
def test_no_number_keeps_a_further_press_out_or_a_timer_from_ringing(desk: Dispatch, column: str) -> None:
    first = alarm()
    desk.press(first)
    desk.do(f"UPDATE incidents SET {column} = {FULL}")
    presses = FULL if column == "presses" else 2
    assert taken(desk, UUID(first.device_id)) == [(str(first.alarm_id), presses)]
    desk.pass_time(20.1)
    levels = [each["level"] for each in desk.published("incident.escalated.v1")]
    assert "all_positions" in levels


@pytest.mark.parametrize("room", ["cic-of-the-map-before", ""])
def test_an_alarm_of_a_room_that_no_map_has_is_on_a_screen_and_rings(desk: Dispatch, room: str) -> None:
    desk.units(GHENT_ROOM, GHENT, 2)
    first, other = alarm(), alarm()
    desk.press(first, other)
    desk.do("UPDATE incidents SET control_room_id = :room WHERE id = :id", room=room, id=first.alarm_id)
    assert taken(desk, UUID(first.device_id)) == [(str(first.alarm_id), 2)]
    default = desk.context.settings.default_control_room
    for _ in range(2):
        act(desk.context, escalate.adopt_roomless)
    with desk.context.database.read() as session:
        assert str(first.alarm_id) in {str(row.id) for row in load_open_incidents(session, default)}
    assert desk.sql(f"SELECT also_control_room_ids FROM incidents WHERE id = '{other.alarm_id}'") == [([],)]
    for _ in range(3):
        desk.pass_time(20.1)
    escalated = desk.published("incident.escalated.v1")
    entries = [each for each in escalated if each["incident_id"] == str(first.alarm_id)]
    assert [each["level"] for each in entries if each["level"] != "no_unit"] == [
        "all_positions",
        "supervisor",
        "neighbour",
    ]
    assert entries[-1]["target_control_room_id"] in desk.context.situation.rooms[default].neighbours


@pytest.mark.parametrize("at", ["infinity", "2150-01-01", "now() + interval '1 hour'"])
def test_a_place_that_is_yet_to_come_hides_no_newer_one(desk: Dispatch, at: str) -> None:
    first = alarm()
    desk.press(first)
    ahead = at if "(" in at else f"'{at}'"
    desk.do(f"UPDATE incidents SET fix_at = {ahead}")
    zone = desk.sql("SELECT zone_id FROM incidents")
    taken(desk, UUID(first.device_id), fix=BRUSSELS)
    moved = desk.sql("SELECT zone_id FROM incidents")
    assert moved != zone
    # The same for a fix that is no press.
    desk.do(f"UPDATE incidents SET fix_at = {ahead}")
    with desk.context.database.transaction() as tx:
        incident = lock_incident(tx.session, first.alarm_id)
        assert incident is not None
        follow_fix(tx, desk.context, incident, GHENT, clock.now(), None)
    assert desk.sql("SELECT zone_id FROM incidents") == zone


@pytest.mark.parametrize("seen_at", ["infinity", "20000-01-01", "2150-01-01"])
def test_a_unit_that_will_be_seen_is_not_fresh(
    desk: Dispatch, client: TestClient, issuer: Issuer, seen_at: str
) -> None:
    desk.policy(GHENT_ROOM, "proposed")
    near, far = desk.units(GHENT_ROOM, GHENT, 2)
    ahead = f"UPDATE units SET seen_at = '{seen_at}', changed_at = now() WHERE id = '{near}'"
    first = alarm()
    desk.press(first)
    desk.do(ahead)
    # Nobody counts on what was proposed before either.
    act(desk.context, escalate.look_again_for_stale)
    assert desk.sql("SELECT kind FROM due WHERE kind = 'find_unit'") == [("find_unit",)]
    with desk.context.database.read() as session:
        desk.context.situation.refresh(session)
    escalate.act_on_due(desk.context)
    second = alarm()
    desk.press(second)
    chosen = "SELECT unit_id FROM orders WHERE incident_id = '{}' AND state = 'proposed'"
    assert desk.sql(chosen.format(second.alarm_id)) == [(far,)]
    headers = issuer.headers("operator", cic=GHENT_ROOM)
    answer = client.get(f"/v1/control-rooms/{GHENT_ROOM}/units", headers=headers).json()
    assert {each["unit_id"]: each["fresh"] for each in answer} == {near: False, far: True}


def test_a_unit_that_cannot_be_read_hides_no_other(desk: Dispatch, client: TestClient, issuer: Issuer) -> None:
    near, far = desk.units(GHENT_ROOM, GHENT, 2)
    desk.do(f"UPDATE units SET offered_as = 'rubbish', offered_to = control_room_id WHERE id = '{near}'")
    headers = issuer.headers("operator", cic=GHENT_ROOM)
    answer = client.get(f"/v1/control-rooms/{GHENT_ROOM}/units", headers=headers)
    assert {each["unit_id"]: each["unreadable"] for each in answer.json()} == {near: ["offered_as"], far: []}


def test_an_incident_is_open_or_closed_and_nothing_else(desk: Dispatch) -> None:
    desk.press(alarm())
    with pytest.raises(IntegrityError):
        desk.do("UPDATE incidents SET state = 'rubbish'")


SHAPES = [7, None, "rubbish", [], [1, 2], {}, {"card": 7}, {"card": {"addresses": 7}}, {"cancel_code": None}]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_card_of_another_shape_keeps_out_neither_press_nor_duress(desk: Dispatch, shape: object) -> None:
    device, enrolment, _ = everything_known(desk, "text")
    encrypted = desk.context.vault.encrypt(card_associated_data(enrolment), shape)
    desk.do(
        "UPDATE cards SET encrypted = :encrypted WHERE enrolment_id = :id", encrypted=encrypted, id=enrolment
    )
    # Without a place of hers the card is where one looks for it.
    ((incident, _),) = taken(desk, device, 1, fix=None)
    request = CancelRequested(
        alarm_id=UUID(incident), device_id=device, code_digest="0" * 64, received_at=clock.now()
    )
    desk.do("UPDATE incidents SET wrong_codes = :full", full=FULL)
    with desk.context.database.transaction() as tx:
        take_cancel_request(tx, desk.context, request, None)
    assert desk.sql("SELECT cancel, wrong_codes FROM incidents") == [("requested", FULL)]


@pytest.mark.parametrize("shape", [7, None, "rubbish", [], {}, {"lat": "x"}])
def test_a_place_of_another_shape_keeps_no_press_out(desk: Dispatch, shape: object) -> None:
    first = alarm()
    desk.press(first)
    ((incident, subject),) = desk.sql("SELECT id, subject FROM incidents")
    encrypted = desk.context.vault.encrypt(fix_associated_data(subject), shape)
    desk.do("UPDATE incidents SET fix = :encrypted", encrypted=encrypted)
    assert taken(desk, UUID(first.device_id), fix=BRUSSELS) == [(str(incident), 2)]


def test_a_proof_that_cannot_be_read_hides_no_good_one(desk: Dispatch) -> None:
    """Two presses of a device that is not known here yet; then it is."""
    device = uuid4()
    presses = [alarm(device, number) for number in (1, 2)]
    desk.press_as_told(*presses)
    desk.do("UPDATE presses SET proof = 'rubbish' WHERE alarm_id = :id", id=presses[0].alarm_id)
    assert desk.sql("SELECT lane FROM incidents") == [("unverified",)]
    desk.know(device)
    desk.pass_time(60)
    assert desk.sql("SELECT lane FROM incidents") == [("verified",)]
