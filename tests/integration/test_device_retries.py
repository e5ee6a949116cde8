"""The simulated phone: it presses until it is heard, and comes back when a refusal says so."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx

from tools.simulation.device import Device, Press

RECEIPT = json.dumps({"alarm_id": str(uuid4()), "stored_in": ["database"]})


@asynccontextmanager
async def system_that_refuses(presses: int, retry_after: str, port: int = 0) -> AsyncIterator[str]:
    """Refuses so many presses, then takes them; its address."""
    refused = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(int(line[15:]) for line in head.splitlines() if line.startswith("content-length:"))
        await reader.readexactly(length)
        nonlocal refused
        refusing = refused < presses
        refused += refusing
        status = f"503 Not now\r\n{retry_after}" if refusing else "202 Accepted\r\n"
        body = "" if refusing else RECEIPT
        writer.write(
            f"HTTP/1.1 {status}content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}".encode()
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def pressed(refusals: int, retry_after: str) -> Press:
    async def play() -> Press:
        async with system_that_refuses(refusals, retry_after) as url, httpx.AsyncClient() as http:
            return await Device(http, url).press()

    return asyncio.run(play())


# Refusals and not seconds are counted: a busy machine delays both. By its own times the phone comes back
# after 1, 2, 5 and 10 s.


def test_a_refusal_that_says_when_is_heeded_beside_the_phones_own_times() -> None:
    press = pressed(3, "retry-after: 1\r\n")
    assert press.took_s is not None
    assert 2 <= press.took_s < 5
    assert press.refusals == [503, 503, 503]


def test_refusals_that_say_when_are_waited_for_one_at_a_time() -> None:
    press = pressed(8, "retry-after: 1\r\n")
    assert press.took_s is not None
    # Eight refusals in eight seconds but for the phone's own three: never in two such waits at once.
    assert press.took_s >= 4


def test_where_nobody_listens_the_phone_is_back_within_a_second() -> None:
    async def play() -> Press:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        async with httpx.AsyncClient() as http:
            pressing = asyncio.create_task(Device(http, f"http://127.0.0.1:{port}").press())
            await asyncio.sleep(2.5)
            async with system_that_refuses(0, "", port):
                return await pressing

    press = asyncio.run(play())
    assert press.took_s is not None
    assert press.took_s < 4  # by its own times alone: 5
    assert press.attempts <= 6


def test_without_it_the_phone_keeps_to_its_own_times() -> None:
    press = pressed(3, "")
    assert press.took_s is not None
    assert 5 <= press.took_s < 10  # and not only at the next of its times
    assert press.refusals == [503, 503, 503]
