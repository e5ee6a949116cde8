"""Workers of the registry: the committee's decisions and passed test presses reach the files."""

from functools import cache

from chassis.bus import Delivery, listen, tell_of_parked, worker_publisher
from chassis.database import Database, engine_of
from chassis.outbox import Relay
from chassis.settings import load
from contracts.topology import REGISTRY_GRANTS, REGISTRY_TESTS
from services.registry import events, usecases
from services.registry.settings import RegistrySettings


@cache
def database() -> Database:
    """The database of this process, connected on first use."""
    engine = engine_of(load(RegistrySettings))
    publisher = worker_publisher()
    relay = Relay(engine, publisher)
    relay.start()
    return Database(engine, "/services/registry", relay)


def on_stop() -> None:
    """Send what is waiting before the process ends."""
    if database.cache_info().currsize and (relay := database().relay):
        relay.stop()


tell_of_parked("registry", database)


class RegistryWorker:
    """Keeps what activation depends on up to date."""

    name = "registry"

    @listen(REGISTRY_GRANTS, batch=20)
    def on_decision(self, deliveries: list[Delivery]) -> None:
        """The committee granted or refused an alarm."""
        with database().transaction() as tx:
            fresh = tx.claim(REGISTRY_GRANTS, [d.event.id for d in deliveries])
            for event in {d.event.id: d.event for d in deliveries if d.event.id in fresh}.values():
                if row := events.decision(event):
                    usecases.keep_decision(tx, row)

    @listen(REGISTRY_TESTS, batch=20)
    def on_test_routed(self, deliveries: list[Delivery]) -> None:
        """A test press came all the way to dispatch."""
        with database().transaction() as tx:
            fresh = tx.claim(REGISTRY_TESTS, [d.event.id for d in deliveries])
            # By device, so that two workers lock the files in the same order.
            passed = {events.passed_test(d.event) for d in deliveries if d.event.id in fresh}
            for device_id, received_at in sorted(test for test in passed if test):
                usecases.pass_test(tx, device_id, received_at)
