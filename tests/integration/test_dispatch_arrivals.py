"""What arrives out of order or from clocks that are wrong, and who may answer for an alarm."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from chassis.runtime import clock
from chassis.security.principal import Principal
from contracts.alarm import AlarmLocated, AlarmRaised, CancelRequested, digest_code
from contracts.common import Fix, Outcome
from contracts.registry import CardPublished, CardWithdrawn, DeviceChanged, PhotoPublished
from services.dispatch.domain.cancellation import WRONG_CODES_THAT_TELL
from services.dispatch.errors import AlarmNotYetKnown, NotResponsible
from services.dispatch.presenters.disclosure import disclosure_entry, limit_view
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.schemas.common import LocationView
from services.dispatch.store.incidents import load_open_incidents
from services.dispatch.usecases.cancel_requests import take_cancel_request
from services.dispatch.usecases.incident_actions import acknowledge_incident, close_incident, take_over_incident
from services.dispatch.usecases.location_updates import take_location
from tests.support.days import today
from tests.support.dispatching import GHENT, GHENT_ROOM, Dispatch, act, alarm, everything_known, tell


@pytest.fixture
def desk(one_desk: Dispatch) -> Dispatch:
    one_desk.wipe()
    one_desk.policy(GHENT_ROOM, "proposed")
    return one_desk


def located(desk: Dispatch, press: AlarmRaised, fix: Fix, sequence: int) -> None:
    """A further fix, as the worker takes it in."""
    event = AlarmLocated(
        alarm_id=press.alarm_id,
        device_id=UUID(press.device_id),
        sequence=sequence,
        fix=fix,
        received_at=clock.now(),
    )
    with desk.context.database.transaction() as tx:
        take_location(tx, desk.context, event, None)


def asked_to_cancel(desk: Dispatch, press: AlarmRaised, device: UUID, code: str = "0") -> None:
    """A request to cancel, as the worker takes it in."""
    digest = digest_code(press.alarm_id, code)
    event = CancelRequested(
        alarm_id=press.alarm_id, device_id=device, code_digest=digest, received_at=clock.now()
    )
    with desk.context.database.transaction() as tx:
        take_cancel_request(tx, desk.context, event, None)


def known(status: str, *devices: UUID) -> list[DeviceChanged]:
    """What the registry says of devices."""
    return [
        DeviceChanged.model_validate(
            {
                "enrolment_id": uuid4(),
                "device_id": device,
                "public_key": "x",
                "status": status,
                "version": 9,
                "changed_at": clock.now(),
            }
        )
        for device in devices
    ]


def test_another_device_neither_moves_nor_cancels_an_alarm(desk: Dispatch) -> None:
    """Whoever knows a device id can reckon its alarm ids: the signer must be the owner."""
    hers, his = alarm(), alarm(fix=Fix(lat=51.0, lon=3.7))
    desk.press(hers, his)
    moved = hers.model_copy(update={"device_id": his.device_id})
    located(desk, moved, Fix(lat=50.41, lon=4.44, at=clock.now()), 1)
    asked_to_cancel(desk, hers, UUID(his.device_id))
    told = desk.sql(
        f"SELECT also_control_room_ids, cancel, revision FROM incidents WHERE id = '{hers.alarm_id}'"
    )
    assert told == [([], None, 1)]
    assert desk.published("incident.relocated.v1") == []
    # Her own do both.
    located(desk, hers, Fix(lat=50.41, lon=4.44, at=clock.now()), 1)
    asked_to_cancel(desk, hers, UUID(hers.device_id))
    ((also, asked, _),) = desk.sql(
        f"SELECT also_control_room_ids, cancel, revision FROM incidents WHERE id = '{hers.alarm_id}'"
    )
    assert (also, asked) == (["cic-hainaut"], "requested")


def test_whatever_is_personal_of_an_alarm_is_logged_when_it_is_shown(desk: Dispatch) -> None:
    """By the marks of the policy: a cancel and a linked alarm tell of people too."""
    device, _, _ = everything_known(desk, "her")
    hers, bare = alarm(device), alarm(fix=None)
    desk.press(hers, bare)
    caller = Principal("op", frozenset({"operator"}), cic=GHENT_ROOM)

    def logged(press: AlarmRaised) -> set[str]:
        desk.do("DELETE FROM audit_entry")
        with desk.context.database.read() as session:
            [view] = load_views(desk.context, session, [press.alarm_id], clock.now())
        with desk.context.database.transaction() as tx:
            tx.write(*filter(None, [disclosure_entry(caller, "read", limit_view(caller, view))]))
        found = desk.sql("SELECT fields FROM audit_entry ORDER BY at DESC LIMIT 1")
        return set(found[0][0]) if found else set()

    assert {"card", "location"} <= logged(hers)
    asked_to_cancel(desk, hers, device)
    assert "cancel" in logged(hers)
    assert logged(bare) == {"search"}
    asked_to_cancel(desk, bare, UUID(bare.device_id))
    assert logged(bare) == {"cancel", "search"}


def test_a_room_is_told_that_cancel_codes_are_tried(desk: Dispatch) -> None:
    press = alarm()
    desk.press(press)
    entries = []
    for _ in range(WRONG_CODES_THAT_TELL):
        asked_to_cancel(desk, press, UUID(press.device_id))
        entries.append(desk.sql("SELECT flags FROM incidents")[0][0])
    assert ["cancel_codes_tried" in flags for flags in entries] == [False] * (WRONG_CODES_THAT_TELL - 1) + [
        True
    ]
    assert all("cancel_code_wrong" in flags for flags in entries)


@pytest.mark.parametrize("status", ["stock", "suspended", "lost", "returned"])
def test_of_a_device_that_is_not_in_use_only_a_press_counts(desk: Dispatch, status: str) -> None:
    press = alarm()
    desk.press(press)
    tell(desk.context, *known(status, UUID(press.device_id)))
    located(desk, press, Fix(lat=50.41, lon=4.44, at=clock.now()), 1)
    asked_to_cancel(desk, press, UUID(press.device_id))
    assert desk.sql("SELECT also_control_room_ids, cancel, state FROM incidents") == [([], None, "open")]


def test_a_place_without_a_time_counts_once(desk: Dispatch) -> None:
    press = alarm()
    desk.press(press)
    here, there = Fix(lat=51.06, lon=3.73), Fix(lat=51.07, lon=3.74)
    located(desk, press, here, 1)
    located(desk, press, there, 2)
    located(desk, press, here, 1)
    assert place(desk) == (there.lat, there.lon)
    # One that says when it was is ordered by that, whatever its number: an app that began anew counts from 0.
    located(desk, press, here.model_copy(update={"at": clock.now()}), 0)
    assert place(desk) == (here.lat, here.lon)


def test_a_message_for_an_alarm_that_never_comes_is_retried_and_then_looked_at(desk: Dispatch) -> None:
    with pytest.raises(AlarmNotYetKnown):
        located(desk, alarm(), GHENT, 1)


def place(desk: Dispatch) -> tuple[float, float]:
    with desk.context.database.read() as session:
        [incident] = load_open_incidents(session)
        fix = desk.context.decrypt_fix(incident)
    assert fix is not None
    return fix.lat, fix.lon


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=400)])
def test_a_clock_that_runs_ahead_hides_no_later_place(desk: Dispatch, ahead: timedelta) -> None:
    press = alarm(fix=GHENT.model_copy(update={"at": clock.now() + ahead}))
    desk.press(press)
    located(desk, press, Fix(lat=51.06, lon=3.73, at=clock.now()), 1)
    assert place(desk) == (51.06, 3.73)
    located(desk, press, Fix(lat=51.07, lon=3.74, at=clock.now() + ahead), 2)
    located(desk, press, Fix(lat=51.08, lon=3.75, at=clock.now()), 3)
    assert place(desk) == (51.08, 3.75)
    # One that waited in the device is older, and stays so.
    located(desk, press, Fix(lat=51.09, lon=3.76, at=clock.now() - timedelta(minutes=2)), 4)
    assert place(desk) == (51.08, 3.75)
    assert desk.sql("SELECT count(*) FROM incidents WHERE fix_at > now()") == [(0,)]


def seen_at(desk: Dispatch, press: AlarmRaised) -> LocationView:
    """Where the room sees her."""
    with desk.context.database.read() as session:
        [view] = load_views(desk.context, session, [press.alarm_id], clock.now())
    assert view.location is not None
    return view.location


@pytest.mark.parametrize(
    ("ago", "age_s", "quality"),
    [
        (None, None, "red"),
        (timedelta(seconds=2), 2, "green"),
        (timedelta(seconds=-4), 0, "green"),
        # A clock that runs ahead, or a time of another zone: nobody knows how old it is.
        (timedelta(seconds=-20), None, "red"),
        (timedelta(hours=-2), None, "red"),
        (timedelta(hours=2), 7200, "red"),
    ],
)
def test_a_place_whose_age_nobody_knows_is_red_and_never_new(
    desk: Dispatch, ago: timedelta | None, age_s: float | None, quality: str
) -> None:
    at = None if ago is None else clock.now() - ago
    fix = GHENT.model_copy(update={"at": at})
    press = alarm(fix=fix)
    desk.press(press)
    for _ in range(2):
        seen = seen_at(desk, press)
        assert seen.quality == quality
        assert (seen.at is None, seen.age_s is None) == (age_s is None, age_s is None)
        assert seen.age_s is None or age_s is None or abs(seen.age_s - age_s) < 20
        # What the room's own software is told is the same; then the same by a further fix.
        located(desk, press, fix, 1)


def test_what_was_said_of_an_older_place_is_gone_with_it(desk: Dispatch) -> None:
    press = alarm(fix=None).model_copy(update={"flags": ("fix_invalid", "fix_time_unknown", "late")})
    desk.press(press)
    located(desk, press, GHENT.model_copy(update={"at": clock.now()}), 1)
    [(flags,)] = desk.sql("SELECT flags FROM incidents")
    assert "late" in flags
    assert not {"no_location", "fix_invalid", "fix_time_unknown"} & set(flags)


def test_a_press_with_a_counter_of_64_bits_is_an_alarm(desk: Dispatch) -> None:
    presses = [alarm(counter=counter) for counter in (2**31 - 1, 2**31, 2**63 - 1)]
    desk.press(*presses)
    stored = {row[0] for row in desk.sql("SELECT counter FROM presses")}
    assert stored == {2**31 - 1, 2**31, 2**63 - 1}


def test_a_room_that_was_only_brought_in_neither_stops_the_ladder_nor_ends_the_alarm(desk: Dispatch) -> None:
    press = alarm()
    desk.press(press)
    neighbour = desk.nobody_answers(GHENT_ROOM)
    with pytest.raises(NotResponsible):
        act(desk.context, acknowledge_incident, press.alarm_id, "looks on", neighbour)
    given = {"by": "supervisor", "person": "s", "reason": "seen safe"}
    with pytest.raises(NotResponsible):
        act(desk.context, close_incident, press.alarm_id, Outcome.GENUINE, control_room_id=neighbour, **given)  # type: ignore[arg-type]
    assert desk.sql("SELECT acknowledged_at, state FROM incidents") == [(None, "open")]
    # Who takes over answers for it from then on.
    act(desk.context, take_over_incident, press.alarm_id, "takes over", neighbour)
    with pytest.raises(NotResponsible):
        act(desk.context, close_incident, press.alarm_id, Outcome.GENUINE, control_room_id=GHENT_ROOM, **given)  # type: ignore[arg-type]
    act(desk.context, close_incident, press.alarm_id, Outcome.GENUINE, control_room_id=neighbour, **given)  # type: ignore[arg-type]
    assert desk.sql("SELECT state FROM incidents") == [("closed",)]


def card(enrolment: UUID, version: int, *photos: UUID) -> CardPublished:
    limit_view = [{"photo_id": photo, "taken_on": today()} for photo in photos]
    return CardPublished.model_validate(
        {
            "enrolment_id": enrolment,
            "version": version,
            "managing_zone_id": "gent-1",
            "card": {"victim": {"name": "A"}, "photos": limit_view},
            "cancel_code": "1234",
            "duress_code": "4321",
            "published_at": clock.now(),
        }
    )


def test_a_photo_survives_an_older_card_that_comes_late(desk: Dispatch) -> None:
    enrolment, photo = uuid4(), uuid4()
    kept = f"SELECT count(*) FROM photos WHERE id = '{photo}'"
    published = PhotoPublished(enrolment_id=enrolment, photo_id=photo, card_version=3, jpeg="QUJD")
    tell(desk.context, card(enrolment, 1), published, card(enrolment, 2))
    assert desk.sql(kept) == [(1,)]
    tell(desk.context, card(enrolment, 3, photo), published)
    assert desk.sql(kept) == [(1,)]
    # Taken off the card it is gone, and a late copy brings it back no more.
    tell(desk.context, card(enrolment, 4))
    tell(desk.context, published)
    assert desk.sql(kept) == [(0,)]


def test_a_photo_that_comes_after_its_card_was_withdrawn_does_not_stay(desk: Dispatch) -> None:
    enrolment, photo = uuid4(), uuid4()
    withdrawn = CardWithdrawn(enrolment_id=enrolment, version=4)
    published = PhotoPublished(enrolment_id=enrolment, photo_id=photo, card_version=3, jpeg="QUJD")
    tell(desk.context, withdrawn, published)
    assert desk.sql(f"SELECT count(*) FROM photos WHERE id = '{photo}'") == [(0,)]


def test_what_a_patrol_must_know_stays_until_its_alarm_is_closed(desk: Dispatch) -> None:
    """Her file is closed while she waits for a patrol: perpetrator, photo and codes are there to the end."""
    device, enrolment, _ = everything_known(desk, "armed")
    first, second = alarm(device), alarm(device, 2)
    desk.press(first)
    tell(desk.context, CardWithdrawn(enrolment_id=enrolment, version=2))
    tell(desk.context, CardWithdrawn(enrolment_id=enrolment, version=2))
    with desk.context.database.read() as session:
        [view] = load_views(desk.context, session, [first.alarm_id], clock.now())
    assert view.card is not None
    assert view.card.perpetrators[0].weapons[0].text == "armed"
    desk.press(second)
    asked_to_cancel(desk, first, device, "4321")
    assert desk.sql("SELECT cancel FROM incidents") == [("duress",)]
    act(
        desk.context,
        close_incident,
        first.alarm_id,
        Outcome.GENUINE,
        by="supervisor",
        person="s",
        reason="safe",
    )
    assert desk.sql(f"SELECT encrypted, version, withdrawn FROM cards WHERE enrolment_id = '{enrolment}'") == [
        (None, 2, False)
    ]
    assert desk.sql(f"SELECT count(*) FROM photos WHERE enrolment_id = '{enrolment}'") == [(0,)]
    assert desk.sql(f"SELECT count(*) FROM perpetrators WHERE enrolment_id = '{enrolment}'") == [(0,)]


def test_a_card_that_is_published_anew_during_an_alarm_outlasts_it(desk: Dispatch) -> None:
    device, enrolment, _ = everything_known(desk, "armed")
    press = alarm(device)
    desk.press(press)
    tell(desk.context, CardWithdrawn(enrolment_id=enrolment, version=2), card(enrolment, 3))
    act(
        desk.context,
        close_incident,
        press.alarm_id,
        Outcome.GENUINE,
        by="supervisor",
        person="s",
        reason="safe",
    )
    kept = f"SELECT encrypted IS NOT NULL, version, withdrawn FROM cards WHERE enrolment_id = '{enrolment}'"
    assert desk.sql(kept) == [(True, 3, False)]
