"""Workers of dispatch. The lane of verified presses runs in a process of its own (`AlarmLane`)."""

import logging
from collections.abc import Callable
from functools import cache

from chassis.bootstrap.worker import WorkerProcess
from chassis.database.database import SQLAlchemyError, Transaction
from chassis.messaging.worker import Delivery, every, listen
from chassis.security.key_rotation import LOOK_EVERY_S
from chassis.telemetry import metrics
from contracts import telemetry, topology
from services.dispatch.bootstrap import DISPATCH, context_of
from services.dispatch.events.incoming import Received
from services.dispatch.store.incidents import unacknowledged
from services.dispatch.usecases import control_rooms, escalate
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.handle_events import take, take_alarms

log = logging.getLogger(__name__)


PROCESS = WorkerProcess(DISPATCH)
on_stop = PROCESS.stop


@cache
def context() -> Context:
    """Put together what the use cases of this process are given, on first use."""
    return context_of(PROCESS.settings, PROCESS.database, PROCESS.vault)


def on_start() -> None:
    """Build the map before the first press."""
    _refresh()
    metrics.observe(telemetry.INCIDENT_UNACKNOWLEDGED, lambda: _unacknowledged(1))
    metrics.observe(telemetry.INCIDENT_UNACKNOWLEDGED_AGE, lambda: _unacknowledged(2))


def _unacknowledged(column: int) -> list[metrics.Reading]:
    with context().database.read() as session:
        found = {row[0]: float(row[column]) for row in unacknowledged(session)}
    return [(found.get(room, 0), {"control_room": room}) for room in context().situation.rooms]


def _refresh() -> None:
    try:
        context().situation.refresh_from(context().database)
    except SQLAlchemyError as error:
        # What is in memory still serves: the database has the last word at every claim.
        log.warning("situation not refreshed: %s", type(error).__name__)


def _run(use_case: Callable[[Transaction, Context], None]) -> None:
    """Open a unit of work for what a timer does."""
    with context().database.transaction() as tx:
        use_case(tx, context())


def _received(deliveries: list[Delivery]) -> list[Received]:
    return [(delivery.event, delivery.span) for delivery in deliveries]


def _take(queue: str, deliveries: list[Delivery]) -> None:
    """Open a unit of work for a batch of events."""
    with context().database.transaction() as tx:
        take(tx, context(), queue, _received(deliveries))


class AlarmLane:
    """Verified presses and canaries, nothing else."""

    name = "dispatch_alarms"

    @listen(topology.DISPATCH_ALARMS, batch=64)
    def on_alarm(self, deliveries: list[Delivery]) -> None:
        """Route, open or join, order a unit: one transaction a batch."""
        take_alarms(context(), topology.DISPATCH_ALARMS, _received(deliveries))

    @every(1)
    def refresh(self) -> None:
        """Take over new unit positions and policies."""
        _refresh()


class Updates:
    """Fixes, cancel requests, tests; unverified presses; read models of the registry."""

    name = "dispatch_updates"

    @listen(topology.DISPATCH_FIXES, batch=50)
    def on_fix(self, deliveries: list[Delivery]) -> None:
        """Follow where the victim is now, and what her device asks."""
        _take(topology.DISPATCH_FIXES, deliveries)

    @listen(topology.DISPATCH_UNVERIFIED, batch=32)
    def on_unverified(self, deliveries: list[Delivery]) -> None:
        """Take unverified presses: never filtered, never in the way."""
        take_alarms(context(), topology.DISPATCH_UNVERIFIED, _received(deliveries))

    @listen(topology.DISPATCH_REGISTRY, batch=50)
    def on_registry(self, deliveries: list[Delivery]) -> None:
        """Keep whose device it is."""
        _take(topology.DISPATCH_REGISTRY, deliveries)

    @listen(topology.DISPATCH_CARDS, batch=20)
    def on_card(self, deliveries: list[Delivery]) -> None:
        """Keep what a patrol must know."""
        _take(topology.DISPATCH_CARDS, deliveries)

    @every(1)
    def refresh(self) -> None:
        """Take over new unit positions and policies."""
        _refresh()


class Escalation:
    """Due rows only: who did not answer, who must be found."""

    name = "dispatch_escalation"

    @every(0.5)
    def act(self) -> None:
        """Act on what is due."""
        escalate.act_on_due(context())

    @every(1)
    def look_again_for_stale(self) -> None:
        """Look for another unit where the proposed one is gone: that is no proposal."""
        _run(escalate.look_again_for_stale)

    @every(2)
    def adopt_roomless(self) -> None:
        """Adopt alarms whose control room is gone: they stand on no screen."""
        _run(escalate.adopt_roomless)

    @every(2)
    def warn_of_blind_rooms(self) -> None:
        """Warn loudly of an alarm that is withheld from everybody on duty in its room."""
        _run(escalate.warn_of_blind_rooms)

    @every(LOOK_EVERY_S)
    def rotate_keys(self) -> None:
        """Encrypt anew what an older key encrypted."""
        PROCESS.rotate_keys()

    @every(2)
    def chain_audit_log(self) -> None:
        """Chain and sign what was logged."""
        PROCESS.chain_audit_log()

    @every(30)
    def announce(self) -> None:
        """Make control rooms known to those that send canaries, and zones to those that keep files."""
        _run(control_rooms.announce)
        _run(control_rooms.announce_zones)
