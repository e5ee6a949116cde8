"""One request of one caller at one moment: what use cases of people at desks are given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from chassis.database.damaged_rows import Known
from chassis.database.database import Transaction
from chassis.runtime import clock
from chassis.security.principal import Caller
from chassis.security.vault import Vault


@dataclass(frozen=True, slots=True)
class Work:
    """A caller who reads or changes something: all of it happens, and is logged, or nothing."""

    tx: Transaction
    vault: Vault
    caller: Caller
    at: datetime = field(default_factory=clock.now)

    @property
    def session(self) -> Session:
        """The database, within the transaction."""
        return self.tx.session

    def open(self, place: str, sealed: bytes | None) -> Any:
        """Decrypt what is sealed at a place; gives an empty mapping where nothing is."""
        return self.vault.open(place, sealed) if sealed else {}

    def opened(self, place: str, sealed: bytes | None) -> Mapping[str, object]:
        """Decrypt one of many: what cannot be read is logged by its place, and does not hide the others."""
        nothing: Mapping[str, object] = {}
        return Known("sealed value", place).read("text", lambda: self._mapping(place, sealed), nothing)

    def _mapping(self, place: str, sealed: bytes | None) -> Mapping[str, object]:
        said = self.open(place, sealed)
        if not isinstance(said, dict):
            raise TypeError("not a mapping")
        return said

    def seal(self, place: str, value: object) -> bytes:
        """Encrypt for one place."""
        return self.vault.seal(place, value)
