"""What the API processes are made of."""

import asyncio
from functools import partial
from uuid import UUID

from chassis.database.database import Database, engine_of
from chassis.database.group_commit import GroupWriter
from chassis.messaging.outbox import Relay
from chassis.messaging.publisher import Publisher
from chassis.security.service_token import ServiceToken
from chassis.security.vault import Vault
from contracts.common import Lane
from services.alarm.clients import DispatchClient
from services.alarm.settings import AlarmSettings
from services.alarm.usecases.accept import Intake
from services.alarm.usecases.device_messages import Heartbeat, write_heartbeats
from services.alarm.usecases.devices import Devices
from services.alarm.usecases.ladders import Ladders
from services.alarm.usecases.press_in_flight import SOURCE
from services.alarm.usecases.redelivery import Redelivery

# Seconds: a phone waits gladly, and each transaction less is a flush less that a press must wait for.
_HEARTBEATS_LINGER_S = 0.2
# Seconds for the first look at the devices. Phones try again at once while nobody listens.
_FIRST_LOOK_S = 5.0


class DeviceParts:
    """What takes in what devices say of themselves; it starts and serves with database and broker away."""

    def __init__(self, settings: AlarmSettings, name: str = "alarm heartbeats") -> None:
        self.settings = settings
        self.engine = engine_of(settings)
        self.publisher = Publisher(settings.broker_url.get_secret_value(), name)
        self.relay = Relay(self.engine, self.publisher)
        self.database = Database(self.engine, SOURCE, self.relay)
        self.devices = Devices(self.database, settings.lookup_s)
        self.heartbeats: GroupWriter[Heartbeat, None] = GroupWriter(
            "heartbeats", partial(write_heartbeats, self.database), linger_s=_HEARTBEATS_LINGER_S
        )

    async def start(self) -> None:
        """Start; nothing here waits for another system, but a moment for the list of devices."""
        self.devices.start()
        await self.publisher.start()
        self.relay.start()
        self.heartbeats.start()
        await self.devices.first_look(_FIRST_LOOK_S)

    async def stop(self) -> None:
        """Finish what was accepted, then stop."""
        await asyncio.to_thread(self.heartbeats.stop)
        await asyncio.to_thread(self.devices.stop)
        await asyncio.to_thread(self.relay.stop)
        await self.publisher.stop()
        self.engine.dispose()


class Parts(DeviceParts):
    """The same, and the intake of presses: one for each lane."""

    def __init__(self, settings: AlarmSettings) -> None:
        super().__init__(settings, "alarm api")
        vault = Vault(settings.vault_keys.get_secret_value())
        self.token = ServiceToken(settings)
        self.ladders = Ladders(self.database)
        lanes: tuple[Lane, Lane] = ("verified", "unverified")
        self.intakes = {
            lane: Intake(lane, settings, self.database, self.publisher, self.relay, vault, self.token)
            for lane in lanes
        }
        self._dispatch = DispatchClient(settings, self.token, 4)
        self.redelivery = Redelivery(settings, self.database, self.publisher, vault, self._dispatch)

    async def start(self) -> None:
        """Start all of it."""
        await super().start()
        self.token.start()
        self.ladders.start()
        for intake in self.intakes.values():
            intake.start()
        self.redelivery.start()

    async def stop(self) -> None:
        """Finish what was accepted, then stop."""
        await self.ladders.stop()
        await self.redelivery.stop()
        await self._dispatch.close()
        for intake in self.intakes.values():
            await intake.stop()
        self.token.stop()
        await super().stop()

    def carrier_of(self, alarm_id: UUID, device_id: UUID) -> UUID:
        """The alarm under which a press of this device is held: another one's where it joined that."""
        return self.intakes["verified"].carrier_of(alarm_id, device_id)
