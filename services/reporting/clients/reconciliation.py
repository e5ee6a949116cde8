"""What alarm and dispatch hold, asked over HTTP; our own ledger answers the same questions."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

import httpx
from opentelemetry.trace import SpanKind
from pydantic import TypeAdapter, ValidationError

from chassis.telemetry import telemetry
from contracts.reconciliation import FIRST, KEPT_BY, Entry, Ids, Part, Section

T = TypeVar("T")


_PARTS, _ENTRIES, _IDS = TypeAdapter(list[Part]), TypeAdapter(list[Entry]), TypeAdapter(Ids)


class RecordsUnavailable(Exception):
    """A service that did not answer, or not as agreed: nothing may be concluded from that."""

    def __init__(self, service: str, fault: str) -> None:
        super().__init__(f"{service}: {fault}")
        self.service, self.fault = service, fault


class RecordsReader(Protocol):
    """A service that can be asked."""

    @property
    def sections(self) -> tuple[Section, ...]:
        """Name what is kept there."""

    def digests(self, since: datetime, until: datetime, parts: int) -> list[Part]:
        """Say how many entries each part of a period has, and the digest of their ids."""

    def entries(self, section: Section, since: datetime, until: datetime, after: UUID = FIRST) -> list[Entry]:
        """Give a page of the entries of a period."""

    def held(self, section: Section, ids: Collection[UUID]) -> set[UUID]:
        """Give those of these ids that are there."""


class RemoteRecords:
    """The records of another service; every failure is `RecordsUnavailable`."""

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
        """Name what that service keeps, whatever it answers."""
        return KEPT_BY[self._name]

    def digests(self, since: datetime, until: datetime, parts: int) -> list[Part]:
        """Say how many entries each part of a period has, and the digest of their ids."""
        of_all = self._ask(_PARTS, "GET", "/v1/records", params={**_period(since, until), "parts": parts})
        if len(of_all) != parts or any(not part.sections.keys() >= set(self.sections) for part in of_all):
            raise RecordsUnavailable(self._name, "parts or sections are missing")
        return of_all

    def entries(self, section: Section, since: datetime, until: datetime, after: UUID = FIRST) -> list[Entry]:
        """Give a page of the entries of a period."""
        params = {**_period(since, until), "after": str(after)}
        return self._ask(_ENTRIES, "GET", f"/v1/records/{section}", params=params)

    def held(self, section: Section, ids: Collection[UUID]) -> set[UUID]:
        """Give those of these ids that are there."""
        asked = {"ids": [str(each) for each in ids]}
        return set(self._ask(_IDS, "POST", f"/v1/records/{section}/held", json=asked).ids)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(
        self,
        kind: TypeAdapter[T],
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
    ) -> T:
        span = telemetry.start(method, SpanKind.CLIENT, attributes={"http.request.method": method})
        headers = {"traceparent": telemetry.traceparent_of(span) or ""}
        try:
            answer = self._http.request(method, path, headers=headers, params=params, json=json)
            span.set_attribute("http.response.status_code", answer.status_code)
            if answer.status_code != httpx.codes.OK:
                raise RecordsUnavailable(self._name, f"HTTP {answer.status_code}")
            return kind.validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            span.set_attribute("error.type", type(error).__name__)
            raise RecordsUnavailable(self._name, type(error).__name__) from None
        finally:
            span.end()


def _period(since: datetime, until: datetime) -> dict[str, str]:
    return {"since": since.isoformat(), "until": until.isoformat()}
