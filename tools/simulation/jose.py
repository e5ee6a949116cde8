"""What the phone signs: compact JWS (EdDSA), the same bytes whichever way they travel."""

import base64
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64url(raw: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(key: Ed25519PrivateKey, device_id: str, payload: Mapping[str, object], typ: str | None = None) -> str:
    """Sign a compact JWS; `kid` says whose key proves it, `typ` what it is (None: as old clients do)."""
    header = {"alg": "EdDSA", "kid": device_id} | ({"typ": typ} if typ else {})
    parts = (header, payload)
    signed = ".".join(b64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{signed}.{b64url(key.sign(signed.encode()))}"


def public_key(key: Ed25519PrivateKey) -> str:
    """Encode the public half as the registry takes it: 32 bytes, base64url."""
    return b64url(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
