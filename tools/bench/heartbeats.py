"""Heartbeats in open loop, as a process of their own: `-m tools.bench.heartbeats URL DATABASE RATE SECONDS`.

Speaks lines of JSON on standard output when all is signed and after each phase; a line on its input begins
a phase. The phones of the country do not run on the server: this process runs when nothing else wants to.
"""

import asyncio
import json
import os
import sys
import time
from uuid import UUID, uuid4

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tools.bench.wire import Wire
from tools.simulation import jose

_HEADERS = "content-type: application/jose\r\n"
# Four heartbeats an hour, of which the follow-up desk hears one.
_TOLD_OF = 4


def _known(database_url: str, keys: dict[UUID, Ed25519PrivateKey]) -> None:
    """Put the devices into the read model, as the registry's events would."""
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        columns = "device_id, enrolment_id, public_key, status, version, changed_at"
        with cursor.copy(f"COPY devices ({columns}) FROM STDIN".encode()) as copy:
            for device_id, key in keys.items():
                # Ahead of the clock, so that an API that looks for what is new finds all of them.
                copy.write_row((device_id, uuid4(), jose.public_key(key), "active", 1, "now"))


def _bodies(keys: dict[UUID, Ed25519PrivateKey], phase: int) -> list[bytes]:
    """Sign a heartbeat of each; at every fourth the battery has gone down by a step that is reported."""
    return [
        jose.sign(
            key,
            str(device_id),
            {
                "device_id": str(device_id),
                "phone_battery": 90 - 5 * phase * (number % _TOLD_OF == phase % _TOLD_OF),
                "button_battery": 80,
                "bluetooth": True,
                "location_permission": True,
                "app_version": "1.0",
            },
        ).encode()
        for number, (device_id, key) in enumerate(keys.items())
    ]


async def _phase(wire: Wire, bodies: list[bytes], rate: float) -> dict[str, float]:
    accepted, late = 0, list[float]()
    start = time.perf_counter()

    async def send(due: float, body: bytes) -> None:
        nonlocal accepted
        try:
            status, _ = await wire.post("/v1/heartbeats", body, _HEADERS)
        except OSError:
            status = 0
        accepted += status == 202
        late.append(time.perf_counter() - due)

    sending = []
    for number, body in enumerate(bodies):
        due = start + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        sending.append(asyncio.create_task(send(due, body)))
    await asyncio.gather(*sending)
    took = time.perf_counter() - start
    late.sort()
    return {
        "sent": len(bodies),
        "accepted": accepted,
        "per_s": round(accepted / took, 1),
        "p99_ms": round(late[int(len(late) * 0.99)] * 1000, 1),
    }


async def _main(url: str, database_url: str, rate: float, seconds: float) -> None:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    keys = {uuid4(): Ed25519PrivateKey.generate() for _ in range(int(rate * seconds))}
    _known(database_url, keys)
    wire, phase, bodies = Wire(url), 0, _bodies(keys, 0)
    print(json.dumps({"ready": len(keys)}), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await _phase(wire, bodies, rate)), flush=True)
        phase += 1
        bodies = _bodies(keys, phase)
    wire.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])))
