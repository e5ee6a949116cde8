"""Which unit goes while nobody knows where she is: the nearest to her address, else of her zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.runtime import clock
from contracts.alarm import AlarmLocated
from contracts.common import Fix
from contracts.registry import CardPublished, DeviceChanged, EnrolmentChanged
from services.dispatch.domain.units import NewUnit
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.presenters.order_view import order_view
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.usecases import send_unit
from services.dispatch.usecases.incident_actions import acknowledge_incident
from services.dispatch.usecases.location_updates import take_location
from services.dispatch.usecases.units import put_units
from tests.support.dispatching import (
    GHENT,
    GHENT_ROOM,
    Dispatch,
    act,
    alarm,
    order_id,
    public_key_of,
    set_up,
    tell,
)

AALST = Fix(lat=50.9378, lon=4.0410)
NOWHERE = [None, Fix(lat=0, lon=0)]


def _units(desk: Dispatch, **places: tuple[float, float] | None) -> None:
    """Units of Ghent's room by call sign; the names say nothing of where they are."""
    made = [
        NewUnit(
            name,
            name,
            "gent-1",
            GHENT_ROOM,
            place[0] if place else None,
            place[1] if place else None,
            available=True,
        )
        for name, place in places.items()
    ]
    set_up(desk.context, put_units, made)


def _somebody(desk: Dispatch, zone: str = "gent-1", home: dict[str, Any] | None = None) -> UUID:
    """A device whose file is kept in `zone`, with a card that has this home address, if any."""
    device, enrolment, at = uuid4(), uuid4(), datetime.now(UTC)
    values = {"enrolment_id": enrolment, "managing_zone_id": zone}
    addresses: list[dict[str, Any]] = [
        {"kind": "work", "text": "Grote Markt, Aalst", "lat": AALST.lat, "lon": AALST.lon}
    ]
    if home is not None:
        addresses.append({"kind": "home", "text": "Veldstraat 13, 9000 Gent", **home})
    card = {"victim": {"name": "A"}, "languages": ["nl"], "perpetrators": [], "addresses": addresses}
    codes = {"cancel_code": "1234", "duress_code": "4321"}
    tell(
        desk.context,
        EnrolmentChanged.model_validate({**values, "status": "active", "changed_at": at}),
        DeviceChanged.model_validate(
            {
                **values,
                "device_id": device,
                "public_key": public_key_of(device),
                "status": "active",
                "version": 1,
                "changed_at": at,
            }
        ),
        CardPublished.model_validate({**values, **codes, "version": 1, "card": card, "published_at": at}),
    )
    return device


def _view(desk: Dispatch, incident: UUID) -> IncidentView:
    with desk.context.database.read() as session:
        return load_views(desk.context, session, [incident], clock.now())[0]


FAR, NEAR, NEARER = (AALST.lat, AALST.lon), (51.0480, 3.7270), (51.0510, 3.7230)
HOME = {"lat": 51.0507, "lon": 3.7233}


@pytest.mark.parametrize("fix", NOWHERE)
@pytest.mark.parametrize("policy", ["automatic", "proposed"])
def test_the_nearest_to_the_registered_address_goes(desk: Dispatch, fix: Fix | None, policy: str) -> None:
    desk.policy(GHENT_ROOM, policy)
    _units(desk, AALST=FAR, MIDDLE=NEAR, ZULU=NEARER, ABLE=None)
    raised = alarm(_somebody(desk, home=HOME), fix=fix)
    desk.press(raised)
    [(unit, metres, basis)] = desk.sql("SELECT unit_id, distance_m, search_basis FROM orders")
    assert (unit, basis) == ("ZULU", "registered_address")
    assert metres == pytest.approx(40, abs=30)
    view = _view(desk, raised.alarm_id)
    assert view.orders[0].search_basis == order_view(view, view.orders[0]).search_basis == basis
    assert view.search is not None
    assert (view.search.lat, view.search.lon, view.search.basis) == (HOME["lat"], HOME["lon"], basis)
    assert view.location is None


@pytest.mark.parametrize(
    "home", [None, {}, {"lat": None, "lon": None}, {"lat": 0, "lon": 0}, {"lat": -33.9, "lon": 18.4}]
)
def test_without_such_an_address_a_unit_of_her_zone_goes(desk: Dispatch, home: dict[str, Any] | None) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    _units(desk, AALST=FAR, ZULU=NEAR)
    device = _somebody(desk, home=home)
    desk.press(alarm(device, fix=None))
    assert desk.sql("SELECT unit_id, search_basis FROM orders") == [("ZULU", "zone")]
    # The next one finds nobody there: the nearest to the middle of the zone.
    desk.press(alarm(_somebody(desk), fix=None))
    assert desk.sql("SELECT unit_id, search_basis FROM orders WHERE unit_id <> 'ZULU'") == [
        ("AALST", "zone_middle")
    ]


