"""One request of one caller at one moment: what use cases of people at desks are given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from chassis.database.damaged_rows import Known
from chassis.database.database import Transaction
from chassis.runtime import clock
from chassis.security.principal import Principal
from chassis.security.vault import Vault


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """A caller who reads or changes something: all of it happens, and is logged, or nothing."""

    tx: Transaction
    vault: Vault
    caller: Principal
    at: datetime = field(default_factory=clock.now)

    @property
    def session(self) -> Session:
        """The database, within the transaction."""
        return self.tx.session

    def decrypt(self, associated_data: str, encrypted: bytes | None) -> Any:
        """Decrypt a value with its associated data; gives an empty mapping where nothing is."""
        return self.vault.decrypt(associated_data, encrypted) if encrypted else {}

    def decrypt_mapping(self, associated_data: str, encrypted: bytes | None) -> Mapping[str, object]:
        """Decrypt one of many: what cannot be read is logged by its associated data and hides no other."""
        nothing: Mapping[str, object] = {}
        return Known("encrypted value", associated_data).read(
            "text", lambda: self._mapping(associated_data, encrypted), nothing
        )

    def _mapping(self, associated_data: str, encrypted: bytes | None) -> Mapping[str, object]:
        content = self.decrypt(associated_data, encrypted)
        if not isinstance(content, dict):
            raise TypeError("not a mapping")
        return content

    def encrypt(self, associated_data: str, value: object) -> bytes:
        """Encrypt with its associated data."""
        return self.vault.encrypt(associated_data, value)
