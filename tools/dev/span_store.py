"""Spans in SQLite. Batches are stored as they come and taken apart when there is time, or when asked.

Taking apart costs some ten times what storing costs, and the moment that spans pour in is the
moment that the processor is needed for alarms.
"""

import json
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from contracts.telemetry import ALARM_ID

_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_STATUSES = ("unset", "ok", "error")
_SCALARS = ("string_value", "bool_value", "int_value", "double_value")
_IDLE_S = 0.5  # quiet for this long: time to take batches apart
_KEEP_S = 7 * 86_400
_MAX_WAITING = 2_000
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS batches (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS spans (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_id TEXT, service TEXT NOT NULL,
    name TEXT NOT NULL, kind TEXT NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
    status TEXT NOT NULL, attributes TEXT NOT NULL, links TEXT NOT NULL, alarm_id TEXT,
    PRIMARY KEY (trace_id, span_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS spans_alarm ON spans (alarm_id) WHERE alarm_id IS NOT NULL;
"""
_INSERT = f"INSERT OR REPLACE INTO spans VALUES ({', '.join('?' * 12)})"  # noqa: S608 - no input in it
_SELECT = "SELECT * FROM spans WHERE trace_id IN ({}) ORDER BY start_ns, span_id"


class StoredSpan(TypedDict):
    """One span; times in nanoseconds since 1970, `links`: trace and span id of each."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    status: str
    attributes: dict[str, object]
    links: list[tuple[str, str]]
    alarm_id: str | None


class SpanStore:
    """One writer thread owns all writing; readers have connections of their own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: queue.Queue[bytes | threading.Event | None] = queue.Queue(_MAX_WAITING)
        self._thread = threading.Thread(target=self._write, name="span-writer", daemon=True)
        self._pending = 0
        self.dropped = self.undecodable = 0

    def start(self) -> None:
        """Open the file and begin to write."""
        with self._connect() as db:
            db.executescript(_SCHEMA)
        self._thread.start()

    def close(self) -> None:
        """Write what is waiting, and end."""
        self._waiting.put(None)
        self._thread.join()

    def put(self, body: bytes) -> bool:
        """Keep one encoded export request; False if too many wait already."""
        try:
            self._waiting.put_nowait(body)
        except queue.Full:
            self.dropped += 1
            return False
        return True

    def of_alarm(self, alarm_id: str) -> list[StoredSpan]:
        """List all spans of every trace that touched an alarm, also those of its linked batches."""
        return self._read("SELECT trace_id FROM spans WHERE alarm_id = ?", alarm_id)

    def of_trace(self, trace_id: str) -> list[StoredSpan]:
        """List all spans of one trace, by start time."""
        return self._read("SELECT ?", trace_id)

    def counts(self) -> dict[str, int]:
        """Count, for the status page, what is stored, waiting, dropped and undecodable."""
        with self._connect() as db:
            stored = db.execute("SELECT count(*) FROM spans").fetchone()[0]
        return {
            "spans": stored,
            "waiting": self._waiting.qsize() + self._pending,
            "dropped": self.dropped,
            "undecodable": self.undecodable,
        }

    def _read(self, traces: str, value: str) -> list[StoredSpan]:
        done = threading.Event()
        self._waiting.put(done)
        done.wait(30)
        with self._connect() as db:
            db.row_factory = sqlite3.Row
            return [_stored(row) for row in db.execute(_SELECT.format(traces), (value,))]

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=10)

    def _write(self) -> None:
        db = self._connect()
        old = (time.time_ns() - _KEEP_S * 10**9,)
        with db:
            db.execute("DELETE FROM spans WHERE start_ns < ?", old)
            self._pending = db.execute("SELECT count(*) FROM batches").fetchone()[0]
        while True:
            try:
                item = self._waiting.get(timeout=_IDLE_S if self._pending else None)
            except queue.Empty:
                self._take_apart(db)
                continue
            if isinstance(item, bytes):
                with db:
                    db.execute("INSERT INTO batches (body) VALUES (?)", (item,))
                self._pending += 1
                continue
            while self._pending:
                self._take_apart(db)
            if item is None:
                db.close()
                return
            item.set()

    def _take_apart(self, db: sqlite3.Connection) -> None:
        """Turn the oldest few batches into rows; the thread then looks for new ones again."""
        batches = db.execute("SELECT id, body FROM batches ORDER BY id LIMIT 8").fetchall()
        rows: list[tuple[object, ...]] = []
        for _, body in batches:
            try:
                rows.extend(_rows(ExportTraceServiceRequest.FromString(body)))
            except DecodeError:
                self.undecodable += 1
        with db:
            db.executemany(_INSERT, rows)
            db.executemany("DELETE FROM batches WHERE id = ?", [(number,) for number, _ in batches])
        self._pending = max(0, self._pending - len(batches)) if batches else 0


def _stored(row: sqlite3.Row) -> StoredSpan:
    return {
        "trace_id": row["trace_id"],
        "span_id": row["span_id"],
        "parent_id": row["parent_id"],
        "service": row["service"],
        "name": row["name"],
        "kind": row["kind"],
        "start_ns": row["start_ns"],
        "end_ns": row["end_ns"],
        "status": row["status"],
        "attributes": json.loads(row["attributes"]),
        "links": json.loads(row["links"]),
        "alarm_id": row["alarm_id"],
    }


def _rows(request: ExportTraceServiceRequest) -> Iterator[tuple[object, ...]]:
    for resource in request.resource_spans:
        names = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _row(span, names[0] if names else "unknown")


def _row(span: Span, service: str) -> tuple[object, ...]:
    attributes = {attribute.key: _plain(attribute.value) for attribute in span.attributes}
    return (
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex() or None,
        service,
        span.name,
        _KINDS[span.kind],
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        _STATUSES[span.status.code],
        json.dumps(attributes),
        json.dumps([[link.trace_id.hex(), link.span_id.hex()] for link in span.links]),
        attributes.get(ALARM_ID),
    )


def _plain(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    return getattr(value, kind) if kind in _SCALARS else None
