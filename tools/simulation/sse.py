"""A small reader of Server-Sent Events that comes back when the stream breaks."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx

# The server sends a comment every 10 s: silence for longer means that nobody is there.
_SILENCE_S = 25.0
# Never longer than the server asks (`retry: 500`).
_BACKOFF_S = (0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `at`: seconds on the monotonic clock when it came."""

    name: str
    data: Any
    at: float


class Stream:
    """One stream; iterate over it. `opened` is set once the server's first bytes have come."""

    def __init__(self, http: httpx.AsyncClient, url: str, headers: Callable[[], dict[str, str]]) -> None:
        self._http, self._url, self._headers = http, url, headers
        self.opened = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield events for ever; a refusal (401, 403, 404) ends it with httpx.HTTPStatusError."""
        failures = 0
        while True:
            try:
                async for event in self._once():
                    failures = 0
                    yield event
            except (httpx.TransportError, httpx.StreamError):
                pass
            except httpx.HTTPStatusError as error:
                if error.response.status_code < 500:
                    raise
            await asyncio.sleep(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])
            failures += 1

    async def _once(self) -> AsyncIterator[Event]:
        headers = {**self._headers(), "accept": "text/event-stream"}
        timeout = httpx.Timeout(5.0, read=_SILENCE_S)
        async with self._http.stream("GET", self._url, headers=headers, timeout=timeout) as answer:
            answer.raise_for_status()
            name, data = "message", [""]
            data.clear()
            async for line in answer.aiter_lines():
                self.opened.set()
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].strip())
                elif not line:
                    if data:
                        yield Event(name, json.loads("\n".join(data)), time.perf_counter())
                    name, data = "message", []
