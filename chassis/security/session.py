"""The session of a person at a page: it lasts while they work, no longer than a shift, and not once they left.

The access token is one cookie; another, encrypted, says whose it is, since when, when they were last here, and
how new tokens are had (RFC 6749 section 6). Nothing is kept here that a second process would need: what is
remembered only spares the provider the same question twice.
"""

import asyncio
import base64
import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from fastapi import Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import ServiceError, Unauthenticated
from chassis.runtime import clock
from chassis.runtime.settings import PagesSettings
from chassis.security.auth import SESSION_COOKIE, SESSION_KEY, Verifier, cookie_name, expiry_of
from chassis.security.oidc_client import Provider, SignInRefused
from chassis.security.signouts import SignOuts, key_of
from chassis.security.vault import Unreadable, Vault

log = logging.getLogger(__name__)

_ASSOCIATED_DATA = "session"
# That somebody is here is written down once in this part of the time that they may be idle.
_SEEN_PART = 20
# A request whose token still holds waits this long for a new one; whose token is over, as long as it takes.
_WAIT_S = 0.5
# After a failure the provider is left alone for a while; its answers are there for whoever asks the same again.
_REST_S, _REMEMBERED_S = 10.0, 300.0


@dataclass(frozen=True, slots=True)
class Session:
    """Moments are seconds of the clock. `token`: the digest of the access token that this belongs to."""

    subject: str
    token: str
    refresh: str | None
    begun: float
    seen: float
    issued: float
    until: float

    @property
    def stale(self) -> float:
        """When a new token is first asked for: early enough to bear a provider that is away for a while."""
        return self.issued + (self.until - self.issued) / 2

    @property
    def key(self) -> str:
        """The key by which a sign-out knows it, whichever token it has by then."""
        return key_of(self.subject, self.begun)


class Sessions:
    """Begins, keeps and ends the sessions of one service."""

    def __init__(self, settings: PagesSettings, vault: Vault, verifier: Verifier, provider: Provider) -> None:
        self._settings, self._vault = settings, vault
        self._verifier, self._provider = verifier, provider
        # Services on one host share its cookies; in development there are five.
        self.name = cookie_name(settings, f"stalkingalarm_renewal_{settings.service}")
        self.token_name = cookie_name(settings, SESSION_COOKIE)
        # Told of each sign-out, where something is open for longer than a request.
        self.signed_out: SignOuts | None = None
        self._asked: dict[str, tuple[asyncio.Task[tuple[Session, str]], float]] = {}
        self._rest_until = 0.0

    def begin(self, response: Response, tokens: Mapping[str, object]) -> None:
        """Begin the session of somebody who signed in with these tokens; raises `Unauthenticated`."""
        at = clock.now().timestamp()
        session, token = self._of(tokens, begun=at, seen=at)
        for cookie in self.cookies(session, token):
            response.headers.append("set-cookie", cookie)

    def bear(self, response: Response, token: str) -> None:
        """Let a token alone be the session: it ends when the token does."""
        response.headers.append("set-cookie", self._cookie(self.token_name, token))
        response.headers.append("set-cookie", self._cookie(self.name, None))

    def end(self, cookies: dict[str, str], response: Response) -> None:
        """End the session, here and at the provider."""
        session = self.opened(cookies)
        self._tell(session, cookies.get(self.token_name, ""))
        if session is not None and session.refresh is not None:
            self._provider.revoke(session.refresh)
            # An older cookie of this session must find no newer token here.
            self._asked = {key: each for key, each in self._asked.items() if not _led_to(each[0], session)}
        for cookie in self.gone():
            response.headers.append("set-cookie", cookie)

    def _tell(self, session: Session | None, token: str) -> None:
        """Tell every process, so that streams end; with neither a session nor a token of ours, tell nothing."""
        if self.signed_out is None or not token:
            return
        at = clock.now()
        keys, until = [key_of(token)], at + self._settings.session_lasts
        try:
            if session is None:
                exp = self._verifier.caller(token).exp or 0.0
                until = min(datetime.fromtimestamp(exp, UTC), at + timedelta(days=1))
            else:
                keys.append(session.key)
            self.signed_out.end(keys, until)
        except Unauthenticated:
            return
        except SQLAlchemyError as error:
            log.warning("a sign-out was not told to all: %s", type(error).__name__)

    def cookies(self, session: Session, token: str) -> list[str]:
        """Write the cookies that the browser keeps."""
        encrypted = base64.urlsafe_b64encode(self._vault.encrypt(_ASSOCIATED_DATA, asdict(session))).decode()
        return [self._cookie(self.token_name, token), self._cookie(self.name, encrypted)]

    def gone(self) -> list[str]:
        """Write the cookies that take the session from the browser."""
        return [self._cookie(self.token_name, None), self._cookie(self.name, None)]

    def opened(self, cookies: dict[str, str]) -> Session | None:
        """Open the session of a request; None where there is none that belongs to its token."""
        try:
            encrypted = base64.urlsafe_b64decode(cookies.get(self.name, ""))
            session = Session(**self._vault.decrypt(_ASSOCIATED_DATA, encrypted))
        except (ValueError, TypeError, Unreadable):
            return None
        return session if session.token == _digest(cookies.get(self.token_name, "")) else None

    async def kept(self, session: Session, token: str) -> tuple[Session, str] | None:
        """Keep the session of somebody here now, with a newer token where it is time; None: it is over."""
        at = clock.now().timestamp()
        idle, lasts = (self._settings.session_idle, self._settings.session_lasts)
        if at - session.seen > idle.total_seconds() or at - session.begun > lasts.total_seconds():
            return None
        if session.refresh is not None and at >= session.stale:
            session, token = await self._renewed(session, token, over=at >= session.until)
        noted = at - session.seen < idle.total_seconds() / _SEEN_PART
        return (session if noted else replace(session, seen=at)), token

    async def _renewed(self, session: Session, token: str, *, over: bool) -> tuple[Session, str]:
        """Renew the token; where no new one is to be had, the old one stays until its own end."""
        key, now = _digest(str(session.refresh)), time.monotonic()
        for each in [each for each, (_, at) in self._asked.items() if now - at > _REMEMBERED_S]:
            del self._asked[each]
        if key not in self._asked:
            if now < self._rest_until and not over:
                return session, token
            self._asked[key] = (asyncio.create_task(asyncio.to_thread(self._refreshed, session)), now)
        task, _ = self._asked[key]
        # Whoever else asks waits for the same answer; a hurry of one cancels nothing for the others.
        await asyncio.wait({task}, timeout=None if over else _WAIT_S)
        if not task.done():
            return session, token
        if task.exception() is None:
            return task.result()
        if self._asked.get(key, (None,))[0] is task:
            del self._asked[key]
            self._rest_until = time.monotonic() + _REST_S
        return session, token

    def _refreshed(self, session: Session) -> tuple[Session, str]:
        try:
            tokens = self._provider.refresh(str(session.refresh))
            renewed, token = self._of(
                {"refresh_token": session.refresh, **tokens}, begun=session.begun, seen=session.seen
            )
        except ServiceError as error:
            log.warning("a session was not renewed: %s", type(error).__name__)
            raise
        if renewed.subject != session.subject:
            raise SignInRefused("the new token is somebody else's", field="sub")
        return renewed, token

    def _of(self, tokens: Mapping[str, object], *, begun: float, seen: float) -> tuple[Session, str]:
        token = str(tokens.get("access_token"))
        claims = self._verifier.claims(token, self._settings.oidc_audience)
        refresh = tokens.get("refresh_token")
        session = Session(
            subject=str(claims["sub"]),
            token=_digest(token),
            refresh=str(refresh) if refresh else None,
            begun=begun,
            seen=seen,
            issued=clock.now().timestamp(),
            until=expiry_of(claims),
        )
        return session, token

    def _cookie(self, name: str, value: str | None) -> str:
        secure = "; Secure" if self._settings.production else ""
        ends = "; Max-Age=0" if value is None else ""
        return f"{name}={value or ''}; HttpOnly; Path=/; SameSite=strict{secure}{ends}"


