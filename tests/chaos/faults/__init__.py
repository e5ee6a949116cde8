"""Every fault, by subject. A name is `subject:what`."""

from tests.chaos.fault import Fault
from tests.chaos.faults import broker, clock, database, messages, network, processes, releases

NATIVE: tuple[Fault, ...] = (
    *processes.FAULTS,
    *broker.FAULTS,
    *database.FAULTS,
    *network.FAULTS,
    *messages.FAULTS,
    *clock.FAULTS,
    *releases.FAULTS,
)
