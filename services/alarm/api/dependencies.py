"""What runs beside the applications and takes in what devices send; endpoints ask for it by their request.

Plain functions and no `Depends`: a press waits for nothing that it does not need.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from fastapi import FastAPI, Request
from starlette.types import Scope

from chassis.bootstrap.api import ApiProcess
from chassis.database.database import Session, Transaction
from chassis.database.group_commit import GroupWriter
from chassis.messaging.outbox import Relay
from chassis.security.service_token import ServiceToken
from contracts.common import Lane
from services.alarm.clients import DispatchClient
from services.alarm.settings import AlarmSettings
from services.alarm.usecases.accept import Intake
from services.alarm.usecases.device_messages import Heartbeat, write_heartbeats
from services.alarm.usecases.devices import Devices
from services.alarm.usecases.ladders import Ladders
from services.alarm.usecases.redelivery import Redelivery

P = ParamSpec("P")
R = TypeVar("R")

# Seconds: a phone waits gladly, and each transaction less is a flush less that a press must wait for.
_HEARTBEATS_LINGER_S = 0.2
# Seconds for the first look at the devices. Phones try again at once while nobody listens.
_FIRST_LOOK_S = 5.0


class HeartbeatIntake:
    """Takes in what devices say of themselves; it starts and serves with database and broker away."""

    def __init__(self, process: ApiProcess[AlarmSettings]) -> None:
        self.settings = process.settings
        self.database = process.database
        self.publisher = process.publisher
        self.devices = Devices(self.database, self.settings.lookup_s)
        self.heartbeats: GroupWriter[Heartbeat, None] = GroupWriter(
            "heartbeats", self._write_heartbeats, linger_s=_HEARTBEATS_LINGER_S
        )

    async def start(self) -> None:
        """Start; nothing here waits for another system, but a moment for the list of devices."""
        self.devices.start()
        self.heartbeats.start()
        await self.devices.first_look(_FIRST_LOOK_S)

    async def act(
        self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **given: P.kwargs
    ) -> R:
        """Call a use case in a unit of work, in a thread, for it waits for the database."""

        def call() -> R:
            with self.database.transaction() as transaction:
                return use_case(transaction, *args, **given)

        return await asyncio.to_thread(call)

    async def read(self, use_case: Callable[Concatenate[Session, P], R], *args: P.args, **given: P.kwargs) -> R:
        """Do the same with what only reads."""

        def call() -> R:
            with self.database.read() as session:
                return use_case(session, *args, **given)

        return await asyncio.to_thread(call)

    def _write_heartbeats(self, heartbeats: Sequence[Heartbeat]) -> list[None]:
        with self.database.transaction() as transaction:
            write_heartbeats(transaction, heartbeats)
        return [None] * len(heartbeats)

    async def stop(self) -> None:
        """Finish what was accepted, then stop."""
        await asyncio.to_thread(self.heartbeats.stop)
        await asyncio.to_thread(self.devices.stop)


class DeviceIntake(HeartbeatIntake):
    """The same, and the intake of presses: one for each lane."""

    def __init__(self, process: ApiProcess[AlarmSettings], relay: Relay) -> None:
        super().__init__(process)
        settings, database, publisher = self.settings, self.database, self.publisher
        self.token = ServiceToken(settings)
        self.ladders = Ladders(database)
        lanes: tuple[Lane, Lane] = ("verified", "unverified")
        self.intakes = {
            lane: Intake(lane, settings, database, publisher, relay, process.vault, self.token)
            for lane in lanes
        }
        self._dispatch = DispatchClient(settings, self.token, 4)
        self.redelivery = Redelivery(settings, database, publisher, process.vault, self._dispatch)

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
        """Give the alarm under which a press of this device is held: another one's where it joined that."""
        return self.intakes["verified"].carrier_of(alarm_id, device_id)


@asynccontextmanager
async def taking_heartbeats(app: FastAPI) -> AsyncIterator[None]:
    """Take in heartbeats for as long as this lasts."""
    async with _running(app, HeartbeatIntake(app.state.process)):
        yield


@asynccontextmanager
async def taking_presses(app: FastAPI) -> AsyncIterator[None]:
    """Take in all that devices send for as long as this lasts."""
    process: ApiProcess[AlarmSettings] = app.state.process
    assert process.database.relay is not None  # noqa: S101 - the application relays what it publishes
    async with _running(app, DeviceIntake(process, process.database.relay)):
        yield


@asynccontextmanager
async def _running(app: FastAPI, intake: HeartbeatIntake) -> AsyncIterator[None]:
    app.state.intake = intake
    await intake.start()
    try:
        yield
    finally:
        await intake.stop()


def heartbeat_intake_of(scope: Scope) -> HeartbeatIntake:
    """Give what takes in heartbeats in the application that a request came to."""
    intake: HeartbeatIntake = scope["app"].state.intake
    return intake


def device_intake_of(request: Request) -> DeviceIntake:
    """Give what takes in all that devices send in the application that a request came to."""
    intake: DeviceIntake = request.app.state.intake
    return intake
