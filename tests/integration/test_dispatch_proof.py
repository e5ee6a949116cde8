"""Dispatch believes what a device signed, by its own read model, and nobody's word for it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.runtime.clock import now
from contracts.alarm import AlarmRaised, alarm_id_of
from contracts.common import Outcome
from contracts.registry import DeviceChanged
from services.dispatch.invariants import INVARIANTS
from services.dispatch.store.incidents import load_open_incidents
from services.dispatch.usecases.incident_actions import close_incident
from tests.support.dispatching import (
    BRUSSELS,
    BRUSSELS_ROOM,
    GHENT,
    GHENT_ROOM,
    Dispatch,
    act,
    alarm,
    everything_known,
    key_of,
    public_key_of,
    signed_by,
    tell,
)


@pytest.fixture
def desk(one_desk: Dispatch) -> Dispatch:
    one_desk.wipe()
    one_desk.policy(GHENT_ROOM, "automatic")
    one_desk.units(GHENT_ROOM, GHENT, 4)
    return one_desk


def changed(press: AlarmRaised, **what: Any) -> AlarmRaised:
    return press.model_copy(update=what)


def told(desk: Dispatch, device: UUID, **what: Any) -> UUID:
    """The registry tells of a device; its enrolment."""
    enrolment = uuid4()
    about = {
        "device_id": device,
        "enrolment_id": enrolment,
        "public_key": public_key_of(device),
        "status": "active",
        "version": 1,
        "changed_at": now(),
    }
    tell(desk.context, DeviceChanged.model_validate(about | what))
    return enrolment


def other_counter(press: AlarmRaised) -> dict[str, Any]:
    return {"counter": 9, "alarm_id": alarm_id_of(UUID(press.device_id), 9)}


def signed_by_another(press: AlarmRaised) -> dict[str, Any]:
    return {"proof": signed_by(uuid4(), {"device_id": press.device_id, "counter": press.counter})}


def a_heartbeat(press: AlarmRaised) -> dict[str, Any]:
    device = UUID(press.device_id)
    signed = {"device_id": press.device_id, "counter": press.counter}
    return {"proof": signed_by(device, signed, typ="stalkingalarm-heartbeat+jws")}


@pytest.mark.parametrize(
    ("forged", "flag"),
    [
        (lambda _: {"proof": None}, "proof_missing"),
        (lambda _: {"proof": "no.jws"}, "proof_missing"),
        (lambda _: {"proof": "a.b.\u0000\ud7ff"}, "proof_missing"),
        (lambda p: {"proof": p.proof[:-4] + "AAAA"}, "proof_broken"),
        (signed_by_another, "proof_broken"),
        (other_counter, "proof_broken"),
        (a_heartbeat, "proof_broken"),
    ],
)
def test_what_nobody_signed_is_an_incident_of_the_unverified_lane(
    desk: Dispatch, forged: Any, flag: str
) -> None:
    device, *_ = everything_known(desk, "card")
    press = alarm(device)
    desk.press_as_told(changed(press, **forged(press)))
    ((lane, enrolment, flags, urgency),) = desk.sql("SELECT lane, enrolment_id, flags, urgency FROM incidents")
    assert (lane, enrolment, urgency) == ("unverified", None, 0)
    assert {flag, "unverified"} <= set(flags)
    # No patrol goes by itself, and no card opens.
    assert desk.sql("SELECT state FROM orders") == [("proposed",)]
    assert [r["lane"] for r in desk.published("press.routed.v1")] == ["unverified"]


def test_what_a_device_signed_is_verified(desk: Dispatch) -> None:
    device, enrolment, _ = everything_known(desk, "card")
    desk.press_as_told(alarm(device))
    assert desk.sql("SELECT lane, enrolment_id::text, flags - 'border' FROM incidents") == [
        ("verified", str(enrolment), [])
    ]
    assert desk.sql("SELECT proof FROM presses") == [(None,)]


def test_the_place_is_the_one_that_was_signed(desk: Dispatch) -> None:
    """The alarm service's word for the place is no better than its word for the signature."""
    device, *_ = everything_known(desk, "card")
    desk.press_as_told(changed(alarm(device), fix=BRUSSELS))
    assert desk.sql("SELECT control_room_id, lane, flags - 'border' FROM incidents") == [
        (GHENT_ROOM, "verified", ["place_as_signed"])
    ]


