"""Partners' bearer tokens (OIDC, JWKS) and the one permission check."""

import threading
import time
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.caller import Caller
from chassis.errors import Forbidden, Unauthenticated
from chassis.settings import Settings

# Seconds after which the issuer's keys are read again; an unknown key id reads them at once.
_KEYS_MAX_AGE_S = 300.0


class Verifier:
    """Checks tokens against the issuer's JWKS; keeps working on known keys while the issuer is away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys: KeySet | None = None
        self._read_at = 0.0
        self._lock = threading.Lock()

    def caller(self, token: str) -> Caller:
        """Who bears this token; raises `Unauthenticated`."""
        claims = self.claims(token, self._settings.oidc_audience)
        return Caller(
            subject=str(claims["sub"]),
            roles=frozenset(claims.get("roles", ())),
            **{name: claims.get(name) for name in ("partner", "cic", "zone", "unit")},
        )

    def claims(self, token: str, audience: str) -> dict[str, Any]:
        """What the issuer says in a token for `audience`; raises `Unauthenticated`."""
        try:
            return self._claims(token, audience)
        except (JoseError, ValueError, httpx.HTTPError) as error:
            raise Unauthenticated(f"the token was refused: {type(error).__name__}") from None

    def _claims(self, token: str, audience: str) -> dict[str, Any]:
        try:
            decoded = jwt.decode(token, self._key_set(refresh=False), algorithms=["EdDSA", "Ed25519"])
        except (JoseError, ValueError):
            # Perhaps the issuer rotated its key: read once more, then believe the refusal.
            decoded = jwt.decode(token, self._key_set(refresh=True), algorithms=["EdDSA", "Ed25519"])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self._settings.oidc_issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
            leeway=5,
            # Not `iat`: a token from the future means that a clock was put back, and a patrol must get in.
        ).validate({name: value for name, value in decoded.claims.items() if name != "iat"})
        return decoded.claims

    def _key_set(self, *, refresh: bool) -> KeySet:
        with self._lock:
            age = time.monotonic() - self._read_at
            if self._keys is None or age > _KEYS_MAX_AGE_S or (refresh and age > 1.0):
                try:
                    answer = httpx.get(self._settings.oidc_jwks_url, timeout=2)
                    answer.raise_for_status()
                    self._keys = KeySet.import_key_set(answer.json())
                    self._read_at = time.monotonic()
                except httpx.HTTPError:
                    if self._keys is None:
                        raise
            return self._keys


SESSION_COOKIE = "stalkingalarm_session"


def caller_of(request: Request) -> Caller:
    """The caller of a request, by bearer token or by the console's session cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get(SESSION_COOKIE, "")
        _refuse_other_sites(request)
    if not token:
        raise Unauthenticated("send a bearer token", field="authorization")
    verifier: Verifier = request.app.state.verifier
    return verifier.caller(token)


def _refuse_other_sites(request: Request) -> None:
    """What changes something and comes with a cookie must come from a page of ours; raises `Forbidden`.

    Browsers send `Origin` with every such request. The cookie is strict already; but services on one host are
    one site to a browser.
    """
    origin = request.headers.get("origin")
    if request.method in ("GET", "HEAD") or origin is None:
        return
    if urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("this session belongs to another page", field="origin")


def require(*roles: str) -> Any:
    """A dependency that gives the caller, who must have one of `roles`."""

    def check(request: Request) -> Caller:
        caller = caller_of(request)
        if not caller.roles.intersection(roles):
            raise Forbidden(f"needs one of the roles {', '.join(sorted(roles))}")
        return caller

    check.roles = frozenset(roles)  # type: ignore[attr-defined]
    return Depends(check)


AnyCaller = Annotated[Caller, Depends(caller_of)]
