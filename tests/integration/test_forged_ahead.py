"""A forged press takes an alarm's id ahead of the real one: device, redelivery and records follow the real one.

Dispatch keeps the real one under an id of its own. And a copy that came after the end: the records know of it.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.runtime import clock
from contracts.alarm import AlarmRaised, alarm_id_of
from contracts.common import Outcome
from contracts.dispatch import PressRouted
from contracts.envelope import Event, wrap
from contracts.topology import DISPATCH_ALARMS
from services.alarm.usecases.handle_events import on_dispatch_events
from services.dispatch.usecases.incident_actions import close_incident
from tests.support import dispatching
from tests.support.alarm import Button
from tests.support.broker import Broker
from tests.support.dispatching import act
from tests.support.path import Path3, whole_path
from tests.support.postgres import Cluster
from tests.support.three_services import Three
from tests.support.waiting import eventually

# Other suites share these two cores.
PATIENT = {"GIVE_UP_AFTER_S": "20", "GRACE_S": "5", "FALLBACK_AFTER_S": "5", "LOOKUP_S": "5"}
ROOM, FIVE_MINUTES = dispatching.GHENT_ROOM, timedelta(minutes=5)


def forged(device_id: UUID, counter: int, **what: Any) -> AlarmRaised:
    """What somebody raises who can write to a queue and has no key."""
    said = dispatching.alarm(device_id, counter, fix=dispatching.BRUSSELS).model_dump()
    return AlarmRaised.model_validate(said | {"proof": "e30.e30.AAAA", "content": "f" * 64} | what)


@pytest.fixture(scope="module")
def path(cluster: Cluster, broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path3]:
    with whole_path(cluster, broker, tmp_path_factory.mktemp("path"), **PATIENT) as whole:
        whole.desk.units(ROOM, dispatching.GHENT, 40, prefix="f")
        yield whole


@pytest.mark.timeout(400)
def test_the_ladder_the_hand_over_and_the_books_are_those_of_the_real_press(
    path: Path3, broker: Broker
) -> None:
    mine = Button()
    path.know(mine)
    alarm_id = alarm_id_of(mine.id, 1)
    # Into dispatch's queue alone: the recorder, which would store it first, is behind.
    ahead = forged(mine.id, 1)
    body = wrap(ahead, source="/services/alarm", event_id=alarm_id).encode()
    broker.channel().basic_publish("", DISPATCH_ALARMS, body)
    wrong, _ = eventually(lambda: path.incident_of(alarm_id), 60)
    linked = "SELECT incident_id FROM alarm_incidents WHERE alarm_id = %s"
    eventually(lambda: (wrong,) in path.alarm.rows(linked, alarm_id), 60)

    receipt = path.api.press(mine.press()).json()
    assert receipt["alarm_id"] == str(alarm_id)
    right = eventually(lambda: incident_beside(path, mine, wrong), 60)
    eventually(lambda: (right,) in path.alarm.rows(linked, alarm_id), 60)
    close(path, wrong)
    closed = "SELECT 1 FROM stages WHERE incident_id = %s AND stage = 'closed'"
    eventually(lambda: path.alarm.rows(closed, wrong), 60)
    assert "closed" not in stages(path, mine, alarm_id)
    # Whoever hands it over again hears of the real one.
    assert handed_over(path, alarm_id) == {str(alarm_id): str(right)}
    close(path, right)
    eventually(lambda: "closed" in stages(path, mine, alarm_id), 60)
    settled = "SELECT incident_ids FROM presses WHERE alarm_id = %s AND stored_at IS NOT NULL"
    kept_as = path.desk.sql(f"SELECT alarm_id FROM presses WHERE incident_id = '{right}'")[0][0]
    eventually(lambda: path.reporting.rows(settled, kept_as) == [([right],)], 60)
    assert path.reporting.rows("SELECT alarm_id, kind FROM gaps") == []


def incident_beside(path: Path3, button: Button, wrong: UUID) -> UUID | None:
    rows = path.desk.sql(
        f"SELECT incident_id FROM presses WHERE device_id = '{button.id}' AND incident_id <> '{wrong}'"
    )
    return rows[0][0] if rows else None


def close(path: Path3, incident_id: UUID) -> None:
    answer = path.rooms.post(
        f"/v1/incidents/{incident_id}/close",
        json={"outcome": "test", "reason": "an example of a test"},
        headers=path.as_room("supervisor", room_of(path, incident_id)),
    )
    assert answer.status_code < 300, answer.text


def stages(path: Path3, button: Button, alarm_id: UUID) -> set[str]:
    values = {"device_id": str(button.id), "alarm_id": str(alarm_id), "at": clock.now().isoformat()}
    headers = {"authorization": f"Device {button.sign(values, 'follow').decode()}"}
    ladder = path.api.http.get(f"/v1/alarms/{alarm_id}", headers=headers).json()
    return {each["stage"] for each in ladder["stages"]}


def handed_over(path: Path3, alarm_id: UUID) -> dict[str, str]:
    """What dispatch answers to the press, as the alarm service brings it from its row."""
    admin = path.issuer.headers("admin")
    answer = path.api.http.post(f"/v1/alarms/{alarm_id}/redeliver", headers=admin).json()
    return {answer["alarm_id"]: answer["incident_id"]}


def room_of(path: Path3, incident_id: UUID) -> str:
    """The control room of an incident."""
    room: str = path.desk.sql(f"SELECT control_room_id FROM incidents WHERE id = '{incident_id}'")[0][0]
    return room


def tell(three: Three) -> None:
    """What dispatch published comes to alarm, twice; and what both published to reporting."""
    entries = [event for event in map(Event.decode, three.desk.waiting()) if event.type == PressRouted.TYPE]
    for _ in range(2):
        with three.alarm.transaction() as tx:
            on_dispatch_events(tx, entries, three.vault)
    three.deliver()


def test_a_press_that_dispatch_keeps_under_another_id(three: Three) -> None:
    device = uuid4()
    hers = dispatching.alarm(device, 1, received_at=clock.now() - FIVE_MINUTES)
    three.desk.press_as_told(forged(device, 1, received_at=hers.received_at, fix=dispatching.GHENT))
    three.stored(hers)
    three.desk.press(hers)
    tell(three)
    assert three.gaps() == set()
    assert len(three.rows.presses()) == 2


def test_a_copy_that_came_after_the_end(three: Three) -> None:
    hers = three.press()
    act(
        three.desk.context,
        close_incident,
        hers.alarm_id,
        Outcome.ACCIDENTAL,
        by="supervisor",
        person="s",
        reason="safe",
    )
    three.desk.do(
        "UPDATE incidents SET closed_at = :at WHERE id = :id",
        at=hers.received_at + FIVE_MINUTES / 10,
        id=hers.alarm_id,
    )
    again = hers.model_copy(update={"received_at": hers.received_at + FIVE_MINUTES / 5})
    three.desk.press(again)
    assert three.desk.sql("SELECT count(*) FROM presses") == [(2,)]
    tell(three)
    assert three.gaps() == set()


def test_it_is_learnt_when_the_press_itself_comes_later(three: Three) -> None:
    """The database was away: dispatch told of it before the recorder stored it."""
    device = uuid4()
    hers = dispatching.alarm(device, 1, received_at=clock.now() - FIVE_MINUTES)
    three.desk.press_as_told(forged(device, 1, received_at=hers.received_at, fix=dispatching.GHENT))
    three.desk.press(hers)
    tell(three)
    three.stored(hers)
    three.learn()
    three.deliver()
    assert three.gaps() == set()


def test_what_nobody_brought_to_alarm_stays_a_gap(three: Three) -> None:
    """Two forged presses under one id, and none of hers: dispatch has what alarm never had."""
    device = uuid4()
    at = clock.now() - FIVE_MINUTES
    hers = dispatching.alarm(device, 1, received_at=at)
    three.stored(hers)
    three.desk.press(hers)
    three.desk.press_as_told(forged(device, 1, received_at=at, fix=dispatching.GHENT))
    tell(three)
    three.learn()
    three.deliver()
    kept_as = {row[0] for row in three.desk.sql("SELECT alarm_id FROM presses") if row[0] != hers.alarm_id}
    assert {entry for kind, entry in three.gaps() if kind == "no_press"} >= kept_as
    with three.alarm.read() as session:
        assert session.execute(text("SELECT count(*) FROM presses")).scalar_one() == 1
