"""Personal data at rest: AES-256-GCM per field, key versions, and the row as associated data."""

import base64
import hashlib
import hmac
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.errors import Permanent
from chassis.runtime.development import DEVELOPMENT_PREFIX

# Bytes, at the head of a sealed value: key version, then nonce.
VERSION, NONCE = 2, 12
# Versions are lower than this, so that a sealed value never begins as a JSON object does.
_VERSIONS_END = ord("{") << 8
_OPENS = ":opens"


class Unreadable(Permanent):
    """A sealed value that was changed, moved to another row, or sealed with a key that is gone."""


# How many different bytes a random key of 32 has at the least: one with fewer was made up.
_DIFFERENT = 16


def is_random(key: str) -> bool:
    """Say whether a key (base64url) is 32 bytes that nobody could guess."""
    raw = base64.urlsafe_b64decode(key.removesuffix(_OPENS).removeprefix(DEVELOPMENT_PREFIX))
    return len(raw) == 32 and len(set(raw)) >= _DIFFERENT


def are_random(keys: str) -> bool:
    """Say whether all keys of a vault are random like that, and no two of them the same."""
    each = [part.strip().partition(":")[2].removesuffix(_OPENS) for part in keys.split(",")]
    return all(map(is_random, each)) and len(set(each)) == len(each)


class Vault:
    """Seals JSON values. `keys`: "1:<base64url of 32 bytes>,2:..."; the highest version seals, all open.

    A key that ends in ":opens" only opens: a new one that processes must know before any of them seals with it.
    Raises ValueError where no key seals.
    """

    def __init__(self, keys: str) -> None:
        self._keys: dict[int, AESGCM] = {}
        sealing = dict[int, bytes]()
        for part in keys.split(","):
            number, _, key = part.strip().partition(":")
            version = int(number)
            # Keys of the development set-up carry its mark; production's settings refuse them.
            clear = key.removesuffix(_OPENS).removeprefix(DEVELOPMENT_PREFIX)
            if version in self._keys or not 0 < version < _VERSIONS_END:
                raise ValueError(f"key version {version}: one key each, from 1 to {_VERSIONS_END - 1}")
            raw = base64.urlsafe_b64decode(clear)
            self._keys[version] = AESGCM(raw)
            if not key.endswith(_OPENS):
                sealing[version] = raw
        if not sealing:
            raise ValueError("every key only opens: one must seal")
        self.current = max(sealing)
        self._naming = hmac.digest(sealing[self.current], b"pseudonyms", hashlib.sha256)

    @property
    def versions(self) -> list[int]:
        """The versions of all keys that open."""
        return sorted(self._keys)

    def seal(self, place: str, value: object) -> bytes:
        """Encrypt a JSON value for one place (table, row, column): it opens nowhere else."""
        return self.encrypt(place, json.dumps(value, separators=(",", ":")).encode())

    def open(self, place: str, sealed: bytes) -> Any:
        """Decrypt; raises `Unreadable` when value, place or key do not belong together."""
        return json.loads(self.decrypt(place, sealed))

    def reseal(self, place: str, sealed: bytes) -> bytes:
        """Seal the same value anew for the same place, by the key that seals now; raises `Unreadable`."""
        return self.encrypt(place, self.decrypt(place, sealed))

    def pseudonym(self, kind: str, value: str) -> str:
        """Give 32 letters, the same for a value until another key seals; nobody guesses it without the key."""
        return hmac.digest(self._naming, f"{kind}:{value}".encode(), hashlib.sha256).hex()[:32]

    def encrypt(self, place: str, clear: bytes) -> bytes:
        """Encrypt bytes as they are for one place, as `seal` does a JSON value."""
        nonce = os.urandom(NONCE)
        sealed = self._keys[self.current].encrypt(nonce, clear, place.encode())
        return self.current.to_bytes(VERSION, "big") + nonce + sealed

    def decrypt(self, place: str, sealed: bytes) -> bytes:
        """Decrypt to bytes as they were; raises `Unreadable`."""
        key = self._keys.get(version_of(sealed))
        if key is None:
            raise Unreadable("sealed with an unknown key version")
        try:
            return key.decrypt(sealed[VERSION : VERSION + NONCE], sealed[VERSION + NONCE :], place.encode())
        except InvalidTag:
            raise Unreadable("the sealed value does not belong here or was changed") from None


def version_of(sealed: bytes) -> int:
    """Read the version of the key that a value is sealed with."""
    return int.from_bytes(sealed[:VERSION], "big")


def is_sealed(value: bytes) -> bool:
    """Say whether a value is sealed, and no JSON object in clear."""
    return bool(value) and value[:1] != b"{"


def signing_key(secret: str) -> Ed25519PrivateKey:
    """Read the Ed25519 key of a secret; raises ValueError unless it is 32 bytes, base64url."""
    return Ed25519PrivateKey.from_private_bytes(
        base64.urlsafe_b64decode(secret.removeprefix(DEVELOPMENT_PREFIX))
    )


def public_key(secret: str) -> str:
    """Derive what verifies the signatures of such a secret: 32 bytes, base64url."""
    return base64.urlsafe_b64encode(signing_key(secret).public_key().public_bytes_raw()).decode()


def new_key() -> str:
    """Make a fresh key: 32 bytes, base64url."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()
