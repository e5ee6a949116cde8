"""What every answer carries, and how long a body may be: one layer around the whole application.

Outside of all else, so that an answer to a fault of ours carries it too. The most urgent request goes through
here too: everything is made beforehand, and nothing is asked of anybody.
"""

from collections.abc import Callable
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

E = TypeVar("E", bound=Callable[..., object])

# Bytes of a body where its endpoint says nothing else (`bodies`).
MOST_BYTES = 1024 * 1024
# What an answer carries unless it says otherwise; pages and their parts do (chassis/http/pages.py).
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
# A year: browsers come back by https only. Where there are no certificates it would lock people out.
HSTS = (b"strict-transport-security", b"max-age=31536000")


class BodyTooLarge(HTTPException):
    """A body that is longer than its endpoint takes. An `HTTPException`: the framework hides others as 400."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"the body is too long: at most {most} bytes")


def bodies(most: int | None) -> Callable[[E], E]:
    """Limit the body of an endpoint to `most` bytes. None: the endpoint bounds what it reads by itself.

    Not FastAPI's `max_body_size`: it answers in plain text, also where nobody wanted the body.
    """

    def marked(endpoint: E) -> E:
        endpoint.most_bytes = most  # type: ignore[attr-defined]
        return endpoint

    return marked


class Edge:
    """The layer. `most`: bytes of a body where its endpoint says nothing, None for no bound of ours."""

    def __init__(self, app: ASGIApp, *, secure: bool, most: int | None) -> None:
        self._app, self._most = app, most
        self._carried = (*ALWAYS, HSTS) if secure else ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def carrying(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                names = {name for name, _ in headers}
                message["headers"] = [*headers, *(each for each in self._carried if each[0] not in names)]
            await send(message)

        await self._app(scope, self._bounded(scope, receive), carrying)

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        size = 0

        async def bounded() -> Message:
            nonlocal size
            # The endpoint is known by the time that somebody asks for the body.
            most = getattr(getattr(scope.get("route"), "endpoint", None), "most_bytes", self._most)
            if most is not None and size == 0 and _told(scope) > most:
                raise BodyTooLarge(most)
            message = await receive()
            size += len(message.get("body", b""))
            if most is not None and size > most:
                raise BodyTooLarge(most)
            return message

        return bounded


def _told(scope: Scope) -> int:
    """Read how many bytes the caller says that the body has; 0 where they do not say."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0
