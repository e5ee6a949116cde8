"""A worker process of a service: nameko over the service's database, and what every service does on a timer."""

from functools import cached_property
from typing import Generic

from chassis.bootstrap.service import S, Service, vault_of
from chassis.database.database import Database
from chassis.messaging.outbox import Relay
from chassis.messaging.worker import tell_of_parked, worker_publisher
from chassis.security import audit
from chassis.security.key_rotation import KeyRotation
from chassis.security.vault import Vault


class WorkerProcess(Generic[S]):
    """What the workers of one process share, each made at first use."""

    def __init__(self, service: Service[S]) -> None:
        self._service = service
        self._key_rotation = KeyRotation(service.encrypted)
        # Whoever parks a message says so by an event of this service.
        tell_of_parked(service.name, lambda: self.database)

    @cached_property
    def settings(self) -> S:
        """The settings, from the environment."""
        return self._service.load()

    @cached_property
    def database(self) -> Database:
        """The database; what a transaction publishes is sent right after its commit."""
        database = self._service.database(self.settings)
        database.relay = Relay(database.engine, worker_publisher())
        database.relay.start()
        return database

    @cached_property
    def vault(self) -> Vault:
        """What encrypts personal data at rest."""
        return vault_of(self.settings)

    def stop(self) -> None:
        """Send what waits before the process ends."""
        if "database" in vars(self) and self.database.relay is not None:
            self.database.relay.stop()

    def rotate_keys(self) -> None:
        """Re-encrypt what an older key encrypted; a timer calls this every `LOOK_EVERY_S` seconds."""
        self._key_rotation.look(self.database, self.vault)

    def chain_audit_log(self) -> None:
        """Chain and sign what was logged; a timer calls this every 2 seconds."""
        audit.keep(self.database, self.settings)
