"""No request of a known caller without a line in the audit log: reads, writes, searches, refusals.

Where an endpoint says itself what was read or written of whom, that is the line. All others get one here, by
the name of the endpoint and the ids in its path: what changes something in the transaction that does it, the
rest before the answer leaves. Of reads the same line counts for a minute, so that a page that looks every few
seconds does not bury all else; ids and names of fields are written, never what somebody searched for.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.database.database import Database
from chassis.database.sql import Statement
from chassis.security import audit, audit_context
from chassis.security.audit_context import Act
from contracts.audit import Action

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Callable[..., object])

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED = frozenset({403, 404, 409})
# Lines remembered, and for how long (seconds) a read that is repeated needs no other.
_REMEMBERED, _READ_S = 50_000, 60.0
# What may stand in the log as it came: an id. Anything else could be a name.
_ID = re.compile(r"[A-Za-z0-9._:-]{1,80}")
_KINDS = {"control_room_id": "control_room"}


def unlogged(endpoint: E) -> E:
    """Mark an endpoint that shows nothing of anybody: reading it needs no line."""
    endpoint.unlogged = True  # type: ignore[attr-defined]
    return endpoint


class Trail:
    """The layer around an application."""

    def __init__(self, app: ASGIApp, database: Callable[[], Database]) -> None:
        self._app, self._database = app, database
        self._seen: dict[tuple[object, ...], tuple[object, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        act = Act(scope, self._written, changes=scope["method"] not in _SAFE)
        token = audit_context.CURRENT.set(act)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and act.caller is not None:
                await self._note(act, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            audit_context.CURRENT.reset(token)

    async def _note(self, act: Act, status: int) -> None:
        """Write the line before the answer leaves, so that nobody has an answer without one."""
        line = None
        if status in _REFUSED:
            line = self._line(act, "refused", None if act.changes else _READ_S)
        elif status < 400 and act.changes:
            line = act.line()
        elif status < 400 and not act.noted and not getattr(_endpoint(act), "unlogged", False):
            line = self._line(act, "read", _READ_S)
        if line is not None:
            act.noted = True
            await asyncio.to_thread(self._write, line)

    def _write(self, line: Statement) -> None:
        try:
            with self._database().transaction() as tx:
                tx.write(line)
        except SQLAlchemyError as error:
            # What was asked is answered all the same: it may be urgent.
            log.warning("audit: a line was lost: %s", type(error).__name__)

    def _written(self, act: Act) -> Statement | None:
        return self._line(act, "write", act.every_s)

    def _line(self, act: Act, action: Action, every_s: float | None) -> Statement | None:
        assert act.caller is not None  # noqa: S101 - nobody is noted before they are known
        why = str(getattr(act.scope.get("route"), "name", "")).replace("_", " ")
        fields = sorted(_searched(act.scope.get("query_string", b""))) if action != "write" else []
        wanted = [
            about
            for about, state in _about(act).items()
            if every_s is None or self._is_news((act.caller, action, why, about, *fields), state, every_s)
        ]
        return audit.entries_about(act.caller, action, why, wanted, fields) if wanted else None

    def _is_news(self, line: tuple[object, ...], state: object, every_s: float) -> bool:
        now = time.monotonic()
        before, at = self._seen.get(line, (None, -every_s))
        if before == state and now - at < every_s:
            return False
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[line] = (state, now)
        return True


def _endpoint(act: Act) -> object:
    return getattr(act.scope.get("route"), "endpoint", None)


def _about(act: Act) -> dict[str, object]:
    """Name what the act is about: what the use case named, and ids in the path; else the path as documented."""
    found: dict[str, object] = {}
    for name, value in ({} if act.own else act.scope.get("path_params", {})).items():
        kind = _KINDS.get(name, name.removesuffix("_id"))
        found[f"{kind}:{value if _ID.fullmatch(str(value)) else '?'}"] = None
    found.update(act.about)
    return found or {f"path:{getattr(act.scope.get('route'), 'path', '?')}": None}


def _searched(query: bytes) -> set[str]:
    """Name what was searched by."""
    parts = query.decode("latin-1").split("&")
    return {name for name in (each.partition("=")[0] for each in parts) if _ID.fullmatch(name)}
