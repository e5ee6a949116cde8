"""The HTTP/1.1 protocol of every API: what a client offers besides its request never costs the request.

A phone's library may offer HTTP/2 in clear (`Upgrade: h2c`, RFC 9110 section 7.8) or send headers in bytes of
its own; the parser as uvicorn has it then loses the body, or refuses the request.
"""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# What belongs to an offer and is gone with it.
_OFFER = frozenset({b"upgrade", b"connection", b"http2-settings"})


class TolerantProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which reads a request that offers another protocol as if it did not."""

    def on_message_begin(self) -> None:
        """Begin a request, whose header values may hold any bytes."""
        self.parser.set_dangerous_leniencies(lenient_headers=True)
        super().on_message_begin()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what it took for the beginning of another protocol is the rest of the request."""
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
        """Whether the request is put off until it has been read without its offer: no offer is ever taken."""
        return True

    def _without_offer(self) -> bytes:
        kept = (name + b": " + value for name, value in self.headers if name not in _OFFER)
        request = (
            self.parser.get_method() + b" " + self.url + b" HTTP/" + self.parser.get_http_version().encode()
        )
        return b"\r\n".join([request, *kept, b"", b""])