def test_by_default_the_nearest_to_the_control_room_goes(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    seat = desk.context.situation.control_rooms[GHENT_ROOM].seat
    _units(desk, AALST=FAR, ZULU=(seat.lat, seat.lon))
    desk.press(alarm(fix=None))
    assert desk.sql("SELECT unit_id, search_basis FROM orders") == [("ZULU", "control_room")]


def test_a_unit_that_says_nothing_of_its_place_comes_last_by_its_zone(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    set_up(
        desk.context,
        put_units,
        [
            NewUnit(name, name, zone, GHENT_ROOM, place, place, available=True)
            for name, zone, place in (("A", "aalst", 0), ("Z", "gent-1", None))
        ],
    )
    _units(desk, AALST=FAR)
    for _ in range(3):
        desk.press(alarm())
    rows = desk.sql("SELECT unit_id, distance_m IS NULL FROM orders ORDER BY created_at")
    assert rows == [("AALST", False), ("Z", True), ("A", True)]


def test_a_silent_units_place_is_taken_by_the_next_nearest_to_the_address(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    _units(desk, AALST=FAR, MIDDLE=NEAR, ZULU=NEARER)
    desk.press(alarm(_somebody(desk, home=HOME), fix=None))
    desk.pass_time(20.1)
    rows = desk.sql("SELECT unit_id, search_basis FROM orders ORDER BY created_at")
    assert rows == [("ZULU", "registered_address"), ("MIDDLE", "registered_address")]


def test_a_unit_that_was_chosen_by_hand_is_measured_too(desk: Dispatch) -> None:
    _units(desk, AALST=FAR, ZULU=NEARER)
    raised = alarm(_somebody(desk, home=HOME), fix=None)
    desk.press(raised)
    act(desk.context, acknowledge_incident, raised.alarm_id, "op", GHENT_ROOM)
    order = act(desk.context, send_unit.send, raised.alarm_id, "AALST", GHENT_ROOM)
    assert order.search_basis == "registered_address"
    assert order.distance_m == pytest.approx(25_600, rel=0.05)


def _located(desk: Dispatch, raised: Any, fix: Fix) -> None:
    at = datetime.now(UTC) + timedelta(seconds=1)
    told = AlarmLocated.model_validate(
        {
            "alarm_id": raised.alarm_id,
            "device_id": raised.device_id,
            "sequence": 1,
            "fix": fix,
            "received_at": at,
        }
    )
    with desk.context.database.transaction() as tx:
        take_location(tx, desk.context, told, None)


def test_a_fix_that_comes_later_makes_the_nearest_to_it_the_proposal(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "proposed")
    _units(desk, AALST=FAR, ZULU=NEARER)
    raised = alarm(_somebody(desk, home=HOME), fix=None)
    desk.press(raised)
    _located(desk, raised, AALST)
    rows = desk.sql("SELECT unit_id, state, reason, search_basis FROM orders ORDER BY created_at")
    assert rows == [
        ("ZULU", "withdrawn", "nearer_unit", "registered_address"),
        ("AALST", "proposed", None, "fix"),
    ]
    # The same unit stays, measured anew; what was sent is not called back by a machine.
    other = alarm(_somebody(desk, home=HOME), fix=None)
    desk.press(other)
    _located(desk, other, GHENT)
    rows = desk.sql(f"SELECT unit_id, state, search_basis FROM orders WHERE incident_id = '{other.alarm_id}'")
    assert rows == [("ZULU", "proposed", "fix")]
    act(desk.context, send_unit.send, raised.alarm_id, None, GHENT_ROOM)
    _located(desk, raised, GHENT)
    assert order_id(desk)


def test_a_fix_that_comes_later_far_from_who_was_sent_brings_a_nearer_one(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    _units(desk, AALST=FAR, ZULU=NEARER)
    raised = alarm(_somebody(desk, home=HOME), fix=None)
    desk.press(raised)
    _located(desk, raised, AALST)
    rows = desk.sql("SELECT unit_id, state, search_basis FROM orders ORDER BY created_at")
    # Only people call the first one back.
    assert rows == [("ZULU", "sent", "registered_address"), ("AALST", "sent", "fix")]


def test_a_card_that_cannot_be_read_stands_in_no_alarms_way(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    _units(desk, AALST=FAR, ZULU=NEARER)
    device = _somebody(desk, home=HOME)
    home_of = desk.context.home_of
    assert home_of(uuid4(), b"not encrypted") is None
    desk.press(alarm(device, fix=None))
    assert desk.sql("SELECT unit_id FROM orders") == [("ZULU",)]
