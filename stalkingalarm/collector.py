"""A small OTLP/HTTP trace receiver: keeps spans in SQLite so that `trace` works on a bare machine."""

import asyncio
import gzip
import os
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from stalkingalarm.embedded.layout import Layout
from stalkingalarm.span_store import SpanStore

PROTOBUF = "application/x-protobuf"


def create_app() -> FastAPI:
    """The collector of the installation that STALKINGALARM_RUN_DIR names."""
    store = SpanStore(Layout.at().run / "traces.db")

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        store.start()
        yield
        await asyncio.to_thread(store.close)

    app = FastAPI(title="Trace collector", lifespan=life, docs_url=None, redoc_url=None)

    @app.post("/v1/traces")
    async def receive(request: Request) -> Response:
        """Keep one batch (protobuf, gzip or not). Acknowledged when queued: traces may be lost."""
        if not request.headers.get("content-type", "").startswith(PROTOBUF):
            return Response(f"content-type: only {PROTOBUF}", 415)
        body = await request.body()
        try:
            if request.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error):
            return Response("body: not gzip", 400)
        taken = store.put(body)
        # 429 makes the exporter drop or retry; nothing upstream ever waits for us.
        return Response(b"", 200 if taken else 429, media_type=PROTOBUF)

    @app.get("/api/traces")
    def by_alarm(alarm_id: str) -> list[dict[str, Any]]:
        """All spans of every trace that touched an alarm."""
        return store.of_alarm(alarm_id)

    @app.get("/api/traces/{trace_id}")
    def by_trace(trace_id: str) -> Any:
        """All spans of one trace."""
        return store.of_trace(trace_id) or JSONResponse({"detail": "trace_id: not known"}, 404)

    @app.get("/health")
    def health() -> dict[str, Any]:
        """Counts: spans stored, batches waiting, dropped, refused."""
        return {"pid": os.getpid(), **store.counts()}

    return app
