"""Devices that follow alarms load nobody: one question serves all, and a device has few streams."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event

from chassis.database.database import Database, engine_of
from services.alarm.settings import AlarmSettings
from services.alarm.usecases.ladders import LOOK_EVERY_S, MOST_OF_A_DEVICE, Ladders
from tests.support.alarm import AlarmApi, AlarmDatabase, Button
from tests.support.broker import Broker
from tests.support.desks import environment
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer


@pytest.fixture(scope="module")
def alarm_database(cluster: Cluster) -> AlarmDatabase:
    return AlarmDatabase(cluster.database("alarm"))


@pytest.fixture(scope="module")
def api(
    alarm_database: AlarmDatabase, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AlarmApi]:
    url = alarm_database.url.replace("postgresql:", "postgresql+psycopg:")
    with AlarmApi(tmp_path_factory.mktemp("alarm"), url, broker.url_of("alarm")) as started:
        yield started


def authorised(by: Button, alarm_id: UUID) -> dict[str, str]:
    claim = {"device_id": str(by.id), "alarm_id": str(alarm_id), "at": datetime.now(UTC).isoformat()}
    return {"authorization": f"Device {by.sign(claim).decode()}"}


def test_a_stream_of_an_alarm_that_nobody_knows_ends(api: AlarmApi, alarm_database: AlarmDatabase) -> None:
    button, unknown = Button(), uuid4()
    alarm_database.know(button)
    begun = time.monotonic()
    answer = api.http.get(f"/v1/alarms/{unknown}/stream", headers=authorised(button, unknown), timeout=20)
    assert answer.status_code == 404
    assert time.monotonic() - begun > 3, "it may still be on its way to the database"
    waited = api.http.get(
        f"/v1/alarms/{unknown}", headers=authorised(button, unknown), params={"wait": 60}, timeout=20
    )
    assert waited.json()["stages"] == []


def test_a_device_has_few_streams_and_the_newest_stay(api: AlarmApi, alarm_database: AlarmDatabase) -> None:
    button = Button()
    alarm_database.know(button)
    alarm_id = UUID(api.press(button.press()).json()["alarm_id"])
    path, more = f"{api.url}/v1/alarms/{alarm_id}/stream", 3

    async def story() -> list[bool]:
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(httpx.AsyncClient(timeout=5))
            streams = []
            for _ in range(MOST_OF_A_DEVICE + more):
                opening = http.stream("GET", path, headers=authorised(button, alarm_id))
                streams.append(await stack.enter_async_context(opening))
                assert streams[-1].status_code == 200
            return [await ends(stream) for stream in streams]

    async def ends(stream: httpx.Response) -> bool:
        try:
            async with asyncio.timeout(1):
                async for _ in stream.aiter_bytes():
                    pass
        except TimeoutError:
            return False
        return True

    assert asyncio.run(story()) == [True] * more + [False] * MOST_OF_A_DEVICE


def test_all_followers_are_one_question(cluster: Cluster, issuer: Issuer) -> None:
    settings = AlarmSettings.model_validate(
        environment(issuer, cluster.database("alarm"))
        | {"dispatch_url": "http://127.0.0.1:1", "service_token": "x"}
    )
    engine, asked = engine_of(settings), list[str]()
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    async def story() -> None:
        ladders = Ladders(Database(engine, "/test"))
        ladders.start()
        with ExitStack() as stack:
            for _ in range(200):
                stack.enter_context(ladders.following(uuid4(), uuid4()))
            await asyncio.sleep(4 * LOOK_EVERY_S)
        await ladders.stop()

    asyncio.run(story())
    looks = [statement for statement in asked if statement.startswith("WITH p AS")]
    assert 2 <= len(looks) <= 6
