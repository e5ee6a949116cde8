"""Where the system is and how simulated people show who they are."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import cache
from types import TracebackType
from typing import Any, Self

import httpx

from tools.dev import issuer
from tools.runtime.native.layout import Layout
from tools.runtime.native.running import Place
from tools.simulation import spans

# Tokens are used again for this long; they are valid longer than a service's clock may be wrong.
_BUSY_S = 0.5
_TOKEN_AGE_S, _TOKEN_LIFE_S = 1800, 4 * 3600


class World:
    """One running system seen from outside: HTTP only, with a token for each part that somebody plays."""

    def __init__(self, system: Place, patience_s: float = 0.0) -> None:
        """`patience_s`: how long a system that is busy for a moment (503) is asked again."""
        self.system, self._patience_s = system, patience_s
        self.http = httpx.AsyncClient(
            timeout=httpx.Timeout(15.0, connect=5.0),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
            trust_env=False,
        )
        spans.export_to(system.url("collector"))

    async def __aenter__(self) -> Self:
        """Give the world itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close connections, and send the spans that wait."""
        await self.http.aclose()
        spans.flush()

    def url(self, service: str) -> str:
        """Give the base URL of a service."""
        return self.system.url(service)

    def bearer(self, *roles: str, **claims: str) -> dict[str, str]:
        """Make the header for somebody with roles and claims (`cic`, `zone`, `unit`, `partner`, `district`).

        `sub`: a certain account; without it, one that its roles and places name.
        """
        token = _token(self.system.layout, roles, tuple(claims.items()), int(time.time() / _TOKEN_AGE_S))
        return {"authorization": f"Bearer {token}"}

    async def call(
        self, method: str, service: str, path: str, headers: dict[str, str], json: object = None
    ) -> Any:
        """Make one request and give its JSON. Raises `Refused` with the problem's own words."""
        until_s = asyncio.get_running_loop().time() + self._patience_s
        while True:
            answer = await self.http.request(method, f"{self.url(service)}{path}", headers=headers, json=json)
            busy = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            if not busy or asyncio.get_running_loop().time() >= until_s:
                break
            await asyncio.sleep(_BUSY_S)
        if not answer.is_success:
            raise Refused(method, path, answer)
        return answer.json() if answer.content else None


async def until(true: Callable[[], Awaitable[bool]], seconds: float, look_s: float = 0.05) -> None:
    """Wait for something of the system that tells nobody; raises TimeoutError that says for what."""
    try:
        async with asyncio.timeout(seconds):
            while not await true():  # noqa: ASYNC110 - what is waited for is in other processes
                await asyncio.sleep(look_s)
    except TimeoutError:
        awaited = getattr(true, "__qualname__", repr(true)).replace(".<locals>.", ", ")
        raise TimeoutError(f"waited {seconds:g} s in vain for: {awaited}") from None


class Refused(RuntimeError):
    """The system refused what a simulated person asked."""

    def __init__(self, method: str, path: str, answer: httpx.Response) -> None:
        super().__init__(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        self.status = answer.status_code
        is_problem = "json" in answer.headers.get("content-type", "")
        self.problem: dict[str, Any] = answer.json() if is_problem else {}


@cache
def _token(layout: Layout, roles: tuple[str, ...], claims: tuple[tuple[str, str], ...], _: int) -> str:
    given = dict(claims)
    partner = given.pop("partner", "police")
    named = "-".join((*roles, *(value for name, value in given.items() if name not in ("district", "sub"))))
    subject = given.pop("sub", named)
    return issuer.mint(subject, roles, partner, layout=layout, seconds=_TOKEN_LIFE_S, **given)
