"""The public keys of the identity provider (RFC 7517): known ones serve while it is away, hangs or rotates."""

import logging
import threading
import time

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet, OctKey

log = logging.getLogger(__name__)

# Seconds after which the keys are read again, beside the requests.
_MAX_AGE_S = 300.0
# A flood of unknown tokens must neither flood the provider nor wait for it: after a failure nobody asks again
# for twice as long as it took.
_REST_S = 1.0
_TIMEOUT_S = 2.0


class IssuerKeys:
    """Whoever bears a token of a known key never waits for the provider."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: KeySet | None = None
        self._read_at = self._rest_until = -_MAX_AGE_S
        self._one_asks = threading.Lock()

    def known(self) -> KeySet:
        """Give the keys as last read; raises `httpx.HTTPError`, `ValueError` while they never were."""
        if self._keys is None:
            self._ask()
        elif time.monotonic() - self._read_at > _MAX_AGE_S and self._may_ask():
            threading.Thread(target=self.read_again, daemon=True).start()
        if self._keys is None:
            raise httpx.HTTPError("the identity provider's keys were never read")
        return self._keys

    def read_again(self) -> bool:
        """Read the keys again for one that nobody knows; returns whether they were read just now."""
        try:
            return self._ask()
        except (httpx.HTTPError, JoseError, ValueError) as error:
            log.warning("the identity provider's keys were not read: %s", type(error).__name__)
            return False

    def _may_ask(self) -> bool:
        return time.monotonic() >= self._rest_until and not self._one_asks.locked()

    def _ask(self) -> bool:
        came = time.monotonic()
        with self._one_asks:
            begun = time.monotonic()
            if self._read_at > came:
                return True  # by somebody else, while this one waited
            if begun < self._rest_until:
                return False
            try:
                self._keys = self._fetched()
            except Exception:
                ended = time.monotonic()
                self._rest_until = ended + 2 * (ended - begun)
                raise
            self._read_at = time.monotonic()
            self._rest_until = self._read_at + _REST_S
            return True

    def _fetched(self) -> KeySet:
        answer = httpx.get(self._url, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        body = answer.json()
        if not isinstance(body, dict) or "keys" not in body:
            raise ValueError("this is no key set")
        keys = [key for each in body["keys"] if (key := _usable(each)) is not None]
        if not keys:
            raise ValueError("this key set has no key that a signature could be checked with")
        return KeySet(keys)


def _usable(published: str | dict[str, str | list[str]]) -> Key | None:
    """Import a key of the set; None for one that is broken, of a kind unknown here, or not for signatures.

    Providers publish new kinds beside the old (RFC 7517, section 5): one that nobody here can read refuses
    itself, and nobody whose token is signed with another.
    """
    try:
        key = JWKRegistry.import_key(published)
        key.check_use("sig")
        if isinstance(key, OctKey):
            raise TypeError("a shared secret is no public key")
        key.get_op_key("verify")
    except Exception as error:  # noqa: BLE001 - libraries trip over a strange key in many ways
        name = published.get("kid") if isinstance(published, dict) else None
        log.warning("key %r of the identity provider is passed over: %s", name, type(error).__name__)
        return None
    return key