class Keeping:
    """The layer that keeps sessions: before a request it sees to the token, after it to the cookies."""

    # They make and end sessions themselves.
    _LEFT_ALONE = frozenset({"/signin", "/signin/callback", "/signout"})

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app, self._sessions = app, sessions
        self._mark = self._sessions.name.encode() + b"="

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; those that bear a token of their own, or no session, pass untouched."""
        cookies = self._cookies_of(scope)
        session = self._sessions.opened(cookies) if cookies else None
        if session is None:
            await self._app(scope, receive, send)
            return
        token = cookies[self._sessions.token_name]
        scope[SESSION_KEY] = session.key
        kept = await self._sessions.kept(session, token)
        if kept is None:
            news = self._sessions.gone()
            cookies.pop(self._sessions.token_name)
        else:
            news = self._sessions.cookies(*kept) if kept != (session, token) else []
            cookies[self._sessions.token_name] = kept[1]
        # In place: the layers outside read in this scope which endpoint it came to.
        scope["headers"] = _with(scope["headers"], cookies)

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = list(message.get("headers", ()))
                if not any(name == b"set-cookie" and SESSION_COOKIE.encode() in value for name, value in found):
                    found += [(b"set-cookie", each.encode()) for each in news]
                message["headers"] = found
            await send(message)

        await self._app(scope, receive, telling)

    def _cookies_of(self, scope: Scope) -> dict[str, str]:
        if scope["type"] != "http" or scope["path"] in self._LEFT_ALONE:
            return {}
        named = {name for name, _ in scope["headers"]}
        if b"cookie" not in named or b"authorization" in named:
            return {}
        sent = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        if self._mark not in sent:
            return {}
        return Request(scope).cookies


def _with(headers: list[tuple[bytes, bytes]], cookies: dict[str, str]) -> list[tuple[bytes, bytes]]:
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode("latin-1")
    return [*((name, value) for name, value in headers if name != b"cookie"), (b"cookie", sent)]


def _led_to(asked: asyncio.Task[tuple[Session, str]], session: Session) -> bool:
    """Say whether a question for a new token was asked for this session."""
    if not asked.done() or asked.cancelled() or asked.exception() is not None:
        return False
    found, _ = asked.result()
    return (found.subject, found.begun) == (session.subject, session.begun)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
