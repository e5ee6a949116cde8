"""The change notification of an opened incident brings its view, encrypted: the same as the database shows."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.runtime import clock
from chassis.security.vault import Unreadable
from contracts.registry import (
    Address,
    Card,
    CardPublished,
    DeviceChanged,
    EnrolmentChanged,
    Noted,
    Perpetrator,
    Person,
)
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.push.notifications import decrypt_view
from services.dispatch.usecases import escalate
from services.dispatch.usecases.registry_projection import take_card, take_device, take_enrolment
from tests.support.dispatching import GHENT, GHENT_ROOM, Bell, Dispatch, act, alarm, context_on, public_key_of
from tests.support.postgres import Cluster

HER_STREET = "Kraanlei 77"


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def desk(cluster: Cluster, bell: Bell) -> Dispatch:
    made = Dispatch(context_on(cluster.database("dispatch")))
    made.wipe()
    made.policy(GHENT_ROOM, "automatic")
    made.units(GHENT_ROOM, GHENT, 3)
    relay: Any = bell
    made.context.database.relay = relay
    return made


def enrol(desk: Dispatch, perpetrator: UUID) -> UUID:
    """A victim with a device and a card; returns the device."""
    enrolment, device, now = uuid4(), uuid4(), clock.now()
    card = Card(
        victim=Person(name="Notified Victim", phone="+32 400 00 00 00"),
        languages=("nl",),
        addresses=(Address(kind="home", text=HER_STREET),),
        perpetrators=(
            Perpetrator(name="Notified Perpetrator", ref=perpetrator, weapons=(Noted(text="knife"),)),
        ),
    )
    zone = "gent-1"
    with desk.context.database.transaction() as tx:
        take_enrolment(
            tx, EnrolmentChanged(enrolment_id=enrolment, status="active", managing_zone_id=zone, changed_at=now)
        )
        take_device(
            tx,
            DeviceChanged(
                enrolment_id=enrolment,
                device_id=device,
                public_key=public_key_of(device),
                status="active",
                version=1,
                changed_at=now,
            ),
        )
        take_card(
            tx,
            desk.context,
            CardPublished(
                enrolment_id=enrolment,
                version=1,
                managing_zone_id=zone,
                card=card,
                cancel_code="1234",
                duress_code="4321",
                published_at=now,
            ),
        )
    return device


def test_the_change_notification_brings_the_view_that_the_database_shows(desk: Dispatch, bell: Bell) -> None:
    perpetrator = uuid4()
    first, second = (alarm(enrol(desk, perpetrator)) for _ in range(2))
    desk.press(first)
    desk.press(second)
    _, told = bell.rung()
    assert told.encrypted is not None
    brought = decrypt_view(desk.context, second.alarm_id, told.encrypted)
    with desk.context.database.read() as session:
        [shown] = load_views(desk.context, session, [second.alarm_id], clock.now())
    assert brought.linked_incidents == [first.alarm_id]
    assert brought.last_known_address == HER_STREET
    assert brought.orders
    assert brought.location
    assert shown.location
    brought.location.age_s = shown.location.age_s  # each tells the age at its own moment
    assert brought.model_dump(mode="json") == shown.model_dump(mode="json")


def test_nothing_of_the_view_can_be_read_without_the_key(desk: Dispatch, bell: Bell) -> None:
    desk.press(alarm(enrol(desk, uuid4())))
    [body] = bell.bodies
    assert b"Notified" not in body
    assert HER_STREET.encode() not in body
    [told] = bell.rung()
    assert told.encrypted is not None
    with pytest.raises(Unreadable):
        decrypt_view(desk.context, uuid4(), told.encrypted)


def test_a_second_press_only_rings(desk: Dispatch, bell: Bell) -> None:
    device = enrol(desk, uuid4())
    desk.press(alarm(device, 1))
    desk.press(alarm(device, 2))
    first, second = bell.rung()
    assert [told.encrypted is None for told in (first, second)] == [False, True]
    assert desk.sql("SELECT revision > 1 FROM incidents") == [(True,)]


def test_a_stale_proposal_that_leaves_rings_though_it_was_told_that_none_is_free(
    desk: Dispatch, bell: Bell
) -> None:
    desk.policy(GHENT_ROOM, "proposed")
    press = alarm()
    desk.press(press)
    # What two processes at once leave behind: told that none is free, while one is proposed that then goes.
    desk.do("UPDATE incidents SET flags = '[\"no_unit\"]'")
    desk.do("UPDATE units SET available = false, changed_at = now()")
    desk.refresh()
    act(desk.context, escalate.look_again_for_stale)
    before = bell.rung()
    assert desk.pass_time(0) == 1
    [told] = bell.rung()[len(before) :]
    with desk.context.database.read() as session:
        [shown] = load_views(desk.context, session, [press.alarm_id], clock.now())
    assert [order.state for order in shown.orders] == ["withdrawn"]
    assert told.incident_id == press.alarm_id
    # Looking again and finding nobody changes nothing, and rings nobody.
    assert desk.pass_time(6) == 1
    assert len(bell.rung()) == len(before) + 1
