"""Requests that never come to their end are closed; slow ones, streams and idle connections are not."""

import asyncio
import socket
import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
import uvicorn

from chassis.http import http1
from tests.support.alarm import free_port

LIMIT_S = 1.0


async def app(scope: Any, receive: Any, send: Any) -> None:
    """`/unread` answers before the body is there, `/slow` after some seconds, anything else with its length."""
    if scope["type"] != "http":
        return
    size, more = 0, scope["path"] != "/unread"
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    if scope["path"] == "/slow":
        await asyncio.sleep(3 * LIMIT_S)
    body = str(size).encode()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(http1, "UNFINISHED_S", LIMIT_S)
    port = free_port()
    options: Any = {"http": "chassis.http.http1:TolerantProtocol", "ws": "none", "lifespan": "off"}
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_keep_alive=60, **options))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    yield port
    server.should_exit = True
    thread.join(10)


def closed_after(phone: socket.socket, drip: bytes = b"") -> float:
    """Seconds until the other side closes, while bytes drip in."""
    begun = time.monotonic()
    phone.settimeout(0.1)
    while time.monotonic() - begun < 10:
        try:
            if drip:
                phone.send(drip)
            if phone.recv(1000) == b"":
                return time.monotonic() - begun
        except TimeoutError:
            continue
        except OSError:
            return time.monotonic() - begun
    return float("inf")


HEAD = b"POST /%s HTTP/1.1\r\nhost: x\r\n"
LONG = b"content-length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "drip"),
    [
        (b"", b""),
        (HEAD % b"x", b""),
        (HEAD % b"x", b"a"),
        (HEAD % b"x" + LONG, b""),
        (HEAD % b"x" + LONG + b"begun", b"x"),
        (HEAD % b"unread" + LONG + b"begun", b"x"),
    ],
    ids=["nothing", "half a head", "dripping head", "no body", "dripping body", "dripping after the answer"],
)
def test_what_never_ends_is_closed(port: int, sent: bytes, drip: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as phone:
        phone.sendall(sent)
        assert closed_after(phone, drip) < 5 * LIMIT_S


def answer_of(phone: socket.socket) -> bytes:
    """Head and body of an answer, in as many pieces as they come."""
    answer = b""
    while not (head := answer.partition(b"\r\n\r\n"))[1] or len(head[2]) < length_of(head[0]):
        piece = phone.recv(1000)
        assert piece, answer
        answer += piece
    return answer


def length_of(head: bytes) -> int:
    """How many bytes a head announces."""
    return int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])


def test_what_is_slow_but_comes_is_taken(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "BYTES_A_SECOND", 100)
    size = 40 * 50
    with socket.create_connection(("127.0.0.1", port)) as phone:
        phone.sendall(HEAD % b"x" + f"content-length: {size}\r\n\r\n".encode())
        for _ in range(40):
            phone.sendall(b"x" * 50)
            time.sleep(LIMIT_S / 20)
        assert answer_of(phone).endswith(str(size).encode())


def test_neither_a_slow_answer_nor_an_idle_connection_is_cut(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as phone:
        phone.settimeout(10)
        for _ in range(2):
            phone.sendall(HEAD % b"slow" + b"content-length: 2\r\n\r\nab")
            assert answer_of(phone).endswith(b"\r\n\r\n2")
            time.sleep(2 * LIMIT_S)


def test_requests_sent_at_once_are_all_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as phone:
        phone.settimeout(10)
        phone.sendall(
            (HEAD % b"slow" + b"content-length: 2\r\n\r\nab") * 2 + HEAD % b"x" + LONG + b"x" * 100_000
        )
        answer = b""
        while answer.count(b"HTTP/1.1 200") < 3 or not answer.endswith(b"100000"):
            answer += phone.recv(1000)
