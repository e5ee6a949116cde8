"""The cables and clocks of the chaos: what comes goes on, in order, however slow; cut, nobody is told."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.chaos.links import HOST, Link, serve, tell
from tests.chaos.namespace import built_clock, clock_file, unshare
from tests.support.alarm import free_port
from tools.runtime.native.layout import project_root

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def cable() -> AsyncIterator[tuple[int, int]]:
    """A cable to an echo; its own port and that of the control."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    far = await asyncio.start_server(echo, HOST, 0)
    port, control = free_port(), free_port()
    serving = asyncio.create_task(serve(control, {"a>b": Link(port, far.sockets[0].getsockname()[1])}))
    await _listening(control)
    yield port, control
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    far.close()


async def _listening(port: int) -> None:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        return
    raise TimeoutError(f"nobody listens at {port}")


async def told(control: int, latency_s: float = 0, jitter_s: float = 0, *, reset: bool = False) -> None:
    await asyncio.to_thread(lambda: tell(control, "a>b", latency_s, jitter_s, reset=reset))


async def trip_s(pair: Pair) -> float:
    begun = time.perf_counter()
    pair[1].write(b"x")
    async with asyncio.timeout(5):
        assert await pair[0].readexactly(1) == b"x"
    return time.perf_counter() - begun


def test_slow_means_later_each_way_and_quick_again_means_at_once() -> None:
    async def play() -> None:
        async with cable() as (port, control):
            pair = await asyncio.open_connection(HOST, port)
            assert await trip_s(pair) < 0.2
            await told(control, 0.2)
            assert 0.4 <= await trip_s(pair) < 0.8
            await told(control)
            assert await trip_s(pair) < 0.2

    asyncio.run(play())


def test_jitter_never_changes_the_order() -> None:
    async def play() -> None:
        async with cable() as (port, control):
            reader, writer = await asyncio.open_connection(HOST, port)
            await told(control, 0.0, 0.03)
            sent = b""
            for _ in range(60):
                piece = random.randbytes(20)
                sent += piece
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.002)
            async with asyncio.timeout(5):
                assert await reader.readexactly(len(sent)) == sent

    asyncio.run(play())


def test_a_reset_ends_what_is_open_and_nothing_else() -> None:
    async def play() -> None:
        async with cable() as (port, control):
            pair = await asyncio.open_connection(HOST, port)
            await trip_s(pair)
            await told(control, reset=True)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await trip_s(pair)
            assert await trip_s(await asyncio.open_connection(HOST, port)) < 0.2

    asyncio.run(play())


def test_nobody_at_the_far_end_is_noticed() -> None:
    async def play() -> None:
        port, control = free_port(), free_port()
        serving = asyncio.create_task(serve(control, {"a>b": Link(port, free_port())}))
        await _listening(control)
        pair = await asyncio.open_connection(HOST, port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await trip_s(pair)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(play())


# In a network of its own: what is dropped there is nobody else's.
_CUT = """
import socket, subprocess
from tests.chaos import filters
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
with socket.create_server(("127.0.0.1", 4000)) as server, socket.create_connection(("127.0.0.1", 4000)) as near:
    far, _ = server.accept()
    far.settimeout(1)
    filters.drop(4000)
    near.sendall(b"x")
    try:
        print("came through", far.recv(1))
    except TimeoutError:
        print("cut")
    filters.clear()
    far.settimeout(5)
    print("whole", far.recv(1))
"""


def test_a_cut_cable_tells_nobody_and_a_whole_one_brings_what_was_sent() -> None:
    command = unshare("--net", sys.executable, "-c", _CUT)
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=project_root())
    assert done.stdout.splitlines() == ["cut", "whole b'x'"]


_CLOCK = """
import datetime, os, sys, time
from pathlib import Path
from tests.chaos.namespace import clock_file, put_clock
run = Path(sys.argv[1])
real, steady = time.time(), time.monotonic()
put_clock(run, "one", 3600)
print(round((time.time() - real) / 60), time.monotonic() - steady < 5)
if os.fork() == 0:
    os.environ["CLOCK_FILE"] = str(clock_file(run, "other"))
    put_clock(run, "other", -3600)
    now = datetime.datetime.now(datetime.UTC).timestamp()
    print(round((now - real) / 60), flush=True)
    os._exit(0)
os.wait()
print(round((time.time() - real) / 60))
"""


def test_a_clock_is_put_forth_and_back_in_a_running_process_and_its_child_has_its_own(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "LD_PRELOAD": str(built_clock(tmp_path)),
        "CLOCK_FILE": str(clock_file(tmp_path, "one")),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-c", _CLOCK, str(tmp_path)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=project_root(), env=environment
    )
    assert done.stdout.splitlines() == ["60 True", "-60", "60"]
