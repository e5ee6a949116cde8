"""Signing in at the partner's identity provider, for pages: OpenID Connect, authorization code flow with PKCE.

RFC 6749 section 4.1, RFC 7636, OpenID Connect Core 1.0 section 3.1. The tokens become the session
(chassis/security/session.py): cookies that no script can read and that no other site's request carries.
"""

import base64
import hashlib
import html
import secrets
from hmac import compare_digest
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from chassis.errors import Conflict, Invalid, TooMany
from chassis.runtime.settings import PagesSettings
from chassis.security.auth import Verifier, cookie_name, refuse_other_sites
from chassis.security.oidc_client import Provider, SignInRefused
from chassis.security.session import Keeping, Sessions
from chassis.security.vault import Unreadable, Vault

# Between leaving for the provider and coming back: what belongs together, encrypted. Lax, for it must come back
# with the provider's redirect.
_FLOW_COOKIE = "stalkingalarm_signin"
_FLOW_S = 600
_ASSOCIATED_DATA = "signin"
_ONWARD = (
    '<!doctype html><meta charset="utf-8"><title>stalkingalarm</title>'
    '<meta http-equiv="refresh" content="0; url={to}"><a href="{to}">&rarr;</a>'
)


class SignInAbsent(Conflict):
    """This installation knows no identity provider with pages."""


class SignIn:
    """The flow of one service. Attempts are limited by address, so that nobody can guess or flood."""

    def __init__(self, settings: PagesSettings, vault: Vault, verifier: Verifier) -> None:
        self._settings, self._vault, self._verifier = settings, vault, verifier
        self._provider = Provider(settings)
        self.sessions = Sessions(settings, vault, verifier, self._provider)
        self._flow_cookie = cookie_name(settings, _FLOW_COOKIE)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(settings.signins_a_minute)

    def count(self, request: Request) -> None:
        """Count one more attempt from an address; raises `TooMany`."""
        if not self._limiter.hit(self._limit, request.client.host if request.client else ""):
            raise TooMany("too many attempts to sign in from this address; wait a minute")

    def leave(self, to: str) -> Response:
        """Go to the provider; raises `Invalid` where `to` is not a page of ours, `SignInAbsent`."""
        if self._settings.oidc_authorization_url is None:
            raise SignInAbsent("no identity provider with pages is configured (OIDC_AUTHORIZATION_URL)")
        if not _is_ours(to):
            raise Invalid("must be a page of this service", field="to")
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._callback,
            "scope": self._settings.oidc_scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        response = RedirectResponse(f"{self._settings.oidc_authorization_url}?{urlencode(query)}", 302)
        flow = {"state": state, "nonce": nonce, "verifier": verifier, "to": to}
        encrypted = base64.urlsafe_b64encode(self._vault.encrypt(_ASSOCIATED_DATA, flow)).decode()
        response.set_cookie(
            self._flow_cookie,
            encrypted,
            max_age=_FLOW_S,
            httponly=True,
            samesite="lax",
            path="/",
            secure=self._settings.production,
        )
        return response

    def come_back(self, request: Request, code: str | None, state: str | None, error: str | None) -> Response:
        """Begin the session of somebody back from the provider, and go on to the page that was wanted.

        Raises `SignInRefused` where it is not the answer to our own question.
        """
        flow = self._flow(request)
        if state is None or not compare_digest(state.encode(), flow["state"].encode()):
            raise SignInRefused("this is not the answer to a question of ours", field="state")
        if error is not None or code is None:
            raise SignInRefused(f"the identity provider refused: {(error or 'no code')[:60]}", field="code")
        tokens = self._provider.redeem(code, flow["verifier"], self._callback)
        claims = self._verifier.claims(str(tokens.get("id_token")), self._settings.oidc_client_id)
        if not compare_digest(str(claims.get("nonce")).encode(), flow["nonce"].encode()):
            raise SignInRefused("this token answers another question", field="nonce")
        # Not a redirect: the strict cookie would not go with a request that another site began.
        to = html.escape(flow["to"], quote=True)
        response = HTMLResponse(_ONWARD.format(to=to))
        self.sessions.begin(response, tokens)
        response.delete_cookie(self._flow_cookie, path="/", secure=self._settings.production, httponly=True)
        return response

    @property
    def _callback(self) -> str:
        return f"{self._settings.public_url}/signin/callback"

    def _flow(self, request: Request) -> dict[str, str]:
        try:
            encrypted = base64.urlsafe_b64decode(request.cookies.get(self._flow_cookie, ""))
            flow: dict[str, str] = self._vault.decrypt(_ASSOCIATED_DATA, encrypted)
        except (ValueError, Unreadable):
            raise SignInRefused("signing in took too long or began elsewhere: begin again") from None
        return flow


def _is_ours(to: str) -> bool:
    """Say whether it is a path of ours. Browsers drop tabs and line ends, and read a backslash as a slash."""
    return to.startswith("/") and not to.startswith("//") and to.isprintable() and "\\" not in to


def add(app: FastAPI, settings: PagesSettings, vault: Vault) -> SignIn:
    """Add the endpoints that sign people in and out."""
    flow = SignIn(settings, vault, app.state.verifier)
    app.state.sessions = flow.sessions
    app.add_middleware(Keeping, sessions=flow.sessions)

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
        """Sign in the person whom the identity provider sends back."""
        flow.count(request)
        return flow.come_back(request, code, state, error)

    @app.post("/signout", tags=["sign-in"], status_code=204)
    def sign_out(request: Request, response: Response) -> None:
        """End the session, here and at the identity provider."""
        refuse_other_sites(request)
        flow.sessions.end(request.cookies, response)

    return flow
