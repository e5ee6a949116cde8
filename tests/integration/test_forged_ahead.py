"""A forged press takes an alarm's id ahead of the real one: device, redelivery and books follow the real one.

Dispatch keeps the real one under an id of its own. And a copy that came after the end: the books know of it.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis import clock
from contracts.alarm import AlarmRaised
from contracts.common import Outcome
from contracts.dispatch import PressRouted
from contracts.envelope import Event
from services.alarm import events as alarm_events
from services.dispatch.usecases import moving
from tests.support import dispatching
from tests.support.postgres import Cluster
from tests.support.three_books import Three, three_books

FIVE_MINUTES = timedelta(minutes=5)


def forged(device_id: UUID, counter: int, **what: Any) -> AlarmRaised:
    """What somebody raises who can write to a queue and has no key."""
    said = dispatching.alarm(device_id, counter, fix=dispatching.BRUSSELS).model_dump()
    return AlarmRaised.model_validate(said | {"proof": "e30.e30.AAAA", "content": "f" * 64} | what)


@pytest.fixture(scope="module")
def started(cluster: Cluster) -> Iterator[Three]:
    with three_books(cluster) as three:
        yield three


@pytest.fixture
def three(started: Three) -> Three:
    started.wipe()
    return started


def tell(three: Three) -> None:
    """What dispatch published comes to alarm, twice; and what both published to reporting."""
    told = [event for event in map(Event.decode, three.desk.waiting()) if event.type == PressRouted.TYPE]
    for _ in range(2):
        with three.alarm.transaction() as tx:
            alarm_events.from_dispatch(tx, told, three.vault)
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
    moving.close(
        three.desk.context, hers.alarm_id, Outcome.ACCIDENTAL, by="supervisor", person="s", reason="safe"
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
