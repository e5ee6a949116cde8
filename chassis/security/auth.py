"""Partners' bearer tokens (OIDC, JWKS) and the one permission check."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError

from chassis.errors import Forbidden, Unauthenticated
from chassis.runtime.settings import Settings
from chassis.security import audit_context
from chassis.security.jwks import IssuerKeys
from chassis.security.principal import Principal
from chassis.security.signouts import SignOuts, key_of

# Public keys only: with a shared secret (HS256) whoever can check a token could make one.
_ALGORITHMS = ["EdDSA", "Ed25519", "ES256", "ES384", "PS256", "PS384", "RS256", "RS384"]


class Verifier:
    """Checks tokens against the issuer's JWKS; keeps working on known keys while the issuer is away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys = IssuerKeys(settings.oidc_jwks_url)

    def caller(self, token: str) -> Principal:
        """Tell who bears this token; raises `Unauthenticated`."""
        claims = self.claims(token, self._settings.oidc_audience)
        roles = claims.get("roles", [])
        if isinstance(roles, str):
            roles = [roles]  # as some providers write a list of one
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise Unauthenticated("the token's claim `roles` is no list of texts")
        return Principal(
            subject=str(claims["sub"]),
            roles=frozenset(roles),
            partner=_text_of(claims, "partner"),
            cic=_text_of(claims, "cic"),
            zone=_text_of(claims, "zone"),
            unit=_text_of(claims, "unit"),
            district=_text_of(claims, "district"),
            exp=expiry_of(claims),
        )

    def claims(self, token: str, audience: str) -> dict[str, object]:
        """Read what the issuer says in a token for `audience`; raises `Unauthenticated`."""
        try:
            return self._claims(token, audience)
        except Exception as error:  # noqa: BLE001 - what cannot be checked, for whatever reason, is not believed
            raise Unauthenticated(f"the token was refused: {type(error).__name__}") from None

    def _claims(self, token: str, audience: str) -> dict[str, object]:
        try:
            decoded = jwt.decode(token, self._keys.known(), algorithms=_ALGORITHMS)
        except (InvalidKeyIdError, BadSignatureError):
            # Perhaps the issuer rotated its key: read once more, then believe the refusal.
            if not self._keys.read_again():
                raise
            decoded = jwt.decode(token, self._keys.known(), algorithms=_ALGORITHMS)
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self._settings.oidc_issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
            leeway=5,
            # A token from the future means that a clock was put back, and people must get in all the same.
        ).validate({name: value for name, value in decoded.claims.items() if name not in ("iat", "nbf")})
        return decoded.claims


def expiry_of(claims: Mapping[str, object]) -> float:
    """Read when a token ends, in seconds of the clock; raises `Unauthenticated`."""
    exp = claims.get("exp")
    if not isinstance(exp, int | float):
        raise Unauthenticated("the token's claim `exp` is no number")
    return float(exp)


def _text_of(claims: Mapping[str, object], name: str) -> str | None:
    value = claims.get(name)
    if not isinstance(value, str | None):
        raise Unauthenticated(f"the token's claim `{name}` is no text")
    return value


SESSION_COOKIE = "stalkingalarm_session"
# Where the layer that keeps sessions says which one a request belongs to (chassis/security/session.py).
SESSION_KEY = "stalkingalarm.session"


def cookie_name(settings: Settings, name: str) -> str:
    """Name a cookie as browsers know it: in production no other host and no page in clear can set it."""
    return f"__Host-{name}" if settings.production else name


def caller_of(request: Request) -> Principal:
    """Identify the caller of a request, by bearer token or by the console's session cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get(cookie_name(request.app.state.settings, SESSION_COOKIE), "")
        refuse_other_sites(request)
    if not token:
        raise Unauthenticated("send a bearer token", field="authorization")
    session, known_by = request.scope.get(SESSION_KEY), key_of(token)
    opened_by = frozenset({known_by, session} if session is not None else {known_by})
    signed_out: SignOuts | None = getattr(request.app.state, "signed_out", None)
    if signed_out is not None and signed_out.over(opened_by):
        raise Unauthenticated("this session was signed out", field="authorization")
    verifier: Verifier = request.app.state.verifier
    caller = replace(verifier.caller(token), opened_by=opened_by)
    audit_context.by(caller)
    return caller


def refuse_other_sites(request: Request) -> None:
    """Refuse a change that comes with a cookie unless a page of ours asked for it; raises `Forbidden`.

    Browsers send `Origin` with every such request. The cookie is strict already; but services on one host are
    one site to a browser.
    """
    origin = request.headers.get("origin")
    if request.method in ("GET", "HEAD") or origin is None:
        return
    if urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("this session belongs to another page", field="origin")


def require(*roles: str, partner: str | None = None) -> Principal:
    """Make a dependency that gives the caller: with one of `roles`, and of `partner` where one is named."""

    def check(request: Request) -> Principal:
        caller = caller_of(request)
        if not caller.roles.intersection(roles):
            raise Forbidden(f"needs one of the roles {', '.join(sorted(roles))}")
        if partner is not None and caller.partner != partner:
            raise Forbidden(f"only the service {partner} may do this", field="partner")
        return caller

    check.roles = frozenset(roles)  # type: ignore[attr-defined]
    # As `Depends` itself, typed as what the endpoint is given.
    given: Principal = Depends(check)
    return given


AnyPrincipal = Annotated[Principal, Depends(caller_of)]
