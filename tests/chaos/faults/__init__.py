"""Every fault, by subject. A name is `subject:what`."""

from tests.chaos.cluster import ClusterRig
from tests.chaos.fault import Fault
from tests.chaos.faults import away, broker, clock, cluster, database, messages, network, processes, releases
from tests.chaos.rig import Rig

NATIVE: tuple[Fault[Rig], ...] = (
    *processes.FAULTS,
    *broker.FAULTS,
    *database.FAULTS,
    *away.FAULTS,
    *network.FAULTS,
    *messages.FAULTS,
    *clock.FAULTS,
    *releases.FAULTS,
)
CLUSTER: tuple[Fault[ClusterRig], ...] = cluster.FAULTS
