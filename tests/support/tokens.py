"""An issuer of real signed tokens whose keys are read over HTTP, as in production."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qsl
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeyParameters, KeySet, OKPKey, RSAKey

AUDIENCE = "stalkingalarm"
# Every role that there is.
ROLES = (
    *("file_manager", "operator", "supervisor", "unit", "gateway", "committee", "secretariat", "magistrate"),
    *("procureur", "procureur_general", "follow_up", "device_desk", "technician", "service", "admin"),
    "auditor",
)
# What every service has for auditors, in the tables role x endpoint.
AUDIT = {("GET", f"/v1/audit/{name}"): {"auditor"} for name in ("entries", "seals", "state", "keys")}
# What every service with pages has for people who are not signed in yet.
SIGN_IN = {("GET", "/signin"), ("GET", "/signin/callback"), ("POST", "/signout")}


def _key(kid: str = "test-1", algorithm: str = "Ed25519") -> Key:
    named: KeyParameters = {"kid": kid, "use": "sig", "alg": algorithm}
    match algorithm[:2]:
        case "Ed":
            return OKPKey.generate_key("Ed25519", named)
        case "ES":
            return ECKey.generate_key(f"P-{algorithm[2:]}", named)
        case _:
            return RSAKey.generate_key(2048, named)


class Issuer:
    """Signs tokens with Ed25519 and serves its JWKS on a loopback port; use it in a `with`."""

    def __init__(self) -> None:
        self._key = _key()
        # How often the keys were asked for, and how long (seconds) an answer takes.
        self.asked, self.takes_s = 0, 0.0
        # What it publishes beside the key that it signs with, before that.
        self.others: list[object] = []
        # What it gives to services (client credentials), and the status that it answers while it is broken.
        self.client_secret, self.lasts_s, self.broken, self.asked_for_tokens = "client-secret", 600.0, 0, 0
        issuer = self

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                own = KeySet([issuer._key]).as_dict(private=False)["keys"]
                body = json.dumps({"keys": [*issuer.others, *own]}).encode()
                time.sleep(issuer.takes_s)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                """Client credentials: the client's name is role and partner's."""
                issuer.asked_for_tokens += 1
                form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
                known = form.get("client_secret") == issuer.client_secret
                body: dict[str, object] = {"error": "invalid_client"}
                if known and not issuer.broken:
                    partner = form["client_id"]
                    exp = int(time.time() + issuer.lasts_s)
                    body = {"access_token": issuer.token("service", partner=partner, exp=exp)}
                    body |= {"token_type": "Bearer", "expires_in": issuer.lasts_s}
                self.send_response(issuer.broken or (200 if known else 401))
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.jwks_url, self.token_url = f"{self.url}/jwks", f"{self.url}/token"

    def __enter__(self) -> "Issuer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rotate(self, algorithm: str = "Ed25519") -> None:
        """Sign with a new key from now on; the old one is known no more."""
        self._key = _key(f"test-{uuid4()}", algorithm)

    def token(self, *roles: str, **claims: object) -> str:
        """A token for `roles`; further claims (zone, cic, unit, partner, exp ...) by name."""
        return self._signed(self._key, roles, claims)

    def forged(self, *roles: str) -> str:
        """The same, signed by a stranger who uses the name of our key."""
        return self._signed(_key(), roles, {})

    def _signed(self, key: Key, roles: tuple[str, ...], claims: dict[str, object]) -> str:
        whole: dict[str, object] = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": f"test-{'-'.join(roles) or 'nobody'}",
            "exp": int(time.time()) + 600,
            "roles": list(roles),
            **claims,
        }
        algorithm = str(key.get("alg"))
        return jwt.encode({"alg": algorithm, "kid": key.kid}, whole, key, algorithms=[algorithm])

    def headers(self, *roles: str, **claims: str | int) -> dict[str, str]:
        """The header that bears such a token."""
        return {"Authorization": f"Bearer {self.token(*roles, **claims)}"}
