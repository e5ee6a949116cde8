"""Every fault, by subject. A name is `subject:what`."""

from tests.chaos.fault import Fault
from tests.chaos.faults import broker, database, network, processes

NATIVE: tuple[Fault, ...] = (
    *processes.FAULTS,
    *broker.FAULTS,
    *database.FAULTS,
    *network.FAULTS,
)
