"""Personal data at rest: AES-256-GCM per field, key versions, and the row as associated data."""

import base64
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.development import DEVELOPMENT_PREFIX
from chassis.errors import Permanent

_NONCE = 12


class Unreadable(Permanent):
    """A sealed value that was changed, moved to another row, or sealed with a key that is gone."""


class Vault:
    """Seals JSON values. `keys`: "1:<base64url of 32 bytes>,2:..."; the highest version seals, all open."""

    def __init__(self, keys: str) -> None:
        parsed = dict(part.split(":", 1) for part in keys.split(","))
        self._keys = {
            # Keys of the development set-up carry its mark; production's settings refuse them.
            int(version): AESGCM(base64.urlsafe_b64decode(key.removeprefix(DEVELOPMENT_PREFIX)))
            for version, key in parsed.items()
        }
        self._current = max(self._keys)

    def seal(self, place: str, value: Any) -> bytes:
        """Encrypt a JSON value for one place (table, row, column): it opens nowhere else."""
        nonce = os.urandom(_NONCE)
        clear = json.dumps(value, separators=(",", ":")).encode()
        sealed = self._keys[self._current].encrypt(nonce, clear, place.encode())
        return self._current.to_bytes(2, "big") + nonce + sealed

    def open(self, place: str, sealed: bytes) -> Any:
        """Decrypt; raises `Unreadable` when value, place or key do not belong together."""
        key = self._keys.get(int.from_bytes(sealed[:2], "big"))
        if key is None:
            raise Unreadable("sealed with an unknown key version")
        try:
            clear = key.decrypt(sealed[2 : 2 + _NONCE], sealed[2 + _NONCE :], place.encode())
        except InvalidTag:
            raise Unreadable("the sealed value does not belong here or was changed") from None
        return json.loads(clear)


def signing_key(secret: str) -> Ed25519PrivateKey:
    """The Ed25519 key of a secret; raises ValueError unless it is 32 bytes, base64url."""
    return Ed25519PrivateKey.from_private_bytes(
        base64.urlsafe_b64decode(secret.removeprefix(DEVELOPMENT_PREFIX))
    )


def public_key(secret: str) -> str:
    """What verifies the signatures of such a secret: 32 bytes, base64url."""
    return base64.urlsafe_b64encode(signing_key(secret).public_key().public_bytes_raw()).decode()


def new_key() -> str:
    """A fresh key: 32 bytes, base64url."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()
