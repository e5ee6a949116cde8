"""Every endpoint of every service: what its answers carry, and that no body is read for ever."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from chassis.http.application import PROBLEM, application
from chassis.http.limits import ALWAYS, HSTS, MOST_BYTES
from chassis.runtime.settings import Settings
from services.alarm.api import create_app as alarm
from services.alarm.api.presses import read_body
from services.alarm.schemas.device_messages import MAX_BODY
from services.alarm.settings import AlarmSettings
from tests.support.apis import APIS, EVERY_ROLE
from tests.support.desks import environment
from tests.support.tokens import Issuer

NOWHERE = "postgresql+psycopg://x@127.0.0.1:1/x"
ALL: dict[str, Callable[[dict[str, str]], FastAPI]] = {
    **APIS,
    "alarm": lambda given: alarm(
        AlarmSettings.model_validate(given | {"dispatch_url": "http://127.0.0.1:1", "service_token": "x"})
    ),
}
CHUNK = b"x" * 65536
# What devices send is never refused for its length: its beginning is read (`read_body`).
FROM_DEVICES = {
    *("/v1/presses", "/v1/heartbeats"),
    *(f"/v1/alarms/{{alarm_id}}/{what}" for what in ("fixes", "cancel")),
}
# Bytes of the longest bodies; every other one has at most `MOST_BYTES`.
LONGER = {
    "/v1/enrolments/{enrolment_id}/photos": 5 * 1024 * 1024,
    **dict.fromkeys(("/v1/zones", "/v1/units", "/v1/units/positions", "/v1/intake"), 32 * 1024 * 1024),
}
ID = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module", params=ALL)
def app(request: pytest.FixtureRequest, issuer: Issuer) -> FastAPI:
    """The API of each service; its database is away, for nothing here comes as far."""
    return ALL[request.param](environment(issuer, NOWHERE))


def operations(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, address and description of every endpoint."""
    paths = app.openapi()["paths"]
    found = [(method.upper(), path, told) for path, each in paths.items() for method, told in each.items()]
    assert len(found) > 5
    return found


def carries(answer: Any) -> None:
    """What belongs on every answer, once."""
    for name, value in ALWAYS:
        assert answer.headers.get_list(name.decode()) == [value.decode()], (answer.url, name)


def test_every_answer_carries_what_protects_it(app: FastAPI) -> None:
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    seen = set[int]()
    for method, path, _ in operations(app):
        answer = client.request(method, path.format_map(_Ids()))
        carries(answer)
        seen.add(answer.status_code)
    for method, path in (("GET", "/nowhere"), ("DELETE", "/health/live"), ("GET", "/openapi.json")):
        carries(client.request(method, path))
    assert seen & {401, 404, 422, 500, 503}


@pytest.mark.parametrize("name", [b"traceparent", b"tracestate", b"user-agent", b"accept-language"])
def test_a_header_in_any_bytes_is_no_fault(app: FastAPI, name: bytes) -> None:
    for value in (b"00-\xff", b"\xc3", b"00-" + b"\x80" * 55):
        assert asyncio.run(_asked(app, (name, value))) == 404, value


async def _asked(app: FastAPI, header: tuple[bytes, bytes]) -> int:
    """The status of a request with this header as it came: a client of good manners could not send it."""
    told = list[int]()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
        "scheme": "http",
        "method": "GET",
        "path": "/nowhere",
        "raw_path": b"/nowhere",
        "query_string": b"",
        "server": ("x", 80),
        "client": ("x", 1),
        "headers": [(b"host", b"x"), header],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        told.append(message.get("status", 0))

    # A fault is answered, and raised to the server too.
    with suppress(UnicodeError):
        await app(scope, receive, send)
    return told[0]


class _Ids(dict[str, str]):
    def __missing__(self, _: str) -> str:
        return ID


def _target(path: str, told: dict[str, Any]) -> str:
    wanted = any(each["name"] == "taken_on" for each in told.get("parameters", ()))
    return path.format_map(_Ids()) + ("?taken_on=2026-01-01" if wanted else "")


