"""What a device signed: a compact JWS (RFC 7515) with Ed25519 (RFC 8037).

It travels letter for letter: each byte as one character, so that what was signed stays what was signed.
"""

import base64
import binascii
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signed:
    """A compact JWS in its parts; `signed`: what the signature is over."""

    signed: bytes
    signature: bytes
    header: Mapping[str, object] = field(default_factory=dict)
    payload: Mapping[str, object] = field(default_factory=dict)


def join(signed: bytes, signature: bytes) -> str:
    """Write a compact JWS as text."""
    return f"{signed.decode('latin-1')}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def split(text: str) -> Signed | None:
    """Take apart what `join` made; None for anything else."""
    signed, _, last = text.rpartition(".")
    header, _, payload = signed.partition(".")
    signature = _decoded(last)
    if not signature or not payload:
        return None
    return Signed(signed.encode("latin-1", "replace"), signature, _document(header), _document(payload))


@lru_cache(maxsize=100_000)
def key_of(public_key: str) -> Ed25519PublicKey | None:
    """Read an Ed25519 key from base64url; None, and a line in the log, when it cannot be read."""
    try:
        return Ed25519PublicKey.from_public_bytes(_padded(public_key))
    except ValueError:
        log.exception("a device's public key cannot be read")
        return None


def is_signed_by(key: Ed25519PublicKey, signed: bytes, signature: bytes) -> bool:
    """Say whether the holder of this key signed this."""
    try:
        key.verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _padded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _decoded(text: str) -> bytes:
    try:
        return _padded(text)
    except (binascii.Error, ValueError):
        return b""


def _document(part: str) -> Mapping[str, object]:
    try:
        found = json.loads(_decoded(part).decode(errors="replace"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
