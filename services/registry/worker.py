"""Workers of the registry: the committee's decisions and passed test presses reach the files."""

from chassis.bootstrap.worker import WorkerProcess
from chassis.messaging.worker import Delivery, every, listen
from chassis.security.key_rotation import LOOK_EVERY_S
from contracts.topology import REGISTRY_AUDIT, REGISTRY_GRANTS, REGISTRY_TESTS, REGISTRY_ZONES
from services.registry.bootstrap import REGISTRY, pseudonym_key_of
from services.registry.usecases import handle_events, reminders, search

PROCESS = WorkerProcess(REGISTRY)
on_stop = PROCESS.stop


class RegistryWorker:
    """Keeps what activation depends on up to date."""

    name = "registry"

    @listen(REGISTRY_GRANTS, batch=20)
    def on_decision(self, deliveries: list[Delivery]) -> None:
        """Record what the committee decided of an alarm, and who there has a conflict of interest."""
        with PROCESS.database.transaction() as tx:
            handle_events.record_committee_events(tx, [each.event for each in deliveries])

    @listen(REGISTRY_TESTS, batch=20)
    def on_test_routed(self, deliveries: list[Delivery]) -> None:
        """Record a test press that came all the way to dispatch."""
        with PROCESS.database.transaction() as tx:
            handle_events.record_tests(tx, [each.event for each in deliveries])

    @listen(REGISTRY_ZONES)
    def on_zones(self, deliveries: list[Delivery]) -> None:
        """Record which zones dispatch published as in force; a copy changes nothing."""
        with PROCESS.database.transaction() as tx:
            handle_events.record_zones(tx, [each.event for each in deliveries])

    @listen(REGISTRY_AUDIT, batch=20)
    def on_audit_sealed(self, deliveries: list[Delivery]) -> None:
        """Record where reporting signed its audit log: we are its witness, as it is everybody else's."""
        with PROCESS.database.transaction() as tx:
            handle_events.record_seals(tx, [each.event for each in deliveries])

    @every(10)
    def remind(self) -> None:
        """Remind the zones of what they must look at; the longer, the louder."""
        reminders.publish_due(PROCESS.database)

    @every(60)
    def index_cards(self) -> None:
        """Index cards that search does not know yet: those from before there was a search."""
        with PROCESS.database.transaction() as tx:
            search.index_remaining(tx, PROCESS.vault, pseudonym_key_of(PROCESS.settings))

    @every(LOOK_EVERY_S)
    def rotate_keys(self) -> None:
        """Re-encrypt what an older key encrypted."""
        PROCESS.rotate_keys()

    @every(2)
    def chain_audit_log(self) -> None:
        """Chain and sign what was logged."""
        PROCESS.chain_audit_log()
