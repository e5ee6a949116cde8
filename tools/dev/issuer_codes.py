"""Stands in for the sign-in page of an identity provider: anyone chooses who they are (RFC 6749, RFC 7636)."""

import base64
import hashlib
import html
import secrets
import time
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from tools.dev.issuer import PAGES_CLIENT, PEOPLE, TOKEN_SECONDS, identify, mint
from tools.runtime.native.layout import SERVICES, Layout

_CODE_S, _REFRESH_S = 60, 86_400
# What comes with the question and goes on with the answer.
_KEPT = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Development sign-in</title><style>
body {{ font: 1.1rem system-ui, sans-serif; margin: 2rem auto; max-width: 34rem; color: #111 }}
button {{ display: block; width: 100%; margin: .4rem 0; padding: .7rem 1rem; font: inherit; text-align: left }}
p {{ color: #444 }}
</style></head><body><h1>Who are you?</h1>
<p>This sign-in belongs to the development set-up: it believes everybody. In production people sign in
with the identity provider of their own organisation.</p>
<form method="post" action="/authorize">{fields}{people}</form></body></html>"""


@dataclass(frozen=True, slots=True)
class _Code:
    person: str
    redirect_uri: str
    nonce: str
    challenge: str
    until: float


def refused(error: str, description: str, status: int = 400) -> JSONResponse:
    """Answer with an error of RFC 6749 section 5.2."""
    body = {"error": error, "error_description": description}
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})


class Codes:
    """Authorization codes and refresh tokens that were given out: each is good once, for a minute or a day."""

    def __init__(self, layout: Layout, seconds: int = TOKEN_SECONDS) -> None:
        self._layout, self._seconds = layout, seconds
        self._codes: dict[str, _Code] = {}
        # Refresh token -> whose, and until when (monotonic).
        self._refreshing: dict[str, tuple[str, float]] = {}

    def add(self, app: FastAPI) -> None:
        """Add the two halves of the sign-in page."""

        @app.get("/authorize", response_model=None)
        def ask(request: Request) -> Response:
            """Ask who wants to sign in."""
            given = dict(request.query_params)
            if problem := self._problem(given):
                return problem
            fields = "".join(
                f'<input type="hidden" name="{name}" value="{html.escape(given.get(name, ""), quote=True)}">'
                for name in _KEPT
            )
            people = "".join(
                f'<button name="person" value="{key}">{html.escape(label)}</button>'
                for key, (label, _, _) in PEOPLE.items()
            )
            return HTMLResponse(_PAGE.format(fields=fields, people=people))

        @app.post("/authorize", response_model=None)
        async def answer(request: Request) -> Response:
            """Send the person back to the page that asked, with a code."""
            given = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            if problem := self._problem(given | {"response_type": "code", "code_challenge_method": "S256"}):
                return problem
            if given.get("person") not in PEOPLE:
                return refused("invalid_request", "person: not known")
            code = secrets.token_urlsafe(24)
            self._codes[code] = _Code(
                given["person"],
                given["redirect_uri"],
                given.get("nonce", ""),
                given["code_challenge"],
                time.monotonic() + _CODE_S,
            )
            back = urlencode({"code": code, "state": given.get("state", "")})
            return RedirectResponse(f"{given['redirect_uri']}?{back}", 303)

    def _problem(self, given: dict[str, str]) -> Response | None:
        """Say why there is no going back with this question; never goes to an address that is not ours."""
        ours = {f"http://127.0.0.1:{self._layout.ports[name]}/signin/callback" for name in SERVICES}
        wanted = {"client_id": PAGES_CLIENT, "response_type": "code", "code_challenge_method": "S256"}
        for name, value in wanted.items():
            if given.get(name) != value:
                return refused("invalid_request", f"{name}: must be {value}")
        if given.get("redirect_uri") not in ours:
            return refused("invalid_request", "redirect_uri: not known")
        return None if given.get("code_challenge") else refused("invalid_request", "code_challenge: missing")

    def redeem(self, form: dict[str, str]) -> dict[str, object] | JSONResponse:
        """Exchange a code for tokens, once, for whoever asked for it."""
        code = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            code is None
            or code.until < time.monotonic()
            or form.get("redirect_uri") != code.redirect_uri
            or form.get("client_id") != PAGES_CLIENT
            or not compare_digest(proof.encode(), code.challenge.encode())
        ):
            return refused("invalid_grant", "code: not known, not of this client, or used before")
        nonce = {"id_token": identify(code.person, code.nonce, layout=self._layout)}
        return self._tokens(code.person) | nonce

    def refresh(self, form: dict[str, str]) -> dict[str, object] | JSONResponse:
        """Exchange a refresh token for new tokens, once (RFC 6749 section 6)."""
        person, until = self._refreshing.pop(form.get("refresh_token", ""), ("", 0.0))
        if until < time.monotonic() or form.get("client_id") != PAGES_CLIENT:
            return refused("invalid_grant", "refresh_token: not known, not of this client, or used before")
        return self._tokens(person)

    def revoke(self, form: dict[str, str]) -> None:
        """Revoke a refresh token (RFC 7009), which is worth nothing any more; an unknown one is no error."""
        if form.get("client_id") == PAGES_CLIENT:
            self._refreshing.pop(form.get("token", ""), None)

    def _tokens(self, person: str) -> dict[str, object]:
        _, roles, claims = PEOPLE[person]
        refresh = secrets.token_urlsafe(24)
        self._refreshing[refresh] = (person, time.monotonic() + _REFRESH_S)
        access = mint(person, roles, layout=self._layout, seconds=self._seconds, **claims)
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self._seconds,
            "refresh_token": refresh,
        }
