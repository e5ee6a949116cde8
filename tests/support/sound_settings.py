"""Settings that production accepts."""

import base64
import hashlib

# Good keys, the same in each process that collects these tests.
ONE, OTHER = (base64.urlsafe_b64encode(hashlib.sha256(name).digest()).decode() for name in (b"one", b"other"))


SOUND = {
    "environment": "production",
    "service": "dispatch",
    "database_url": "postgresql+psycopg://dispatch:secret@db/dispatch?sslmode=verify-full",
    "broker_url": "amqps://dispatch:secret@broker",
    "vault_keys": f"1:{ONE}",
    "audit_key": OTHER,
    "oidc_issuer": "https://id.example",
    "oidc_jwks_url": "https://id.example/jwks.json",
}
