"""The audit log of a service: one form of entry, one way to chain it, one way to sign where it stands.

Of police and prosecutor: art. 56 of the law of 30 July 2018 (collection, change, consultation, disclosure,
combination and erasure are logged with reason, time and person). An entry names fields, never what is in them.
"""

import base64
import hashlib
import json
from typing import Literal
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.envelope import Payload

# `refused`: somebody wanted to read or write what is not theirs.
Action = Literal["read", "write", "disclose", "break_glass", "refused"]


class AuditEntry(BaseModel):
    """Who read or wrote which fields about whom, when (UTC) and for what.

    `about`: a pseudonymous id with its kind, as `enrolment:<uuid>`. `claims`: partner, zone,
    control room, unit. `position`: place in the chain, from 1. `hash`: SHA-256, hexadecimal.
    """

    model_config = ConfigDict(frozen=True)

    position: int
    id: UUID
    at: AwareDatetime
    subject: str
    roles: tuple[str, ...]
    claims: dict[str, str]
    purpose: str
    action: Action
    about: str
    fields: tuple[str, ...]
    hash: str


class AuditSealed(Payload):
    """Where the audit log of a service stands, signed; reporting is the witness, and the registry reporting's.

    `hash`: of the entry at `position`; `signature`: Ed25519 over `signed_text`, base64.
    """

    TYPE = "audit.sealed.v1"

    service: str
    position: int
    hash: str
    sealed_at: AwareDatetime
    signature: str

    @property
    def subject(self) -> str:
        """The service."""
        return self.service


def sealed_for(service: str) -> type[AuditSealed]:
    """The `audit.sealed.v1` event on the exchange of `service`."""
    return type("AuditSealed", (AuditSealed,), {"EXCHANGE": f"{service}.events"})


def genesis(service: str) -> str:
    """What the first entry of a service is chained to."""
    return hashlib.sha256(f"stalkingalarm audit log of {service}".encode()).hexdigest()


def chained(previous: str, entry: AuditEntry) -> str:
    """The hash of an entry that follows `previous` (hexadecimal); its own `hash` does not count."""
    text = json.dumps(entry.model_dump(mode="json", exclude={"hash"}), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def signed_text(service: str, position: int, digest: str, sealed_at: str) -> bytes:
    """What is signed; `sealed_at` in ISO 8601."""
    return f"stalkingalarm-audit\n{service}\n{position}\n{digest}\n{sealed_at}".encode()


def sign(key: Ed25519PrivateKey, service: str, position: int, digest: str, sealed_at: AwareDatetime) -> str:
    """The signature of a service under where its log stands, base64."""
    return base64.b64encode(key.sign(signed_text(service, position, digest, sealed_at.isoformat()))).decode()


def is_signed(key: Ed25519PublicKey, sealed: AuditSealed) -> bool:
    """Whether the holder of the key signed this."""
    text = signed_text(sealed.service, sealed.position, sealed.hash, sealed.sealed_at.isoformat())
    try:
        key.verify(base64.b64decode(sealed.signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True