def test_no_endpoint_reads_a_body_for_ever(app: FastAPI, issuer: Issuer) -> None:
    headers = issuer.headers(*EVERY_ROLE, partner="police", zone="z1", cic="c1", unit="u1")
    wanted = 0
    for method, path, told in operations(app):
        if method == "GET" or path == "/signout":
            continue
        status, kind, taken = asyncio.run(flood(app, method, _target(path, told), headers))
        assert taken <= LONGER.get(path, MOST_BYTES) + len(CHUNK), (method, path)
        if path in FROM_DEVICES:
            assert status != 413, (method, path)
        elif taken or "requestBody" in told:
            assert (status, kind) == (413, PROBLEM), (method, path)
            wanted += 1
    assert wanted > 0


def test_a_length_that_is_told_is_refused_unread(app: FastAPI, issuer: Issuer) -> None:
    headers = issuer.headers(*EVERY_ROLE, partner="police", zone="z1", cic="c1", unit="u1")
    tried = 0
    for method, path, told in operations(app):
        if "requestBody" not in told or path in FROM_DEVICES:
            continue
        length = {"content-length": str(10**10)}
        status, kind, taken = asyncio.run(flood(app, method, _target(path, told), headers | length))
        assert (status, kind, taken) == (413, PROBLEM, 0), (method, path)
        tried += 1
    assert tried > 0


async def flood(app: FastAPI, method: str, target: str, headers: dict[str, str]) -> tuple[int, str, int]:
    """Send a body without an end; status and type of the answer, and how much of the body was taken."""
    path, _, query = target.partition("?")
    taken, answer = 0, dict[str, Any]()
    sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "server": ("x", 80),
        "client": ("x", 1),
        "asgi": {"version": "3.0"},
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [*sent, (b"content-type", b"application/json")],
    }

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += len(CHUNK)
        assert taken < 100 * 1024 * 1024, f"{method} {target} goes on reading"
        return {"type": "http.request", "body": CHUNK, "more_body": True}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.update(message)

    try:
        await app(scope, receive, send)
    except Exception:  # noqa: BLE001 - a fault was answered; the framework tells the server of it too
        assert answer["status"] == 500
    named = {name.decode(): value.decode() for name, value in answer["headers"]}
    return answer["status"], named.get("content-type", ""), taken


def test_a_press_is_read_to_its_bound_and_never_refused_for_its_length(issuer: Issuer) -> None:
    told = Settings.model_validate(environment(issuer, NOWHERE) | {"service": "x"})
    app = application(told, title="x", description="x", lifespan=_life, ready=dict, most_bytes=None)
    read: list[int] = []

    @app.post("/press")
    async def press(request: Request) -> None:
        read.append(len(await read_body(request)))

    for length in ({}, {"content-length": str(10**10)}):
        status, _, taken = asyncio.run(flood(app, "POST", "/press", length))
        assert (status, taken) == (200, 2 * len(CHUNK))
    assert read == [MAX_BODY, MAX_BODY]


@pytest.mark.parametrize(("mode", "docs", "secure"), [("development", 200, False), ("production", 404, True)])
def test_what_differs_in_production(issuer: Issuer, mode: str, docs: int, secure: bool) -> None:
    # A copy is not validated: production would refuse this test's issuer and passwords, as it must.
    told = Settings.model_validate(environment(issuer, NOWHERE) | {"service": "x"})
    app = application(
        told.model_copy(update={"environment": mode}), title="x", description="x", lifespan=_life, ready=dict
    )

    @app.get("/fault")
    def fault(_: Request) -> None:
        raise ZeroDivisionError

    client = TestClient(app, raise_server_exceptions=False)
    page = client.get("/docs")
    assert page.status_code == docs
    if docs == 200:
        # As Swagger UI wants it: its own script inline, the rest from where it is published.
        policy = page.headers["content-security-policy"]
        assert "script-src 'unsafe-inline' https://cdn.jsdelivr.net" in policy
        assert "https://cdn.jsdelivr.net" in page.text
    broken = client.get("/fault")
    assert broken.status_code == 500
    # The server ends the connection after a fault: who is not told loses the next request, perhaps a press.
    assert broken.headers["connection"] == "close"
    carries(broken)
    assert (HSTS[0].decode() in broken.headers) == secure


@asynccontextmanager
async def _life(_: FastAPI) -> AsyncIterator[None]:
    yield
