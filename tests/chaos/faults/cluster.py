"""Three nodes of the bus: one dies, the leader dies, a minority is alone, all start again."""

from random import Random

from tests.chaos.cluster import NODES, ClusterRig
from tests.chaos.fault import Fault, Scale, Step, blow, outage


def _mended(rig: ClusterRig) -> None:
    rig.mend()


def _follower_killed(dice: Random, scale: Scale) -> list[Step[ClusterRig]]:
    def kill(rig: ClusterRig) -> None:
        leader = rig.leader()
        rig.kill([node for node in NODES if node != leader][which])

    steps = outage("kill -9 of a node that does not lead the lane", kill, _mended)(dice, scale)
    which = dice.randrange(2)
    return steps


def _kill_leader(rig: ClusterRig) -> None:
    rig.kill(rig.leader())


def _cut_off_leader(rig: ClusterRig) -> None:
    rig.cut_off(rig.leader())


def _restart_all(rig: ClusterRig) -> None:
    rig.stop(*NODES)
    rig.mend()


FAULTS = (
    Fault("cluster:node killed", _follower_killed, mend=_mended),
    Fault(
        "cluster:leader killed",
        outage("kill -9 of the node that leads the lane", _kill_leader, _mended),
        mend=_mended,
    ),
    Fault(
        "cluster:minority",
        # Long enough that the node itself notices that it is alone, and stops.
        outage(
            "the leader's node hears the other two no more, and they not it",
            _cut_off_leader,
            _mended,
            at_least_s=20,
        ),
        mend=_mended,
    ),
    Fault(
        "cluster:all restarted",
        blow("all three nodes stop, and start again", _restart_all),
        mend=_mended,
    ),
)
