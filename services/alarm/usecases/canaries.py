"""Canaries: synthetic presses that show that the path of real ones works."""

from chassis.database.database import Database
from chassis.database.isolation import apart
from chassis.messaging.message import Message, NotConfirmed
from chassis.messaging.publisher import Publisher
from chassis.security.service_token import ServiceToken
from chassis.telemetry import telemetry
from contracts.alarm import CanaryRaised
from contracts.envelope import wrap
from services.alarm.clients import OwnApi
from services.alarm.errors import NotHeld
from services.alarm.events.outgoing import SOURCE
from services.alarm.settings import AlarmSettings
from services.alarm.store import control_rooms


def send_canaries(database: Database, settings: AlarmSettings, token: ServiceToken) -> None:
    """Send the canaries that are due through our own API; one that fails shows by its absence."""
    if not token.at_hand:
        return
    with database.transaction() as transaction:
        due = control_rooms.due_canaries(transaction.session, settings.canary_every_s)
    if not due:
        return
    with OwnApi(settings, token) as api:
        for canary in due:
            with apart("canary of", canary["control_room_id"]):
                api.send_canary(canary)


async def publish_canary(publisher: Publisher, raised: CanaryRaised, seconds: float) -> None:
    """Send a canary on the way of presses; raises `NotHeld` unless the broker confirms it within `seconds`."""
    span = telemetry.start_send(raised.EXCHANGE, raised.routing_key, str(raised.canary_id))
    event = wrap(raised, source=SOURCE, event_id=raised.canary_id, traceparent=telemetry.traceparent_of(span))
    message = Message(event.id, raised.EXCHANGE, raised.routing_key, event.encode())
    try:
        await publisher.publish(message, seconds)
    except NotConfirmed:
        raise NotHeld("the broker did not confirm the canary") from None
    finally:
        span.end()
