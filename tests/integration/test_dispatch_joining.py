"""A press that joins an open incident is routed like a first one; unverified ones join near by and soon."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from chassis.runtime import clock
from contracts.alarm import AlarmRaised, unverified_alarm_id_of
from contracts.common import Fix, Outcome
from services.dispatch.invariants import INVARIANTS
from services.dispatch.store.incidents import load_open_incidents
from services.dispatch.usecases import send_unit
from services.dispatch.usecases.incident_actions import acknowledge_incident, close_incident
from tests.support.dispatching import BRUSSELS, BRUSSELS_ROOM, GHENT, GHENT_ROOM, Dispatch, act, alarm

NEAR_GHENT = Fix(lat=51.0560, lon=3.7200, radius_m=12)
FAR_IN_THE_ROOM = Fix(lat=50.9400, lon=4.0400, radius_m=12)  # Aalst


@pytest.fixture
def desk(one_desk: Dispatch) -> Dispatch:
    one_desk.wipe()
    one_desk.policy(GHENT_ROOM, "proposed")
    one_desk.policy(BRUSSELS_ROOM, "proposed", amqp=True)
    one_desk.units(GHENT_ROOM, GHENT, 2)
    one_desk.units(BRUSSELS_ROOM, BRUSSELS, 2, prefix="b")
    return one_desk


def unverified(device: UUID, fix: Fix | None, text: str, after_s: float = 0) -> AlarmRaised:
    """A press that names a device and proves nothing."""
    at = clock.now() + timedelta(seconds=after_s)
    press = alarm(device, fix=fix, lane="unverified", received_at=at)
    own = unverified_alarm_id_of(str(device), "1", text)
    return press.model_copy(update={"alarm_id": own, "content": text})


def places(desk: Dispatch) -> list[tuple[float, float] | None]:
    with desk.context.database.read() as session:
        fixes = [desk.context.decrypt_fix(incident) for incident in load_open_incidents(session)]
    return [(fix.lat, fix.lon) if fix else None for fix in fixes]


def proposed(desk: Dispatch) -> list[str]:
    return [row[0] for row in desk.sql("SELECT unit_id FROM orders WHERE state = 'proposed'")]


def test_the_room_where_she_is_now_is_brought_in_and_it_rings_again(desk: Dispatch) -> None:
    device = uuid4()
    first = alarm(device, 1)
    desk.press(first)
    act(desk.context, acknowledge_incident, first.alarm_id, "operator", GHENT_ROOM)
    assert proposed(desk) == ["u0"]
    desk.press(alarm(device, 2, fix=BRUSSELS))
    ((cic, also, acknowledged, zone, flags),) = desk.sql(
        "SELECT control_room_id, also_control_room_ids, acknowledged_at, zone_id, flags FROM incidents"
    )
    assert (cic, acknowledged) == (GHENT_ROOM, None)
    assert BRUSSELS_ROOM in also
    assert "re_press" in flags
    (relocated,) = desk.published("incident.relocated.v1")
    assert (relocated["control_room_id"], relocated["zone_id"]) == (BRUSSELS_ROOM, zone)
    assert places(desk) == [(BRUSSELS.lat, BRUSSELS.lon)]
    # Who is near to where she is now; and the room's own software is told.
    assert proposed(desk) == ["b0"]
    entries = [order for order in desk.published("order.sent.v1") if order["control_room_id"] == BRUSSELS_ROOM]
    assert [(order["incident_id"], order["presses"]) for order in entries] == [(str(first.alarm_id), 2)]
    desk.pass_time(20.1)
    assert [e["level"] for e in desk.published("incident.escalated.v1")] == ["all_positions"]
    assert [name for name, query in INVARIANTS.items() if desk.sql(query)] == []


def test_far_away_in_the_same_room_it_rings_again_too(desk: Dispatch) -> None:
    device = uuid4()
    first = alarm(device, 1)
    desk.press(first)
    act(desk.context, acknowledge_incident, first.alarm_id, "operator", GHENT_ROOM)
    desk.press(alarm(device, 2, fix=NEAR_GHENT))
    assert desk.sql("SELECT acknowledged_by FROM incidents") == [("operator",)]
    desk.press(alarm(device, 3, fix=FAR_IN_THE_ROOM))
    assert desk.sql("SELECT acknowledged_by, control_room_id FROM incidents") == [(None, GHENT_ROOM)]


def test_places_far_apart_do_not_hold_the_ladder_back(desk: Dispatch) -> None:
    """A phone that cannot make up its mind where it is, or somebody who has it."""
    device = uuid4()
    desk.press(alarm(device, 1))
    for counter in range(2, 7):
        desk.pass_time(12)
        desk.press(alarm(device, counter, fix=FAR_IN_THE_ROOM if counter % 2 else GHENT))
    desk.pass_time(1)
    levels = [e["level"] for e in desk.published("incident.escalated.v1")]
    assert levels == ["all_positions", "supervisor", "neighbour"]
    assert "sent" in {state for (state,) in desk.sql("SELECT state FROM orders")}


def test_a_nearer_unit_is_proposed_beside_the_one_that_went_elsewhere(desk: Dispatch) -> None:
    device = uuid4()
    first = alarm(device, 1)
    desk.press(first)
    act(desk.context, send_unit.send, first.alarm_id, None)
    desk.press(alarm(device, 2, fix=NEAR_GHENT))
    assert desk.sql("SELECT unit_id, state FROM orders") == [("u0", "sent")]
    desk.press(alarm(device, 3, fix=BRUSSELS))
    assert sorted(desk.sql("SELECT unit_id, state FROM orders")) == [("b0", "proposed"), ("u0", "sent")]


def test_where_nobody_has_to_send_the_nearer_unit_goes_by_itself(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    device = uuid4()
    desk.press(alarm(device, 1))
    desk.press(alarm(device, 2, fix=BRUSSELS))
    assert sorted(desk.sql("SELECT unit_id, state FROM orders")) == [("b0", "sent"), ("u0", "sent")]


def test_an_older_place_never_wins_over_a_newer(desk: Dispatch) -> None:
    device, now = uuid4(), clock.now()
    newer = GHENT.model_copy(update={"at": now - timedelta(seconds=1)})
    older = BRUSSELS.model_copy(update={"at": now - timedelta(hours=2)})
    desk.press(alarm(device, 1, fix=newer))
    desk.press(alarm(device, 2, fix=older), alarm(device, 3, fix=None))
    assert places(desk) == [(GHENT.lat, GHENT.lon)]
    ((presses, flags),) = desk.sql("SELECT presses, flags FROM incidents")
    assert presses == 3
    assert "no_location" not in flags


def test_the_first_place_that_comes_is_taken(desk: Dispatch) -> None:
    device = uuid4()
    desk.press(alarm(device, 1, fix=None))
    desk.press(alarm(device, 2, fix=BRUSSELS))
    assert places(desk) == [(BRUSSELS.lat, BRUSSELS.lon)]
    ((also, flags),) = desk.sql("SELECT also_control_room_ids, flags FROM incidents")
    assert BRUSSELS_ROOM in also
    assert "no_location" not in flags


def test_a_nuisance_elsewhere_does_not_cover_an_unverified_press(desk: Dispatch) -> None:
    """Somebody names her device in Brussels, the room takes it as nonsense; her own new phone is in Ghent."""
    device = uuid4()
    nuisance = unverified(device, BRUSSELS, "a")
    desk.press(nuisance)
    act(desk.context, acknowledge_incident, nuisance.alarm_id, "operator", BRUSSELS_ROOM)
    desk.press(unverified(device, GHENT, "b"))
    rows = desk.sql("SELECT control_room_id, acknowledged_by, presses FROM incidents ORDER BY control_room_id")
    assert rows == [(BRUSSELS_ROOM, "operator", 1), (GHENT_ROOM, None, 1)]
    # Without a place nobody can say that it is near either.
    desk.press(unverified(device, None, "c"))
    assert desk.sql("SELECT count(*) FROM incidents") == [(3,)]


def test_unverified_presses_join_near_by_and_soon(desk: Dispatch) -> None:
    device = uuid4()
    desk.press(unverified(device, GHENT, "a"), unverified(device, NEAR_GHENT, "b", 30))
    desk.press(unverified(device, GHENT, "c", 60))
    assert desk.sql("SELECT presses FROM incidents") == [(3,)]
    desk.press(unverified(device, GHENT, "d", 3600))
    assert sorted(desk.sql("SELECT presses FROM incidents")) == [(1,), (3,)]
    # Of the two the last.
    desk.press(unverified(device, GHENT, "e", 3630))
    assert sorted(desk.sql("SELECT presses FROM incidents")) == [(2,), (3,)]
    desk.press(unverified(uuid4(), GHENT, "f"))
    assert desk.sql("SELECT count(*) FROM incidents") == [(3,)]


def test_hundreds_of_presses_of_one_device_are_one_change_of_its_incident(desk: Dispatch) -> None:
    """Each is routed, written and told; beside it another victim's is in the same transaction."""
    device, good = uuid4(), alarm()
    flood = [alarm(device, counter) for counter in range(1, 201)]
    desk.press(*flood[:150], good, *flood[150:])
    rows = desk.sql("SELECT device_id, presses, revision < 12, urgency FROM incidents ORDER BY presses")
    assert rows == [(good.device_id, 1, True, 100), (str(device), 200, True, 140)]
    assert desk.sql("SELECT count(*) FROM presses") == [(201,)]
    routed = desk.published("press.routed.v1")
    assert len({each["alarm_id"] for each in routed}) == 201
    assert sum(each["opened"] for each in routed) == 2
    desk.press(*(alarm(device, counter) for counter in range(201, 301)))
    rows = desk.sql("SELECT presses, revision < 12, urgency, jsonb_array_length(flags) < 6 FROM incidents")
    assert sorted(rows) == [(1, True, 100, True), (300, True, 140, True)]


