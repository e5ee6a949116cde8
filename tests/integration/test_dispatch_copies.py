"""What is a copy of a press and what is another one: told by the bytes that the device sent."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.runtime import clock
from contracts.alarm import AlarmRaised, alarm_id_of, unverified_alarm_id_of
from contracts.common import Outcome
from services.dispatch.store.presses import incidents_of_presses
from services.dispatch.usecases.incident_actions import close_incident
from services.dispatch.usecases.raise_alarms import copies
from tests.support.dispatching import BRUSSELS, GHENT, GHENT_ROOM, Dispatch, act, alarm

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(one_desk: Dispatch) -> Dispatch:
    one_desk.wipe()
    one_desk.policy(GHENT_ROOM, "automatic")
    one_desk.units(GHENT_ROOM, GHENT, 4)
    return one_desk


def close(desk: Dispatch, press: AlarmRaised) -> None:
    act(
        desk.context,
        close_incident,
        press.alarm_id,
        Outcome.ACCIDENTAL,
        by="supervisor",
        person="s",
        reason="safe",
    )


def later(press: AlarmRaised, by: timedelta = MINUTE, **what: Any) -> AlarmRaised:
    """The same bytes, received once more."""
    return press.model_copy(update={"received_at": press.received_at + by, **what})


def forged(device: UUID, counter: int) -> AlarmRaised:
    """What somebody raises who has no key: under the id of a press to come."""
    return alarm(device, counter, fix=BRUSSELS).model_copy(
        update={"proof": "e30.e30.AAAA", "content": "f" * 64}
    )


def test_a_forged_press_burns_no_counter(desk: Dispatch) -> None:
    """Raised ahead of hers, closed by the room as nonsense: her own is as new as ever."""
    device = uuid4()
    ahead = [forged(device, counter) for counter in range(1, 6)]
    desk.press_as_told(*ahead)
    close(desk, ahead[0])
    hers = alarm(device, 3)
    desk.press(hers)
    ((lane, state, room, flags),) = desk.sql(
        "SELECT lane, state, control_room_id, flags FROM incidents WHERE lane = 'verified'"
    )
    assert (lane, state, room) == ("verified", "open", GHENT_ROOM)
    assert "counter_reused_with_other_content" in flags
    assert desk.sql("SELECT state FROM orders WHERE state = 'sent'") == [("sent",)]
    # Under the id that the alarm service gives it as well, so that the records agree.
    own = unverified_alarm_id_of(str(device), "3", str(hers.content))
    assert [r["alarm_id"] for r in desk.published("press.routed.v1") if r["lane"] == "verified"] == [str(own)]
    # It says under which id it came, and which press it is: whoever has that id for the forged one sees it.
    entries = {
        (r["came_as"], r["digest"]) for r in desk.published("press.routed.v1") if r["lane"] == "verified"
    }
    assert entries == {(str(hers.alarm_id), hers.digest)}
    # Whoever brings it again hears of its own incident.
    brought = dict.fromkeys(copies.keys_of(hers), hers.alarm_id)
    ((mine,),) = desk.sql("SELECT id FROM incidents WHERE lane = 'verified'")
    with desk.context.database.read() as session:
        assert incidents_of_presses(session, brought) == {hers.alarm_id: mine}
    # And every copy of hers is one with it, also the one that the alarm service raises under that id.
    desk.press(hers, later(hers), hers.model_copy(update={"alarm_id": own}))
    assert desk.sql("SELECT presses FROM incidents WHERE lane = 'verified'") == [(1,)]


def test_what_nobody_verified_hides_no_verified_press_with_the_same_content(desk: Dispatch) -> None:
    """Somebody kept the text of a press back and sent it first with a wrong signature."""
    hers = alarm()
    wrong = hers.model_copy(update={"lane": "unverified", "proof": None})
    desk.press_as_told(wrong)
    desk.press(hers)
    assert sorted(desk.sql("SELECT lane, presses FROM incidents")) == [("unverified", 1), ("verified", 1)]


def test_the_same_press_over_every_way_is_one_alarm(desk: Dispatch) -> None:
    press = alarm(received_at=clock.now() - MINUTE)
    after_s = {"data": 0, "sms": 10, "voice": 15}
    ways = [later(press, timedelta(seconds=after_s[way]), channel=way) for way in after_s]
    desk.press(*ways)
    for way in ways:
        desk.press(way)
    assert desk.sql("SELECT presses, state FROM incidents") == [(1, "open")]
    assert desk.sql("SELECT count(*) FROM presses") == [(1,)]
    # Delivered once more by the broker, hours after the end.
    close(desk, press)
    desk.press(*ways)
    assert desk.sql("SELECT presses, state FROM incidents") == [(1, "closed")]
    assert len(desk.published("press.routed.v1")) == 1


def test_other_bytes_with_the_same_counter_are_another_press(desk: Dispatch) -> None:
    device = uuid4()
    here, there = alarm(device, 1), alarm(device, 1, fix=BRUSSELS)
    assert here.alarm_id == there.alarm_id == alarm_id_of(device, 1)
    desk.press(here, there)
    desk.press(there, here)
    assert desk.sql("SELECT presses FROM incidents") == [(2,)]
    assert desk.sql("SELECT count(*) FROM presses") == [(2,)]
    close(desk, here)
    desk.press(alarm(device, 1, fix=GHENT.model_copy(update={"radius_m": 13})))
    assert desk.sql("SELECT state, presses FROM incidents ORDER BY raised_at") == [("closed", 2), ("open", 1)]


def test_a_copy_that_came_in_after_the_end_is_looked_at(desk: Dispatch) -> None:
    """A late SMS, a phone whose counter and clock stand still, or somebody who kept it."""
    press = alarm()
    desk.press(press)
    close(desk, press)
    again = press.model_copy(update={"received_at": clock.now()})
    desk.press(again)
    rows = desk.sql("SELECT state, lane, flags ? 'copy_after_close' FROM incidents ORDER BY routed_at")
    assert rows == [("closed", "verified", False), ("open", "unverified", True)]
    # No patrol goes by itself; it is proposed, and escalates.
    assert desk.sql("SELECT state FROM orders ORDER BY created_at DESC LIMIT 1") == [("proposed",)]
    desk.press(again, later(press))
    assert desk.sql("SELECT presses FROM incidents WHERE state = 'open'") == [(1,)]
    ((open_id,),) = desk.sql("SELECT id FROM incidents WHERE state = 'open'")
    act(
        desk.context, close_incident, open_id, Outcome.TECHNICAL, by="supervisor", person="s", reason="late SMS"
    )
    desk.press(again)
    assert desk.sql("SELECT count(*) FROM incidents WHERE state = 'open'") == [(0,)]
    desk.press(later(press, 2 * MINUTE))
    assert desk.sql("SELECT count(*) FROM incidents WHERE state = 'open'") == [(1,)]


def test_a_press_that_was_lost_from_the_books_comes_back_with_its_copy(desk: Dispatch) -> None:
    press = alarm()
    desk.press(press)
    desk.do("DELETE FROM presses")
    desk.do("DELETE FROM orders")
    desk.do("DELETE FROM incidents")
    desk.press(press)
    assert desk.sql("SELECT state FROM incidents") == [("open",)]
