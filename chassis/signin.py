"""Signing in at the partner's identity provider, for pages: OpenID Connect, authorization code flow with PKCE.

RFC 6749 section 4.1, RFC 7636, OpenID Connect Core 1.0 section 3.1. The token becomes the session: a cookie
that no script can read and that no other site's request carries.
"""

import base64
import hashlib
import html
import secrets
from hmac import compare_digest
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from chassis.auth import SESSION_COOKIE, Verifier
from chassis.errors import Conflict, Invalid, Retryable, TooMany, Unauthenticated
from chassis.settings import PagesSettings
from chassis.vault import Unreadable, Vault

# Between leaving for the provider and coming back: what belongs together, sealed. Lax, for it must come back
# with the provider's redirect.
_FLOW_COOKIE = "stalkingalarm_signin"
_FLOW_S, _PATIENCE_S = 600, 5.0
_PLACE = "signin"
NO_STORE = {"cache-control": "no-store"}
_ONWARD = (
    '<!doctype html><meta charset="utf-8"><title>stalkingalarm</title>'
    '<meta http-equiv="refresh" content="0; url={to}"><a href="{to}">&rarr;</a>'
)


class SignInAbsent(Conflict):
    """This installation knows no identity provider with pages."""


class SignInRefused(Unauthenticated):
    """What came back from the provider is not what was asked for."""


class SignIn:
    """The flow of one service. Attempts are limited by address, so that nobody can guess or flood."""

    def __init__(self, settings: PagesSettings, vault: Vault, verifier: Verifier) -> None:
        self._settings, self._vault, self._verifier = settings, vault, verifier
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(settings.signins_a_minute)

    def count(self, request: Request) -> None:
        """One more attempt from an address; raises `TooMany`."""
        if not self._limiter.hit(self._limit, request.client.host if request.client else ""):
            raise TooMany("too many attempts to sign in from this address; wait a minute")

    def keep(self, response: Response, token: str) -> None:
        """Keep a token as the session."""
        response.set_cookie(
            SESSION_COOKIE, token, httponly=True, samesite="strict", path="/", secure=self._secure
        )

    @property
    def _secure(self) -> bool:
        # Development has no certificate, and a browser would drop the cookie.
        return self._settings.environment == "production"

    def leave(self, to: str) -> Response:
        """Go to the provider; raises `Invalid` where `to` is not a page of ours, `SignInAbsent`."""
        if self._settings.oidc_authorization_url is None:
            raise SignInAbsent("no identity provider with pages is configured (OIDC_AUTHORIZATION_URL)")
        if not to.startswith("/") or to.startswith(("//", "/\\")):
            raise Invalid("must be a page of this service", field="to")
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._callback,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        response = RedirectResponse(
            f"{self._settings.oidc_authorization_url}?{urlencode(query)}", 302, NO_STORE
        )
        flow = {"state": state, "nonce": nonce, "verifier": verifier, "to": to}
        sealed = base64.urlsafe_b64encode(self._vault.seal(_PLACE, flow)).decode()
        response.set_cookie(
            _FLOW_COOKIE,
            sealed,
            max_age=_FLOW_S,
            httponly=True,
            samesite="lax",
            path="/signin",
            secure=self._secure,
        )
        return response

    def come_back(self, request: Request, code: str | None, state: str | None, error: str | None) -> Response:
        """Back from the provider: the session begins, and the page that was wanted follows.

        Raises `SignInRefused` where it is not the answer to our own question.
        """
        flow = self._flow(request)
        if state is None or not compare_digest(state.encode(), flow["state"].encode()):
            raise SignInRefused("this is not the answer to a question of ours", field="state")
        if error is not None or code is None:
            raise SignInRefused(f"the identity provider refused: {(error or 'no code')[:60]}", field="code")
        tokens = self._redeem(code, flow["verifier"])
        claims = self._verifier.claims(str(tokens.get("id_token")), self._settings.oidc_client_id)
        if not compare_digest(str(claims.get("nonce")).encode(), flow["nonce"].encode()):
            raise SignInRefused("this token answers another question", field="nonce")
        token = str(tokens.get("access_token"))
        self._verifier.caller(token)
        # Not a redirect: the strict cookie would not go with a request that another site began.
        to = html.escape(flow["to"], quote=True)
        response = HTMLResponse(_ONWARD.format(to=to), headers=NO_STORE)
        self.keep(response, token)
        response.delete_cookie(_FLOW_COOKIE, path="/signin")
        return response

    @property
    def _callback(self) -> str:
        return f"{self._settings.public_url}/signin/callback"

    def _flow(self, request: Request) -> dict[str, str]:
        try:
            sealed = base64.urlsafe_b64decode(request.cookies.get(_FLOW_COOKIE, ""))
            flow: dict[str, str] = self._vault.open(_PLACE, sealed)
        except (ValueError, Unreadable):
            raise SignInRefused("signing in took too long or began elsewhere: begin again") from None
        return flow

    def _redeem(self, code: str, verifier: str) -> dict[str, Any]:
        secret = self._settings.oidc_client_secret
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "client_id": self._settings.oidc_client_id,
            "code_verifier": verifier,
            **({"client_secret": secret.get_secret_value()} if secret else {}),
        }
        try:
            answer = httpx.post(str(self._settings.oidc_token_url), data=body, timeout=_PATIENCE_S)
        except httpx.HTTPError:
            raise Retryable("the identity provider does not answer; try again") from None
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Retryable("the identity provider has a problem; try again")
        if answer.status_code != httpx.codes.OK:
            raise SignInRefused("the identity provider does not know this code", field="code")
        tokens: dict[str, Any] = answer.json()
        return tokens


def add(app: FastAPI, settings: PagesSettings, vault: Vault) -> SignIn:
    """The endpoints that sign people in and out."""
    flow = SignIn(settings, vault, app.state.verifier)

    @app.get("/signin", tags=["sign-in"], status_code=302, response_class=RedirectResponse)
    def sign_in(request: Request, to: Annotated[str, Query(max_length=500)] = "/") -> Response:
        """Go to the identity provider, and from there to the page `to`."""
        flow.count(request)
        return flow.leave(to)

    @app.get("/signin/callback", tags=["sign-in"], response_class=HTMLResponse)
    def callback(
        request: Request,
        code: Annotated[str | None, Query(max_length=2000)] = None,
        state: Annotated[str | None, Query(max_length=200)] = None,
        error: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Response:
        """Where the identity provider sends people back to."""
        flow.count(request)
        return flow.come_back(request, code, state, error)

    @app.post("/signout", tags=["sign-in"], status_code=204)
    def sign_out(response: Response) -> None:
        """End the session here."""
        response.delete_cookie(SESSION_COOKIE, path="/")

    return flow
