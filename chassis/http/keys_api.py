"""Which key versions the sealed values of a service stand under, for who wants to drop an old key."""

from collections.abc import Callable, Sequence

from fastapi import FastAPI
from pydantic import BaseModel, SecretStr

from chassis.database.database import Database
from chassis.http.audit_api import Auditor
from chassis.security.audit_trail import unlogged
from chassis.security.key_rotation import Sealed, whole
from chassis.security.vault import Vault


class SealedValues(BaseModel):
    """How many values of a column (`table.column`) one key version sealed."""

    column: str
    version: int
    values: int


class KeysOut(BaseModel):
    """The key version that seals, all that open, and what is sealed."""

    current: int
    versions: list[int]
    sealed: list[SealedValues]


def add(
    app: FastAPI, database: Callable[[], Database], vault_keys: SecretStr, sealed: Sequence[Sealed]
) -> None:
    """Add the endpoint. `sealed`: every column of the service, but for its outbox, that holds sealed values."""
    vault = Vault(vault_keys.get_secret_value())

    @app.get("/v1/audit/keys", tags=["audit"])
    @unlogged
    def keys(_: Auditor) -> KeysOut:
        """Count the sealed values by column and key version; opens none of them."""
        with database().read() as session:
            found = [
                SealedValues(column=each.name, version=version, values=values)
                for each in whole(sealed)
                for version, values in sorted(each.counted(session).items())
            ]
        return KeysOut(current=vault.current, versions=vault.versions, sealed=found)
