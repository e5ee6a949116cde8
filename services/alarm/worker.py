"""Workers of the alarm service: `python -m chassis.runtime.run services.alarm.worker`.

`Recorder` has its own class so that it can run in a process of its own, apart from the rest.
"""

from functools import cache

from chassis.bootstrap.worker import WorkerProcess
from chassis.messaging.worker import Delivery, every, listen
from chassis.security.key_rotation import LOOK_EVERY_S
from chassis.security.service_token import ServiceToken
from chassis.telemetry import metrics
from contracts.telemetry import DEVICE_ATTENTION
from contracts.topology import ALARM_LADDER, ALARM_RECORDER, ALARM_REGISTRY
from services.alarm.bootstrap import ALARM
from services.alarm.events import incoming
from services.alarm.usecases.canaries import send_canaries
from services.alarm.usecases.device_liveness import attention, limits_of, watch_devices
from services.alarm.usecases.handle_events import on_dispatch_events, on_registry_event
from services.alarm.usecases.record_presses import record_all, report_overlooked
from services.alarm.usecases.renamed_presses import learn_kept

PROCESS = WorkerProcess(ALARM)
on_stop = PROCESS.stop

# Seconds: the ledger need not be instant; fewer, fuller transactions leave the machine to the presses.
_LINGER_S = 0.25


@cache
def token() -> ServiceToken:
    """Say who this service is to its own API."""
    made = ServiceToken(PROCESS.settings)
    made.start()
    return made


def on_start() -> None:
    """Get a token for the canaries; tell how many devices need a person."""
    token()
    metrics.observe(DEVICE_ATTENTION, _attention)


def _attention() -> list[metrics.Reading]:
    with PROCESS.database.read() as session:
        return attention(session)


class Recorder:
    """Stores what only the broker held and tells the ledger."""

    name = "alarm-recorder"

    @listen(ALARM_RECORDER, batch=200, linger_s=_LINGER_S)
    def on_raised(self, deliveries: list[Delivery]) -> None:
        """Record presses; the table itself knows which are new, so no inbox is needed."""
        presses = {d.event.id: incoming.raised(d.event) for d in deliveries}
        record_all(PROCESS.database, list(presses.values()), PROCESS.vault, deliveries[0].span)

    @every(30)
    def report_overlooked(self) -> None:
        """Tell the ledger of presses that the broker lost and the database still has."""
        while report_overlooked(PROCESS.database, PROCESS.settings.report_after_s):
            pass
        learn_kept(PROCESS.database, PROCESS.vault)


class ReadModels:
    """Keeps the read models: devices, enrolments, the receipt ladder, control rooms."""

    name = "alarm-read-models"

    @listen(ALARM_REGISTRY, batch=50)
    def on_registry(self, deliveries: list[Delivery]) -> None:
        """Follow devices and enrolments; older versions lose, so copies need no inbox."""
        with PROCESS.database.transaction() as transaction:
            for delivery in deliveries:
                on_registry_event(transaction.session, delivery.event)

    @listen(ALARM_LADDER, batch=100, linger_s=_LINGER_S)
    def on_dispatch(self, deliveries: list[Delivery]) -> None:
        """Follow dispatch; the earliest time of a stage wins, so copies and wrong order do no harm."""
        with PROCESS.database.transaction() as transaction:
            on_dispatch_events(transaction, [delivery.event for delivery in deliveries], PROCESS.vault)


class Health:
    """Timers. They fire in every replica; the rows decide who acts."""

    name = "alarm-health"

    @every(lambda: PROCESS.settings.watch_every_s)
    def watch(self) -> None:
        """Watch devices: silence, batteries, Bluetooth, tests."""
        with PROCESS.database.transaction() as transaction:
            watch_devices(transaction, limits_of(PROCESS.settings))

    @every(1)
    def canaries(self) -> None:
        """Send one canary for each control room every `canary_every_s`."""
        send_canaries(PROCESS.database, PROCESS.settings, token())

    @every(LOOK_EVERY_S)
    def rotate_keys(self) -> None:
        """Re-encrypt what an older key encrypted."""
        PROCESS.rotate_keys()

    @every(2)
    def chain_audit_log(self) -> None:
        """Chain and sign what was logged."""
        PROCESS.chain_audit_log()
