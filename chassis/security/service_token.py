"""Who a service is when it calls another: a token of its own, by client credentials (RFC 6749, section 4.4).

A thread gets it and renews it, beside the work: whoever sends a request finds one at hand, and never waits for
the identity provider.
"""

import logging
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from math import isfinite
from random import uniform

import httpx

from chassis.runtime.settings import CallingSettings
from chassis.telemetry import metrics
from contracts.telemetry import SERVICE_TOKEN_USED

log = logging.getLogger(__name__)

_PATIENCE_S = 5.0
# Where the provider does not say how long a token lasts.
_LASTS_S = 300.0
# A token is renewed when this part of its life is over: as long again is left for a provider that is away.
_RENEW_AT = (0.45, 0.55)
# Seconds until the next try after one that failed; twice as long each time.
_RETRY_S, _RETRY_AT_MOST_S = 1.0, 30.0
# A token that is refused is renewed at once, but not more often than this.
_REST_S = 10.0
# Whoever has no token after this time has a problem.
_FIRST_S = 60.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A token, when it was got (monotonic) and how long it lasts in seconds."""

    token: str
    got_at: float
    lasts_s: float

    @property
    def used(self) -> float:
        return (time.monotonic() - self.got_at) / self.lasts_s


class ServiceToken(httpx.Auth):
    """Give it to a client as its `auth`. A token that cannot be renewed serves until its end, and beyond."""

    def __init__(self, settings: CallingSettings) -> None:
        self._settings = settings
        fixed = settings.service_token
        self._held = _Held(fixed.get_secret_value() if fixed else "", time.monotonic(), _FIRST_S)
        self._wanted, self._stopping = threading.Event(), False
        self._thread: threading.Thread | None = None

    @property
    def at_hand(self) -> bool:
        """Whether there is one, good or not."""
        return bool(self._held.token)

    def start(self) -> None:
        """Begin to get and renew it; waits for nothing. Nothing to do where a fixed one is all there is."""
        if self._settings.service_client_secret is None:
            return
        metrics.observe(SERVICE_TOKEN_USED, lambda: [(self._held.used, {})])
        self._thread = threading.Thread(target=self._keep_renewing, name="service token", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop renewing it."""
        self._stopping = True
        self._wanted.set()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put it on a request; one that is refused (401) is renewed before its time."""
        request.headers["authorization"] = f"Bearer {self._held.token}"
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._wanted.set()

    def _keep_renewing(self) -> None:
        failures = 0
        while not self._stopping:
            self._wanted.clear()
            try:
                self._held = self._asked()
            except Exception as error:  # noqa: BLE001 - whatever it is: the old one serves on
                wait_s = min(_RETRY_S * 2**failures, _RETRY_AT_MOST_S) * _between(0.5, 1.0)
                log.warning("the service's own token: %s, next try in %.1f s", _why(error), wait_s)
                failures += 1
                time.sleep(wait_s)
                continue
            if failures:
                log.warning("the service's own token is renewed again")
            failures = 0
            self._wait_for_the_next(self._held.lasts_s)

    def _wait_for_the_next(self, lasts_s: float) -> None:
        time.sleep(min(_REST_S, lasts_s * _RENEW_AT[0]))
        self._wanted.wait(lasts_s * _between(*_RENEW_AT) - (time.monotonic() - self._held.got_at))

    def _asked(self) -> _Held:
        settings, begun = self._settings, time.monotonic()
        secret = settings.service_client_secret
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.service_client_id or settings.service,
            "client_secret": secret.get_secret_value() if secret else "",
            **({"scope": settings.service_scope} if settings.service_scope else {}),
        }
        answer = httpx.post(str(settings.oidc_token_url), data=form, timeout=_PATIENCE_S)
        answer.raise_for_status()
        body = answer.json()
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token:
            raise ValueError("no access token in the answer")
        return _Held(token, begun, _seconds(body.get("expires_in")))


def _between(least: float, most: float) -> float:
    """Pick a time at random, so that processes that began together do not ask together."""
    return uniform(least, most)  # noqa: S311 - no secret


def _seconds(value: object) -> float:
    """Read how many seconds a token lasts: providers may leave it out, and some write it as a text."""
    try:
        lasts_s = float(value) if isinstance(value, str | int | float) else 0.0
    except ValueError:
        return _LASTS_S
    return lasts_s if isfinite(lasts_s) and lasts_s > 0 else _LASTS_S


def _why(error: Exception) -> str:
    """Name the error's kind, and what a provider answered: never a text that could hold the secret."""
    status = f" {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else ""
    return f"{type(error).__name__}{status}"
