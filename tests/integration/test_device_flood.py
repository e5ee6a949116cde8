"""One device, however it behaves, delays no other: through the real services, with their brokers and databases.

Hundreds of signed presses at once, and others with rubbish in each field; beside them other victims press.
`FLOOD=1000` lengthens it.
"""

import asyncio
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.runtime import clock
from contracts.alarm import alarm_id_of
from services.alarm.domain.press import JOINED
from services.alarm.settings import AlarmSettings
from tests.support import dispatching
from tests.support.alarm import GHENT, Button
from tests.support.broker import Broker
from tests.support.odd_values import FIELDS, ODD
from tests.support.path import Path3, whole_path
from tests.support.postgres import Cluster
from tests.support.waiting import eventually

# All processes of the path, on a machine that others use.
pytestmark = pytest.mark.timeout(400)

FLOOD, POISONED = int(os.environ.get("FLOOD", "300")), 150
# Other suites share these two cores: what is measured is who waits for whom, not what the machine can do.
PATIENT = {"GIVE_UP_AFTER_S": "20", "GRACE_S": "5", "FALLBACK_AFTER_S": "5", "LOOKUP_S": "5"}
BURST, PER_S = (AlarmSettings.model_fields[name].default for name in ("device_burst", "device_per_s"))
_AT_ONCE = 50
DEADLINE_S = AlarmSettings.model_fields["deadline_s"].default
LAST_PLACE = {"lat": 51.0361, "lon": 3.7350, "radius_m": 5.0}


@pytest.fixture(scope="module")
def path(cluster: Cluster, broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path3]:
    with whole_path(cluster, broker, tmp_path_factory.mktemp("path"), **PATIENT) as whole:
        whole.desk.units(dispatching.GHENT_ROOM, dispatching.GHENT, 60, prefix="f")
        yield whole


