"""Workers of the alarm service: `python -m chassis.runtime.run services.alarm.worker`.

`Recorder` has its own class so that it can run in a process of its own, apart from the rest.
"""

from functools import cache

from chassis.database.database import Database, engine_of
from chassis.messaging.outbox import Relay
from chassis.messaging.worker import Delivery, every, listen, tell_of_parked, worker_publisher
from chassis.runtime.settings import load
from chassis.security import audit
from chassis.security.key_rotation import LOOK_EVERY_S, Resealer
from chassis.security.service_token import ServiceToken
from chassis.security.vault import Vault
from chassis.telemetry import metrics
from contracts.telemetry import DEVICE_ATTENTION
from contracts.topology import ALARM_LADDER, ALARM_RECORDER, ALARM_REGISTRY
from services.alarm.events import incoming
from services.alarm.settings import AlarmSettings
from services.alarm.store.encrypted_columns import SEALED
from services.alarm.usecases.canaries import send_canaries
from services.alarm.usecases.device_liveness import attention, limits_of, watch_devices
from services.alarm.usecases.record_presses import record_all, report_overlooked
from services.alarm.usecases.renamed_presses import learn_kept

# Seconds: books need not be instant; fewer, fuller transactions leave the machine to the presses.
_LINGER_S = 0.25


@cache
def database() -> Database:
    """The database of this process, connected on first use."""
    engine = engine_of(load(AlarmSettings))
    publisher = worker_publisher()
    relay = Relay(engine, publisher)
    relay.start()
    return Database(engine, "/services/alarm", relay)


@cache
def vault() -> Vault:
    """What seals fixes."""
    return Vault(load(AlarmSettings).vault_keys.get_secret_value())


@cache
def token() -> ServiceToken:
    """Who this service is to its own API."""
    made = ServiceToken(load(AlarmSettings))
    made.start()
    return made


def on_start() -> None:
    """Get a token for the canaries; tell how many devices need a person."""
    token()
    books = database()
    metrics.observe(DEVICE_ATTENTION, lambda: attention(books))


def on_stop() -> None:
    """Send what is waiting before the process ends."""
    if database.cache_info().currsize and (relay := database().relay):
        relay.stop()


tell_of_parked("alarm", database)

RESEALER = Resealer(SEALED)


class Recorder:
    """Stores what only the broker held and tells the ledger."""

    name = "alarm-recorder"

    @listen(ALARM_RECORDER, batch=200, linger_s=_LINGER_S)
    def on_raised(self, deliveries: list[Delivery]) -> None:
        """Presses; the table itself knows which are new, so no inbox is needed."""
        presses = {d.event.id: incoming.raised(d.event) for d in deliveries}
        record_all(database(), list(presses.values()), vault(), deliveries[0].span)

    @every(30)
    def report_overlooked(self) -> None:
        """What the broker lost is in the database: the ledger is told of it from there."""
        while report_overlooked(database(), load(AlarmSettings).report_after_s):
            pass
        learn_kept(database(), vault())


class Follow:
    """Keeps the read models: devices, enrolments, the receipt ladder, control rooms."""

    name = "alarm-follow"

    @listen(ALARM_REGISTRY, batch=50)
    def on_registry(self, deliveries: list[Delivery]) -> None:
        """Older versions lose, so copies need no inbox."""
        with database().transaction() as transaction:
            for delivery in deliveries:
                incoming.from_registry(transaction.session, delivery.event)

    @listen(ALARM_LADDER, batch=100, linger_s=_LINGER_S)
    def on_dispatch(self, deliveries: list[Delivery]) -> None:
        """The earliest time of a stage wins, so copies and wrong order do no harm."""
        with database().transaction() as transaction:
            incoming.from_dispatch(transaction, [delivery.event for delivery in deliveries], vault())


class Health:
    """Timers. They fire in every replica; the rows decide who acts."""

    name = "alarm-health"

    @every(30)
    def watch(self) -> None:
        """Silence, batteries, Bluetooth, tests."""
        watch_devices(database(), limits_of(load(AlarmSettings)))

    @every(1)
    def canaries(self) -> None:
        """One for each control room every `canary_every_s`."""
        send_canaries(database(), load(AlarmSettings), token())

    @every(LOOK_EVERY_S)
    def reseal(self) -> None:
        """Seal anew what an older key sealed."""
        RESEALER.look(database(), vault())

    @every(2)
    def chain_audit_log(self) -> None:
        """Chain and sign what was logged."""
        audit.keep(database(), load(AlarmSettings))
