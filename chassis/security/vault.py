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

# Bytes, at the head of an encrypted value: key version, then nonce.
VERSION, NONCE = 2, 12
# Versions are lower than this, so that an encrypted value never begins as a JSON object does.
_VERSIONS_END = ord("{") << 8
_OPENS = ":opens"


class Unreadable(Permanent):
    """An encrypted value that was changed, moved to another row, or encrypted with a key that is gone."""


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
    """Encrypts JSON values. `keys`: "1:<base64url of 32 bytes>,2:..."; the highest encrypts, all decrypt.

    A key that ends in ":opens" only decrypts: a new one that processes must know before any of them encrypts
    with it. Raises ValueError where no key encrypts.
    """

    def __init__(self, keys: str) -> None:
        self._keys: dict[int, AESGCM] = {}
        encrypting = dict[int, bytes]()
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
                encrypting[version] = raw
        if not encrypting:
            raise ValueError("every key only decrypts: one must encrypt")
        self.current = max(encrypting)
        self._naming = hmac.digest(encrypting[self.current], b"pseudonyms", hashlib.sha256)

    @property
    def versions(self) -> list[int]:
        """The versions of all keys that open."""
        return sorted(self._keys)

    def encrypt(self, associated_data: str, value: object) -> bytes:
        """Encrypt a JSON value bound to its associated data (table, row, column): it decrypts with no other."""
        return self.encrypt_bytes(associated_data, json.dumps(value, separators=(",", ":")).encode())

    def decrypt(self, associated_data: str, encrypted: bytes) -> Any:
        """Decrypt; raises `Unreadable` when value, associated data or key do not belong together."""
        return json.loads(self.decrypt_bytes(associated_data, encrypted))

    def re_encrypt(self, associated_data: str, encrypted: bytes) -> bytes:
        """Re-encrypt a value under the newest key, with the same associated data; raises `Unreadable`."""
        return self.encrypt_bytes(associated_data, self.decrypt_bytes(associated_data, encrypted))

    def pseudonym(self, kind: str, value: str) -> str:
        """Give 32 letters, the same for a value until another key encrypts; nobody guesses them without it."""
        return hmac.digest(self._naming, f"{kind}:{value}".encode(), hashlib.sha256).hex()[:32]

    def encrypt_bytes(self, associated_data: str, clear: bytes) -> bytes:
        """Encrypt bytes as they are, as `encrypt` does a JSON value."""
        nonce = os.urandom(NONCE)
        encrypted = self._keys[self.current].encrypt(nonce, clear, associated_data.encode())
        return self.current.to_bytes(VERSION, "big") + nonce + encrypted

    def decrypt_bytes(self, associated_data: str, encrypted: bytes) -> bytes:
        """Decrypt to bytes as they were; raises `Unreadable`."""
        key = self._keys.get(version_of(encrypted))
        if key is None:
            raise Unreadable("encrypted with an unknown key version")
        try:
            return key.decrypt(
                encrypted[VERSION : VERSION + NONCE], encrypted[VERSION + NONCE :], associated_data.encode()
            )
        except InvalidTag:
            raise Unreadable("the encrypted value does not belong here or was changed") from None


def version_of(encrypted: bytes) -> int:
    """Read the version of the key that a value is encrypted with."""
    return int.from_bytes(encrypted[:VERSION], "big")


def is_encrypted(value: bytes) -> bool:
    """Say whether a value is encrypted, and no JSON object in clear."""
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
