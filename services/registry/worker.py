"""Workers of the registry: the committee's decisions and passed test presses reach the files."""

from chassis.bootstrap.worker import WorkerProcess
from chassis.messaging.worker import Delivery, every, listen
from chassis.security import witness
from chassis.security.key_rotation import LOOK_EVERY_S
from contracts.audit import AuditSealed
from contracts.topology import REGISTRY_AUDIT, REGISTRY_GRANTS, REGISTRY_TESTS, REGISTRY_ZONES
from services.registry import events
from services.registry.bootstrap import REGISTRY
from services.registry.usecases import access, devices, files, reminders, search, zones

PROCESS = WorkerProcess(REGISTRY)
on_stop = PROCESS.stop


class RegistryWorker:
    """Keeps what activation depends on up to date."""

    name = "registry"

    @listen(REGISTRY_GRANTS, batch=20)
    def on_decision(self, deliveries: list[Delivery]) -> None:
        """The committee granted or refused an alarm, or somebody there has a tie to a party."""
        with PROCESS.database.transaction() as tx:
            fresh = tx.claim(REGISTRY_GRANTS, [d.event.id for d in deliveries])
            news = {d.event.id: d.event for d in deliveries if d.event.id in fresh}.values()
            # By file, so that two workers lock the files in the same order; numbers tell which is the last.
            decided = [row for event in news if (row := events.decision(event))]
            for row in sorted(decided, key=lambda row: (row.enrolment_id, row.number, row.decided_at)):
                files.keep_decision(tx, row)
            for tie in filter(None, map(events.tied, news)):
                access.keep_tie(tx, tie)

    @listen(REGISTRY_TESTS, batch=20)
    def on_test_routed(self, deliveries: list[Delivery]) -> None:
        """A test press came all the way to dispatch."""
        with PROCESS.database.transaction() as tx:
            fresh = tx.claim(REGISTRY_TESTS, [d.event.id for d in deliveries])
            # By device, so that two workers lock the files in the same order.
            passed = {events.passed_test(d.event) for d in deliveries if d.event.id in fresh}
            for device_id, received_at in sorted(test for test in passed if test):
                devices.pass_test(tx, device_id, received_at)

    @listen(REGISTRY_ZONES)
    def on_zones(self, deliveries: list[Delivery]) -> None:
        """Dispatch told which zones are in force; a copy changes nothing."""
        with PROCESS.database.transaction() as tx:
            for row in filter(None, (events.zones_in_force(d.event) for d in deliveries)):
                zones.keep(tx, row)

    @listen(REGISTRY_AUDIT, batch=20)
    def on_sealed(self, deliveries: list[Delivery]) -> None:
        """Reporting signed where its audit log stands: we are its witness, as it is everybody else's."""
        sealed = [AuditSealed.model_validate(d.event.data).model_dump(mode="json") for d in deliveries]
        with PROCESS.database.transaction() as tx:
            witness.keep(tx.session, sealed)

    @every(10)
    def remind(self) -> None:
        """Tell the zones what they must look at; the longer, the louder."""
        reminders.tell(PROCESS.database)

    @every(60)
    def index_cards(self) -> None:
        """Cards that search does not know yet: those from before there was a search."""
        key = PROCESS.settings.pseudonym_key.get_secret_value().encode()
        with PROCESS.database.transaction() as tx:
            search.index_rest(tx, PROCESS.vault, key)

    @every(LOOK_EVERY_S)
    def rotate_keys(self) -> None:
        """Encrypt anew what an older key encrypted."""
        PROCESS.rotate_keys()

    @every(2)
    def chain_audit_log(self) -> None:
        """Chain and sign what was logged."""
        PROCESS.chain_audit_log()
