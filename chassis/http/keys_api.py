"""Which key versions the encrypted values of a service stand under, for who wants to drop an old key."""

from collections.abc import Callable, Sequence

from fastapi import FastAPI
from pydantic import BaseModel, SecretStr

from chassis.database.database import Database
from chassis.http.audit_api import Auditor
from chassis.security.audit_trail import unlogged
from chassis.security.key_rotation import EncryptedColumn, whole
from chassis.security.vault import Vault


class EncryptedValues(BaseModel):
    """How many values of a column (`table.column`) one key version encrypted."""

    column: str
    version: int
    values: int


class KeysOut(BaseModel):
    """The key version that encrypts, all that decrypt, and what is encrypted."""

    current: int
    versions: list[int]
    encrypted: list[EncryptedValues]


def add(
    app: FastAPI, database: Callable[[], Database], vault_keys: SecretStr, encrypted: Sequence[EncryptedColumn]
) -> None:
    """Add the endpoint. `encrypted`: every column with encrypted values of the service, but for its outbox."""
    vault = Vault(vault_keys.get_secret_value())

    @app.get("/v1/audit/keys", tags=["audit"])
    @unlogged
    def keys(_: Auditor) -> KeysOut:
        """Count the encrypted values by column and key version; opens none of them."""
        with database().read() as session:
            found = [
                EncryptedValues(column=each.name, version=version, values=values)
                for each in whole(encrypted)
                for version, values in sorted(each.counted(session).items())
            ]
        return KeysOut(current=vault.current, versions=vault.versions, encrypted=found)
