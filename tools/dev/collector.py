"""Stands in for an OpenTelemetry Collector and its stores on a bare machine.

Spans in SQLite for `trace`, the last metrics in memory.
"""

import asyncio
import gzip
import os
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from google.protobuf.message import DecodeError

from tools.dev.metric_store import MetricStore
from tools.dev.span_store import SpanStore, StoredSpan
from tools.runtime.native.layout import Layout

PROTOBUF = "application/x-protobuf"


def create_app() -> FastAPI:
    """Build the collector of the installation that STALKINGALARM_RUN_DIR names."""
    store, metrics = SpanStore(Layout.at().run / "traces.db"), MetricStore()

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        store.start()
        yield
        await asyncio.to_thread(store.close)

    app = FastAPI(title="Collector", lifespan=life, docs_url=None, redoc_url=None)

    @app.post("/v1/traces")
    async def receive(request: Request) -> Response:
        """Keep one batch (protobuf, gzip or not). Acknowledged when queued: traces may be lost."""
        return await _taken(request, store.put)

    @app.post("/v1/metrics")
    async def receive_metrics(request: Request) -> Response:
        """Keep what one process measured, in place of what it said before."""
        return await _taken(request, metrics.put)

    @app.get("/api/metrics")
    def latest() -> PlainTextResponse:
        """Show the last figures of every process, for Prometheus and for people."""
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/api/traces", response_model=None)
    def by_alarm(alarm_id: str) -> list[StoredSpan]:
        """List all spans of every trace that touched an alarm."""
        return store.of_alarm(alarm_id)

    @app.get("/api/traces/{trace_id}", response_model=None)
    def by_trace(trace_id: str) -> list[StoredSpan] | JSONResponse:
        """List all spans of one trace."""
        return store.of_trace(trace_id) or JSONResponse({"detail": "trace_id: not known"}, 404)

    @app.get("/health")
    def health() -> dict[str, int]:
        """Count spans stored, batches waiting, dropped, refused."""
        return {"pid": os.getpid(), **store.counts()}

    return app


async def _taken(request: Request, put: Callable[[bytes], bool]) -> Response:
    """Hand over one request's body; answers as OTLP does: 200, or what is wrong with it."""
    if not request.headers.get("content-type", "").startswith(PROTOBUF):
        return Response(f"content-type: only {PROTOBUF}", 415)
    body = await request.body()
    try:
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        taken = put(body)
    except (OSError, EOFError, zlib.error):
        return Response("body: not gzip", 400)
    except DecodeError:
        return Response("body: not what OTLP says", 400)
    # 429 makes the exporter drop or retry; nothing upstream ever waits for us.
    return Response(b"", 200 if taken else 429, media_type=PROTOBUF)
