"""A small chain approach of its own: takes referrals and answers over HTTP, and signs what it tells."""

import base64
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tools.simulation.chain_approach import signed


class ChainPartner:
    """Use it in a `with`. `taken`: path and body of each call.

    `refuse_next`: so many are answered 503; `lose_next`: so many are taken first.
    """

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe()
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.refuse_next = self.lose_next = 0
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.keys: list[str] = []
        partner = self

        class Calls(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status = partner._take(self.path, body, dict(self.headers.items()))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Calls)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def settings(self) -> dict[str, str]:
        """What a committee must know to reach it."""
        return {
            "partner_networks": "127.0.0.0/8",
            "chain_approach_url": self.url,
            "chain_approach_token": self.token,
            "chain_approach_secret": self.secret,
        }

    def webhook(self, kind: str, data: dict[str, Any], secret: str | None = None) -> tuple[str, dict[str, str]]:
        """Body and headers of something it tells."""
        return signed(secret or self.secret, kind, data)

    def _take(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> int:
        given = {name.lower(): value for name, value in headers.items()}
        if given.get("authorization") != f"Bearer {self.token}":
            return 401
        if self.refuse_next:
            self.refuse_next -= 1
            return 503
        if given["idempotency-key"] not in self.keys:
            self.keys.append(given["idempotency-key"])
            self.taken.append((path, body))
        if self.lose_next:
            self.lose_next -= 1
            return 503
        return 200
