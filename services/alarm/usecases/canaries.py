"""Canaries: synthetic presses that show that the path of real ones works."""

from chassis.database.database import Database
from chassis.database.isolation import apart
from chassis.security.service_token import ServiceToken
from services.alarm.clients import OwnApi
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
