"""The HTTP/1.1 protocol of every API: what a client offers besides its request never costs the request.

A phone's library may offer HTTP/2 in clear (`Upgrade: h2c`, RFC 9110 section 7.8) or send headers in bytes of
its own; the parser as uvicorn has it then loses the body, or refuses the request. And a request that does not
come to its end is closed: uvicorn waits for it for ever, and thousands of them cost nothing to who sends them.
"""

import asyncio

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

# What belongs to an offer and is gone with it.
_OFFER = frozenset({b"upgrade", b"connection", b"http2-settings"})

# How long a request may take to come: so many seconds, and one more for each so many bytes that came.
UNFINISHED_S, BYTES_A_SECOND = 20.0, 1000


class TolerantProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which reads a request that offers another protocol as if it did not."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._awaited: asyncio.TimerHandle | None = None
        self._since = self._received = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, but not for ever."""
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._await_nothing()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request, whose header values may hold any bytes."""
        self._await_request()
        self.parser.set_dangerous_leniencies(lenient_headers=True)
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """End a request: it is all there."""
        self._await_nothing()
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what it took for the beginning of another protocol is the rest of the request."""
        self._received += len(data)
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as offered:
                data = self._without_offer() + data[offered.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
            except httptools.HttpParserError:
                self.logger.warning("Invalid HTTP request received.")
                self.send_400_response("Invalid HTTP request received.")
                return

    def _should_upgrade(self) -> bool:
        """Say that the request is put off until it has been read without its offer: no offer is ever taken."""
        return True

    def _without_offer(self) -> bytes:
        kept = (name + b": " + value for name, value in self.headers if name not in _OFFER)
        request = (
            self.parser.get_method() + b" " + self.url + b" HTTP/" + self.parser.get_http_version().encode()
        )
        return b"\r\n".join([request, *kept, b"", b""])

    def _await_request(self) -> None:
        if self._awaited is None:
            self._since, self._received = self.loop.time(), 0.0
            self._awaited = self.loop.call_later(UNFINISHED_S, self._close_unfinished)

    def _await_nothing(self) -> None:
        if self._awaited is not None:
            self._awaited.cancel()
            self._awaited = None

    def _close_unfinished(self) -> None:
        """Close the connection, unless the rest may still come, or it is we who do not read."""
        left_s = self._since + UNFINISHED_S + self._received / BYTES_A_SECOND - self.loop.time()
        if left_s > 0 or self.flow.read_paused:
            self._awaited = self.loop.call_later(max(left_s, 1.0), self._close_unfinished)
        elif not self.transport.is_closing():
            self.transport.close()
