"""The alarm API as production runs it, buttons that sign, and a listener where dispatch would be."""

import base64
import json
import os
import socket
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.security.vault import new_key
from contracts.alarm import SIGNED_AS
from tests.support.forking import fork_api, fork_worker

GHENT = {"lat": 51.0543, "lon": 3.7174, "radius_m": 15.0}


def b64(value: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Button:
    """A device with its own key; every press takes the next counter."""

    def __init__(self) -> None:
        self.id = uuid4()
        self._key = Ed25519PrivateKey.generate()
        self.public_key = b64(self._key.public_key().public_bytes_raw())
        self.counter = 0

    def sign(self, payload: dict[str, Any], kind: str | None = None) -> bytes:
        """A compact JWS of this payload; without a `kind` as old clients sign."""
        header = {"alg": "EdDSA", "kid": str(self.id)} | ({"typ": SIGNED_AS[kind]} if kind else {})
        parts = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(payload).encode())}"
        return f"{parts}.{b64(self._key.sign(parts.encode()))}".encode()

    def press(self, **changes: Any) -> bytes:
        """A signed press with a fix in Ghent, pressed now."""
        self.counter += 1
        now = datetime.now(UTC).isoformat()
        payload = {
            "device_id": str(self.id),
            "counter": self.counter,
            "kind": "press",
            "pressed_at": now,
            "fix": {**GHENT, "at": now},
        }
        return self.sign({**payload, **changes}, "press")


class Intake:
    """A real HTTP listener that takes events as dispatch does."""

    def __init__(self, port: int = 0, incidents: dict[str, str] | None = None) -> None:
        """`incidents`: by alarm, where presses belong that it routed."""
        self.events: list[dict[str, Any]] = []
        events = self.events

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                read = json.loads(self.rfile.read(int(self.headers["content-length"])))
                events.extend(read if "batch" in self.headers["content-type"] else [read])
                values = {"accepted": True, "not_taken": [], "incidents": incidents or {}}
                answer = json.dumps(values).encode()
                self.send_response(202)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Take)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Intake":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class AlarmApi:
    """`uvicorn services.alarm.api:create_app --factory`; keyword settings become its environment."""

    factory = "create_app"

    def __init__(self, folder: Path, database_url: str, broker_url: str, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "alarm-api.log"
        self.env = {
            "ENVIRONMENT": "development",
            "SERVICE": "alarm",
            "DATABASE_URL": database_url,
            "BROKER_URL": broker_url,
            "VAULT_KEYS": f"1:{new_key()}",
            "AUDIT_KEY": new_key(),
            "OIDC_ISSUER": "http://127.0.0.1:1",
            "OIDC_JWKS_URL": "http://127.0.0.1:1/jwks",
            "DISPATCH_URL": "http://127.0.0.1:1",
            "SERVICE_TOKEN": "development-token",
            "ALARM_URL": self.url,
            **settings,
        }

    def __enter__(self) -> "AlarmApi":
        command = [f"services.alarm.api:{self.factory}", "--factory"]
        command += ["--port", str(self.port), "--no-access-log", "--timeout-keep-alive", "75"]
        command += ["--http", "chassis.http.http1:TolerantProtocol", "--ws", "none"]
        self.process = fork_api(*command, env={**os.environ, **self.env}, log=self.log)
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{self.url}/health/live", timeout=1)
                break
            except httpx.HTTPError:
                if time.monotonic() > until or self.process.poll() is not None:
                    self.process.kill()
                    raise AssertionError(self.log.read_text()) from None
                time.sleep(0.1)
        self.http = httpx.Client(base_url=self.url, timeout=15)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait(20)

    def post(self, path: str, body: bytes, **headers: str) -> httpx.Response:
        """Send signed bytes."""
        given = {"content-type": "application/jose", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.http.post(path, content=body, headers=given)

    def press(self, body: bytes, **headers: str) -> httpx.Response:
        """Send a press."""
        return self.post("/v1/presses", body, **headers)


class HeartbeatsApi(AlarmApi):
    """The process that takes heartbeats alone."""

    factory = "create_heartbeats_app"


class AlarmWorker:
    """`python -m chassis.runtime.run services.alarm.worker`, with the environment of an API."""

    def __init__(self, api: AlarmApi, folder: Path, classes: str = "Recorder,ReadModels") -> None:
        self._env = {**os.environ, **api.env}
        self._target = f"services.alarm.worker:{classes}"
        self.log = folder / "alarm-worker.log"

    def __enter__(self) -> "AlarmWorker":
        self.process = fork_worker(self._target, self._env, self.log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(20)


class AlarmDatabase:
    """Looks into the alarm service's database, and knows devices into it."""

    def __init__(self, database_url: str) -> None:
        self.url = database_url.replace("+psycopg", "")

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def do(self, statement: str, *values: Any) -> None:
        """Run a statement."""
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode(), values)

    def allow_connections(self, allowed: bool) -> None:
        """Take the database away from its users, or give it back: to them it is a server that is down."""
        url, name = self.url.rsplit("/", 1)
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}".encode())
            if not allowed:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
                )

    def know(self, *buttons: Button, status: str = "active") -> None:
        """Put devices into the read model."""
        with psycopg.connect(self.url) as connection:
            for button in buttons:
                connection.execute(
                    "INSERT INTO devices (device_id, enrolment_id, public_key, status, version, changed_at)"
                    " VALUES (%s, %s, %s, %s, 1, now())",
                    (button.id, uuid4(), button.public_key, status),
                )

    def presses(self) -> dict[UUID, list[str]]:
        """The stored presses and their flags."""
        return dict(self.rows("SELECT alarm_id, flags FROM presses"))
