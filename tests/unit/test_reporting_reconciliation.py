"""A service that answers what was not agreed is away: nothing is concluded. The server is a real one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, Response

from contracts.reconciliation import MOST_ENTRIES, NOTHING, Part
from services.reporting.clients.reconciliation import RecordsUnavailable, RemoteRecords
from services.reporting.usecases.compare_records import compare
from services.reporting.usecases.reconciliation import _compare_day
from tests.support.serving import Serving

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=1)


class Liar:
    """Answers every question with what it is told to."""

    def __init__(self) -> None:
        self.status, self.body = 200, b""
        self.app = FastAPI()

        @self.app.api_route("/{path:path}", methods=["GET", "POST"])
        def answer(path: str) -> Response:
            headers = {"location": "/elsewhere"} if self.status == 307 else {}
            return Response(self.body, self.status, headers, "application/json")


@pytest.fixture(scope="module")
def liar() -> Iterator[tuple[Liar, RemoteRecords]]:
    liar = Liar()
    with Serving(liar.app) as served:
        yield liar, RemoteRecords("alarm", served.url, httpx.Auth())


DIGEST = NOTHING.model_dump_json()
PART = (
    f'{{"since": "2026-03-01T00:00:00Z", "until": "2026-03-01T01:00:00Z", "sections": {{"presses": {DIGEST}}}}}'
)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, ""),
        (200, "null"),
        (200, "[]"),
        (200, "<html>"),
        (200, PART),
        (200, f"[{PART}, {PART}]"),
        (200, f"[{PART.replace('presses', 'orders')}]"),
        (200, f"[{PART.replace(NOTHING.sha256, 'none')}]"),
        (200, f"[{PART}]".replace('"entries":0', '"entries":-1')),
        (307, f"[{PART}]"),
        (401, "{}"),
        (404, "{}"),
        (500, ""),
        (503, "{}"),
    ],
)
def test_whatever_is_not_as_agreed_is_away(liar: tuple[Liar, RemoteRecords], status: int, body: str) -> None:
    server, reader = liar
    server.status, server.body = status, body.encode()
    with pytest.raises(RecordsUnavailable, match="alarm"):
        reader.digests(SINCE, UNTIL, 1)
    server.status, server.body = 200, f"[{PART}]".encode()
    assert reader.digests(SINCE, UNTIL, 1)[0].sections["presses"] == NOTHING


def test_pages_that_do_not_go_on_end_the_comparison(liar: tuple[Liar, RemoteRecords]) -> None:
    server, reader = liar
    same = f'{{"id": "{uuid4()}", "alarm_id": "{uuid4()}", "received_at": "2026-03-01T00:00:00Z"}}'
    other = PART.replace(NOTHING.sha256, "0" * 64)

    class Both:
        """Differs from the other in its digest; its pages are always the same."""

        sections = ("presses",)

        def digests(self, *_: Any) -> Any:
            server.body = f"[{other}]".encode()
            return reader.digests(SINCE, UNTIL, 1)

        def entries(self, *what: Any) -> Any:
            server.body = f"[{','.join([same] * MOST_ENTRIES)}]".encode()
            return reader.entries(*what)

        def held(self, *_: Any) -> set[UUID]:
            raise AssertionError

    class Ours(Both):
        """Has nothing."""

        def digests(self, *_: Any) -> Any:
            server.body = f"[{PART}]".encode()
            return reader.digests(SINCE, UNTIL, 1)

        def entries(self, *_: Any) -> Any:
            return []

    readers: dict[str, Any] = {"reporting": Ours(), "alarm": Both()}
    found = compare(readers, SINCE, UNTIL, 1)
    assert found.away == {"alarm": "its pages do not go on"}
    assert found.lacks == []


class Slow:
    """Gives up over more than an hour, as a database with too much in it does."""

    sections = ("presses",)

    def __init__(self, most: timedelta) -> None:
        self.most = most

    def digests(self, since: datetime, until: datetime, parts: int) -> Any:
        if until - since > self.most:
            raise RecordsUnavailable("dispatch", "HTTP 503")
        sections = {"presses": NOTHING.model_copy(update={"entries": 1})}
        return [Part.model_validate({"since": since, "until": until, "sections": sections})] * parts


@pytest.mark.parametrize(("most", "away"), [(25, {}), (1, {}), (0.5, {"dispatch": "HTTP 503"})])
def test_a_day_that_is_too_much_at_once_is_compared_hour_by_hour(most: float, away: dict[str, str]) -> None:
    readers: dict[str, Any] = {"alarm": Slow(timedelta(days=2)), "dispatch": Slow(timedelta(hours=most))}
    found = _compare_day(readers, date(2026, 3, 29))
    assert (found.away, found.lacks) == (away, [])
    assert found.entries["alarm"]["presses"] >= 23, "whatever another service does"
