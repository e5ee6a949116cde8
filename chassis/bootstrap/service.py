"""What a service is made of: said once, put together the same way in its API and in its workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.orm import configure_mappers

from chassis.database.database import Database, engine_of
from chassis.runtime.settings import Settings, load
from chassis.security.key_rotation import EncryptedColumn
from chassis.security.vault import Vault
from contracts.topology import ServiceName

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Service(Generic[S]):
    """A service: its name, the type of its settings, and its columns that hold encrypted values (no outbox)."""

    name: ServiceName
    settings: type[S]
    encrypted: Sequence[EncryptedColumn] = ()

    def load(self) -> S:
        """Read the settings from the environment; raises `pydantic.ValidationError` naming what is missing."""
        found: S = load(self.settings)
        return found

    def database(self, settings: S) -> Database:
        """Make the service's database, connected on first use; what it publishes waits in the outbox."""
        configure_mappers()  # else the first requests after a start wait for it, all at once
        return Database(engine_of(settings), f"/services/{self.name}")


def vault_of(settings: Settings) -> Vault:
    """Make what encrypts personal data at rest."""
    return Vault(settings.vault_keys.get_secret_value())