def test_no_chain_of_unverified_presses_leads_an_alarm_away(desk: Dispatch) -> None:
    """Somebody names her device, each time a little further: hers stays where she pressed."""
    device = uuid4()
    desk.press(unverified(device, GHENT, "hers"))
    for step in range(1, 12):
        fix = GHENT.model_copy(update={"lat": GHENT.lat - step * 0.008})
        desk.press(unverified(device, fix, f"forged {step}", step))
    near = [place for place in places(desk) if place and abs(place[0] - GHENT.lat) < 0.01]
    assert len(near) == 1
    assert len(places(desk)) > 3
    assert desk.sql("SELECT count(*) FROM incidents WHERE first_fix IS NULL") == [(0,)]


@pytest.mark.parametrize("fix", [None, GHENT])
def test_a_nuisance_that_somebody_took_covers_no_press_after_it(desk: Dispatch, fix: Fix | None) -> None:
    device = uuid4()
    nuisance = unverified(device, fix, "nuisance")
    desk.press(nuisance)
    [(room,)] = desk.sql("SELECT control_room_id FROM incidents")
    act(desk.context, acknowledge_incident, nuisance.alarm_id, "operator", room)
    desk.press(unverified(device, fix, "hers", 5))
    assert desk.sql("SELECT presses, acknowledged_by FROM incidents ORDER BY raised_at") == [
        (1, "operator"),
        (1, None),
    ]
    desk.pass_time(20.1)
    assert "all_positions" in [each["level"] for each in desk.published("incident.escalated.v1")]


def test_where_an_unverified_alarm_began_is_erased_with_its_end(desk: Dispatch) -> None:
    press = unverified(uuid4(), GHENT, "a")
    desk.press(press)
    act(
        desk.context,
        close_incident,
        press.alarm_id,
        Outcome.ACCIDENTAL,
        by="supervisor",
        person="s",
        reason="nuisance",
    )
    assert desk.sql("SELECT fix, first_fix FROM incidents") == [(None, None)]
