"""A control room's own receiver of webhooks: checks the signature before it believes anything."""

import asyncio
import base64
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from opentelemetry.trace import SpanKind
from standardwebhooks import Webhook, WebhookVerificationError

from tools.simulation import spans


@dataclass
class Receiver:
    """What came in. `refuse_next`: how many deliveries are answered 503 first, to see them come again."""

    secret: str = field(default_factory=lambda: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
    url: str = ""
    refuse_next: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    forged: int = 0
    seen_ids: set[str] = field(default_factory=set)
    copies: int = 0

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Take one delivery; returns the status to answer. A copy (same webhook-id) is not believed twice."""
        try:
            event = Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.forged += 1
            return 401
        if self.refuse_next:
            self.refuse_next -= 1
            self.refused += 1
            return 503
        if headers["webhook-id"] in self.seen_ids:
            self.copies += 1
            return 200
        self.seen_ids.add(headers["webhook-id"])
        self.received.append(event)
        return 200

    @asynccontextmanager
    async def listening(self, here: str = "127.0.0.1") -> AsyncIterator["Receiver"]:
        """Listen on a free port of this machine, at that address of it, for the length of the block."""
        app = FastAPI()

        @app.post("/alarms")
        async def alarms(request: Request) -> Response:
            parent = request.headers.get("traceparent")
            with spans.span("control-room-software", "POST /alarms", SpanKind.SERVER, parent=parent) as span:
                status = self.take(await request.body(), dict(request.headers))
                span.set_attribute("http.request.method", "POST")
                span.set_attribute("http.route", "/alarms")
                span.set_attribute("http.response.status_code", status)
            return Response(status_code=status)

        with socket.socket() as listener:
            listener.bind((here, 0))
            self.url = f"http://{here}:{listener.getsockname()[1]}/alarms"
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
            task = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            try:
                yield self
            finally:
                server.should_exit = True
                await task