class Beside:
    """What happened to a flood, and to the presses of another victim beside it."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.codes: list[int] = []
        self.took_s = 0.0
        self.good: list[str] = []
        self.good_s: list[float] = []


def flooded(path: Path3, flood: Sequence[bytes], good: Sequence[bytes]) -> Beside:
    """Send a flood as fast as it goes, and the good presses one after the other while it lasts."""
    found = Beside()

    async def story() -> None:
        url, waiting = f"{path.api.url}/v1/presses", list(reversed(flood))

        async def send() -> None:
            # By hand: a client of good manners takes the processor from what is measured.
            reader, writer = await asyncio.open_connection("127.0.0.1", path.api.port)
            while waiting:
                body = waiting.pop()
                head = f"POST /v1/presses HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                told = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(told.split(b"content-length:")[1].split()[0])
                found.codes.append(int(told.split()[1]))
                found.answers.append(json.loads(await reader.readexactly(length)))
            writer.close()

        async with httpx.AsyncClient(timeout=60) as hers:
            began = time.perf_counter()
            sending = [asyncio.create_task(send()) for _ in range(_AT_ONCE)]
            for body in good:
                await asyncio.sleep(0.2)
                at = time.perf_counter()
                answer = await hers.post(url, content=body)
                found.good_s.append(time.perf_counter() - at)
                found.codes.append(answer.status_code)
                found.good.append(answer.json()["alarm_id"])
            await asyncio.gather(*sending)
            found.took_s = time.perf_counter() - began

    asyncio.run(story())
    return found


def pressed(button: Button, counter: int, age_s: float, place: dict[str, float]) -> bytes:
    """A press with its own time and place."""
    at = (clock.now() - timedelta(seconds=age_s)).isoformat()
    return button.press(counter=counter, pressed_at=at, fix={**place, "at": at})


def order_s(path: Path3, alarm_id: str) -> float:
    """Seconds from the press to the order of a unit, once there is one."""
    sent = (
        "SELECT extract(epoch FROM min(o.sent_at) - p.received_at) FROM presses p JOIN orders o "
        f"ON o.incident_id = p.incident_id WHERE p.alarm_id = '{alarm_id}' AND o.sent_at IS NOT NULL "
        "GROUP BY p.received_at"
    )
    ((seconds,),) = eventually(lambda: path.desk.sql(sent), 60)
    return float(seconds)


def ordered_in_time(path: Path3, alone: Beside, beside: Beside) -> None:
    """Each press has the order of a unit by its deadline, or as soon as this machine sends one anyway."""
    anyway = max(order_s(path, each) for each in alone.good)
    slowest = max(order_s(path, each) for each in beside.good)
    assert slowest < max(DEADLINE_S, 2 * anyway), (slowest, anyway)


def rows_of(path: Path3, button: Button) -> tuple[int, int]:
    """How many presses of a device are in the records of alarm and of dispatch."""
    count = "SELECT count(*) FROM presses WHERE device_id = %s"
    ((held,),) = path.alarm.rows(count, str(button.id))
    ((routed,),) = path.desk.sql(f"SELECT count(*) FROM presses WHERE device_id = '{button.id}'")
    return held, routed


def records_agree(path: Path3, button: Button) -> None:
    """Every press that alarm holds is in dispatch and in the ledger, and no gap is told."""
    ids = "SELECT alarm_id FROM presses WHERE device_id = %s"
    held = {alarm_id for (alarm_id,) in path.alarm.rows(ids, str(button.id))}
    both = (
        "SELECT alarm_id FROM presses WHERE device_id = %s AND stored_at IS NOT NULL AND routed_at IS NOT NULL"
    )
    eventually(lambda: {row[0] for row in path.reporting.rows(both, str(button.id))} == held, 60)
    routed = path.desk.sql(f"SELECT alarm_id FROM presses WHERE device_id = '{button.id}'")
    assert {row[0] for row in routed} == held
    assert path.reporting.rows("SELECT alarm_id, kind FROM gaps") == []


def test_a_flood_of_presses_of_one_device_at_once(path: Path3) -> None:
    mad, quiet, good = Button(), [Button() for _ in range(10)], [Button() for _ in range(10)]
    path.know(mad, *quiet, *good)
    time.sleep(1.2)
    alone = flooded(path, [], [button.press() for button in quiet])
    flood = [
        pressed(mad, n, (FLOOD - n) / 1000, GHENT if n < FLOOD else LAST_PLACE) for n in range(1, FLOOD + 1)
    ]
    order = random.Random(18)
    order.shuffle(flood)
    beside = flooded(path, flood, [button.press() for button in good])
    assert set(alone.codes + beside.codes) == {202}
    # A press waits for the requests that were there before it, and for no log, broker or dispatch.
    fair_s = beside.took_s * _AT_ONCE / FLOOD
    assert max(beside.good_s) < max(alone.good_s) + 3 * fair_s + 0.5, (alone.good_s, beside.good_s)
    ordered_in_time(path, alone, beside)
    # Everybody who waited has the receipt of a press that is held; there are as many as the rate allows.
    most = BURST + PER_S * beside.took_s + 2
    held = {UUID(answer["alarm_id"]) for answer in beside.answers}
    assert len(held) <= most
    assert len(held) < FLOOD / 2
    eventually(lambda: rows_of(path, mad) == (len(held), len(held)), 60)
    flags = path.alarm.presses()
    assert any(JOINED in flags[each] for each in held)
    # The newest place is where the patrol goes, though older presses came after it.
    (incident,) = {path.incident_of(each) for each in held}
    assert incident is not None
    assert place_of(path, incident[0]) == (LAST_PLACE["lat"], LAST_PLACE["lon"])
    records_agree(path, mad)
    # Whoever follows a press that joined follows the alarm that carries it.
    joined = next(n for n in range(1, FLOOD) if alarm_id_of(mad.id, n) not in held)
    asked = {
        "device_id": str(mad.id),
        "alarm_id": str(alarm_id_of(mad.id, joined)),
        "at": clock.now().isoformat(),
    }
    follows = {"authorization": f"Device {mad.sign(asked, 'follow').decode()}"}
    ladder = path.api.http.get(f"/v1/alarms/{asked['alarm_id']}", headers=follows).json()
    assert UUID(ladder["alarm_id"]) in held
    assert {"stored", "routed"} <= {stage["stage"] for stage in ladder["stages"]}


def test_hundreds_of_poisoned_presses_of_one_device(path: Path3) -> None:
    """Rubbish in each field, signed: what was a minute for the others is nothing to them."""
    mad, quiet, good = Button(), [Button() for _ in range(5)], [Button() for _ in range(5)]
    path.know(mad, *quiet, *good)
    time.sleep(1.2)
    dice = random.Random(18)
    places = [{"lat": value, "lon": other} for value, other in zip(ODD, reversed(ODD), strict=True)]
    flood = []
    for number in range(POISONED):
        fields: dict[str, Any] = {
            name: dice.choice(ODD) for name in FIELDS["press"] if name != "device_id" and dice.random() < 0.7
        }
        fields["kind"] = dice.choice([value for value in ODD if value != "test"])
        fields["fix"] = dice.choice([*places, {**GHENT, "at": dice.choice(ODD)}, *ODD])
        body = {"device_id": str(mad.id), "counter": number, "example": str(uuid4()), **fields}
        flood.append(mad.sign(body, "press"))
    alone = flooded(path, [], [button.press() for button in quiet])
    beside = flooded(path, flood, [button.press() for button in good])
    assert set(beside.codes) == {202}
    ordered_in_time(path, alone, beside)
    most = BURST + PER_S * beside.took_s + 2
    held = {UUID(answer["alarm_id"]) for answer in beside.answers}
    assert len(held) <= most
    eventually(lambda: rows_of(path, mad) == (len(held), len(held)), 60)
    records_agree(path, mad)


def place_of(path: Path3, incident_id: UUID) -> tuple[float, float]:
    """Where the room sees an incident."""
    headers = path.as_room("operator", dispatching.GHENT_ROOM)
    listed = path.rooms.get(f"/v1/control-rooms/{dispatching.GHENT_ROOM}/incidents", headers=headers).json()
    (location,) = [each["location"] for each in listed if each["incident_id"] == str(incident_id)]
    return location["lat"], location["lon"]
