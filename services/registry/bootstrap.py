"""The composition root: what the API and the workers of the registry are made of."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import UniqueViolation

from chassis.bootstrap.service import Service
from chassis.database.database import Database, IntegrityError
from chassis.database.unit_of_work import UnitOfWork
from chassis.security.principal import Principal
from chassis.security.vault import Vault
from services.registry.errors import DoneAtOnce
from services.registry.settings import RegistrySettings
from services.registry.store.encrypted_columns import ENCRYPTED

REGISTRY = Service("registry", RegistrySettings, ENCRYPTED)


def pseudonym_key_of(settings: RegistrySettings) -> bytes:
    """Give the key that makes pseudonyms, and digests to search by."""
    return settings.pseudonym_key.get_secret_value().encode()


@contextmanager
def unit_of_work(database: Database, vault: Vault, caller: Principal) -> Iterator[UnitOfWork]:
    """Open one transaction of a caller; raises `DoneAtOnce` where another one made the same meanwhile."""
    try:
        with database.transaction() as tx:
            yield UnitOfWork(tx, vault, caller)
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
        raise DoneAtOnce("somebody else did the same meanwhile: look again") from None
