"""The books of alarm and dispatch over HTTP, and our own: all three answer the same questions."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import httpx
from opentelemetry.trace import SpanKind
from pydantic import TypeAdapter, ValidationError

from chassis.database.database import Database
from chassis.database.reconciliation import Book
from chassis.telemetry import telemetry
from contracts.book import FIRST, KEPT_BY, Entry, Ids, Part, Section
from services.reporting.settings import ReportingSettings

T = TypeVar("T")

_PARTS, _ENTRIES, _IDS = TypeAdapter(list[Part]), TypeAdapter(list[Entry]), TypeAdapter(Ids)

# What reporting knows by events. An incident counts from the press that opened it.
OWN: dict[Section, str] = {
    "presses": "SELECT alarm_id AS id, alarm_id, received_at FROM press",
    "incidents": "SELECT incident_id AS id, incident_id AS alarm_id, opened_at AS received_at FROM incident",
    "orders": (
        "SELECT o.order_id AS id, o.incident_id AS alarm_id, i.opened_at AS received_at "
        "FROM dispatch_order o LEFT JOIN incident i ON i.incident_id = o.incident_id"
    ),
}


class BookAway(Exception):
    """A book that did not answer, or not as agreed: nothing may be concluded from that."""

    def __init__(self, book: str, fault: str) -> None:
        super().__init__(f"{book}: {fault}")
        self.book, self.fault = book, fault


class Asked(Protocol):
    """A book that can be asked."""

    @property
    def sections(self) -> tuple[Section, ...]:
        """What is kept there."""

    def digests(self, since: datetime, until: datetime, parts: int) -> list[Part]:
        """How many entries each part of a period has, and the digest of their ids."""

    def entries(self, section: Section, since: datetime, until: datetime, after: UUID = FIRST) -> list[Entry]:
        """A page of the entries of a period."""

    def held(self, section: Section, ids: Collection[UUID]) -> set[UUID]:
        """Those of these ids that are there."""


class RemoteBook:
    """The book of another service; every failure is `BookAway`."""

    def __init__(self, name: str, base_url: str, token: httpx.Auth) -> None:
        self._name = name
        self._http = httpx.Client(
            base_url=base_url,
            auth=token,
            timeout=httpx.Timeout(5.0, connect=2.0),
            trust_env=False,
        )

    @property
    def sections(self) -> tuple[Section, ...]:
        """What that service keeps, whatever it answers."""
        return KEPT_BY[self._name]

    def digests(self, since: datetime, until: datetime, parts: int) -> list[Part]:
        """How many entries each part of a period has, and the digest of their ids."""
        told = self._ask(_PARTS, "GET", "/v1/book", params={**_period(since, until), "parts": parts})
        if len(told) != parts or any(not part.sections.keys() >= set(self.sections) for part in told):
            raise BookAway(self._name, "parts or sections are missing")
        return told

    def entries(self, section: Section, since: datetime, until: datetime, after: UUID = FIRST) -> list[Entry]:
        """A page of the entries of a period."""
        params = {**_period(since, until), "after": str(after)}
        return self._ask(_ENTRIES, "GET", f"/v1/book/{section}", params=params)

    def held(self, section: Section, ids: Collection[UUID]) -> set[UUID]:
        """Those of these ids that are there."""
        asked = {"ids": [str(each) for each in ids]}
        return set(self._ask(_IDS, "POST", f"/v1/book/{section}/held", json=asked).ids)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, kind: TypeAdapter[T], method: str, path: str, **what: Any) -> T:
        span = telemetry.start(method, SpanKind.CLIENT, attributes={"http.request.method": method})
        headers = {"traceparent": telemetry.traceparent_of(span) or ""}
        try:
            answer = self._http.request(method, path, headers=headers, **what)
            span.set_attribute("http.response.status_code", answer.status_code)
            if answer.status_code != httpx.codes.OK:
                raise BookAway(self._name, f"HTTP {answer.status_code}")
            return kind.validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            span.set_attribute("error.type", type(error).__name__)
            raise BookAway(self._name, type(error).__name__) from None
        finally:
            span.end()


def _period(since: datetime, until: datetime) -> dict[str, str]:
    return {"since": since.isoformat(), "until": until.isoformat()}


def of(settings: ReportingSettings, database: Database, token: httpx.Auth) -> Mapping[str, Asked]:
    """All books that can be asked: our own always."""
    books: dict[str, Asked] = {"reporting": Book(database, OWN)}
    for name, url in (("alarm", settings.alarm_url), ("dispatch", settings.dispatch_url)):
        if url:
            books[name] = RemoteBook(name, url, token)
    return books