def test_a_device_that_is_not_known_yet_loses_nothing(desk: Dispatch) -> None:
    """Registry's events are behind: shown as unverified, escalated like a verified one, then verified."""
    device = uuid4()
    press = alarm(device)
    desk.press_as_told(press)
    ((lane, flags, urgency),) = desk.sql("SELECT lane, flags - 'border', urgency FROM incidents")
    assert (lane, flags) == ("unverified", ["proof_pending", "unverified"])
    assert urgency == 50
    assert desk.sql("SELECT state FROM orders") == [("proposed",)]
    ((encrypted,),) = desk.sql("SELECT proof FROM presses")
    assert press.proof is not None
    assert press.proof.encode() not in bytes(encrypted)
    enrolment = told(desk, device)
    desk.pass_time(0)
    row = desk.sql("SELECT lane, subject, enrolment_id::text, flags - 'border', urgency FROM incidents")
    assert row == [("verified", f"enrolment:{enrolment}", str(enrolment), [], 100)]
    assert desk.sql("SELECT state, automatic FROM orders WHERE state = 'sent'") == [("sent", True)]
    assert desk.sql("SELECT proof FROM presses") == [(None,)]
    # Its further presses join it, with the place that moves.
    desk.press_as_told(alarm(device, 2))
    assert desk.sql("SELECT presses, state FROM incidents") == [(2, "open")]
    assert [name for name, query in INVARIANTS.items() if desk.sql(query)] == []


def test_a_press_and_its_device_may_pass_each_other(desk: Dispatch) -> None:
    """Neither transaction sees the other: the timer looks again."""
    device = uuid4()
    desk.press_as_told(alarm(device))
    desk.know(device)
    desk.pass_time(5.1)
    assert desk.sql("SELECT lane FROM incidents") == [("verified",)]


def test_presses_that_prove_nothing_move_no_alarm_that_is_verified_later(desk: Dispatch) -> None:
    """Somebody names her new phone near by while the registry's word of it is awaited."""
    device = uuid4()
    desk.press_as_told(alarm(device, 1))
    beside = GHENT.model_copy(update={"lat": GHENT.lat + 0.008})
    forged = changed(alarm(device, 2, fix=beside), lane="unverified", proof=None, content="forged")
    desk.press_as_told(forged)
    assert desk.sql("SELECT presses FROM incidents") == [(2,)]
    told(desk, device)
    desk.pass_time(0)
    with desk.context.database.read() as session:
        [incident] = load_open_incidents(session)
    fix = desk.context.decrypt_fix(incident)
    assert fix is not None
    assert (incident.lane, fix.lat, fix.lon) == ("verified", GHENT.lat, GHENT.lon)


def test_while_nobody_knows_the_device_a_patrol_goes_all_the_same(desk: Dispatch) -> None:
    desk.press_as_told(alarm())
    last = desk.nobody_answers(GHENT_ROOM)
    escalated = [e for e in desk.published("incident.escalated.v1") if e["level"] == "neighbour"]
    assert [e["target_control_room_id"] for e in escalated] == [last]
    assert desk.sql("SELECT state FROM orders") == [("sent",)]
    assert desk.sql("SELECT lane FROM incidents") == [("unverified",)]


def test_a_later_press_that_was_verified_first_is_shown_beside_it(desk: Dispatch) -> None:
    device = uuid4()
    desk.press_as_told(alarm(device, 1, fix=BRUSSELS))
    enrolment = told(desk, device)
    desk.press_as_told(alarm(device, 2))
    desk.pass_time(0)
    rows = desk.sql("SELECT lane, control_room_id, enrolment_id::text FROM incidents ORDER BY raised_at")
    assert rows == [("verified", BRUSSELS_ROOM, str(enrolment)), ("verified", GHENT_ROOM, str(enrolment))]


def test_a_key_that_does_not_fit_leaves_it_unverified(desk: Dispatch) -> None:
    device = uuid4()
    desk.press_as_told(alarm(device))
    told(desk, device, public_key=public_key_of(uuid4()))
    desk.pass_time(0)
    assert desk.sql("SELECT lane, flags - 'border', urgency FROM incidents") == [
        ("unverified", ["unverified", "proof_broken"], 0)
    ]


def test_a_device_with_a_newer_key_than_is_known_here_is_verified_when_that_comes(desk: Dispatch) -> None:
    device = uuid4()
    told(desk, device, public_key=public_key_of(uuid4()))
    desk.press_as_told(alarm(device))
    assert desk.sql("SELECT lane, flags ? 'proof_broken' FROM incidents") == [("unverified", True)]
    told(desk, device, version=2)
    desk.pass_time(0)
    assert desk.sql("SELECT lane, flags - 'border', urgency FROM incidents") == [("verified", [], 100)]
    assert desk.sql("SELECT proof FROM presses") == [(None,)]


def test_what_was_signed_does_not_outlast_the_incident(desk: Dispatch) -> None:
    press = alarm()
    desk.press_as_told(press)
    act(
        desk.context,
        close_incident,
        press.alarm_id,
        Outcome.GENUINE,
        by="supervisor",
        person="s",
        reason="safe",
    )
    assert desk.sql("SELECT proof FROM presses") == [(None,)]
    told(desk, UUID(press.device_id))
    desk.pass_time(10)
    assert desk.sql("SELECT state, lane FROM incidents") == [("closed", "unverified")]


def test_a_key_is_a_key(desk: Dispatch) -> None:
    """A read model with a key that nobody can read loses no press."""
    device = uuid4()
    told(desk, device, public_key="x")
    desk.press_as_told(alarm(device))
    assert desk.sql("SELECT lane, state FROM incidents") == [("unverified", "open")]
    assert key_of(device).public_key() is not None
