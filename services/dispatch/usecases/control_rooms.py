"""Control rooms and the map: what partners set up, and what is told of it."""

from collections.abc import Sequence

from chassis.database.database import Transaction
from chassis.errors import Invalid
from chassis.runtime import clock
from services.dispatch.domain.geography import Zone
from services.dispatch.domain.map_reading import InvalidMapError
from services.dispatch.errors import ControlRoomUnknown
from services.dispatch.events.outgoing import control_room_registered, zones_published
from services.dispatch.models import PublishedZonesRow
from services.dispatch.store.control_rooms import (
    add_control_rooms,
    lock_published_zones,
    lock_unannounced,
    store_policy,
)
from services.dispatch.store.situation import import_map
from services.dispatch.usecases.context import Context


def set_policy(tx: Transaction, context: Context, control_room_id: str, policy: str, *, amqp: bool) -> None:
    """Set how a control room wants its alarms, but for its webhook; raises `ControlRoomUnknown`."""
    if control_room_id not in context.situation.rooms:
        raise ControlRoomUnknown("no such control room", field="control_room_id")
    store_policy(tx.session, control_room_id, policy, amqp=amqp)


def announce(tx: Transaction, context: Context) -> None:
    """Tell of control rooms that were not announced yet; the map is what makes them exist."""
    add_control_rooms(tx.session, context.situation.rooms)
    for row in lock_unannounced(tx.session):
        room = context.situation.control_rooms.get(row.id)
        if room is None:
            continue
        row.announced = True
        tx.publish(control_room_registered(room))


def put_map(tx: Transaction, context: Context, geojson: dict[str, object], by: str) -> int:
    """Import real zones; raises `Invalid` listing everything that is wrong, by feature and field."""
    try:
        # Locked first: maps come into force in the order in which others hear of them.
        published = lock_published_zones(tx.session)
        zones = import_map(tx.session, geojson, by, clock.now(), set(context.situation.rooms))
        _publish_zones(tx, published, zones)
    except InvalidMapError as error:
        problems = [{"feature": p.feature, "field": p.field, "detail": p.detail} for p in error.problems]
        raise Invalid(str(error), field=error.problems[0].field, errors=problems) from None
    return len(zones)


def announce_zones(tx: Transaction, context: Context) -> None:
    """Tell of the zones in force unless they were told: after an upgrade, and of the map that came with it."""
    published = lock_published_zones(tx.session)
    # Under the lock, so that nobody tells anew what another process replaced.
    context.situation.refresh(tx.session)
    _publish_zones(tx, published, context.situation.zones)


def _publish_zones(tx: Transaction, published: PublishedZonesRow, zones: Sequence[Zone]) -> None:
    event = zones_published(published.number + 1, zones, clock.now())
    wanted = [zone.model_dump() for zone in event.zones]
    if published.zones == wanted:
        return
    published.number, published.zones = event.number, wanted
    tx.publish(event)
