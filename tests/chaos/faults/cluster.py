"""Three nodes of the bus: one dies, the leader dies, a minority is alone, all start again."""

from random import Random

from tests.chaos.cluster import NODES, ClusterRig, others
from tests.chaos.fault import Do, Fault, Scale, Step


def _remembered(rig: ClusterRig) -> str:
    """The node that led the lane when the fault began; afterwards another does."""
    return str(rig.told.setdefault("leader", rig.leader()))


def _mended(rig: ClusterRig) -> None:
    rig.mend()
    rig.told.clear()


def _follower_killed(dice: Random, scale: Scale) -> list[Step[ClusterRig]]:
    at, which = dice.uniform(0, 1), dice.randrange(2)

    def kill(rig: ClusterRig) -> None:
        rig.kill(list(others(_remembered(rig)))[which])

    return _for_a_while("kill -9 of a node that does not lead the lane", at, scale.outage_s, kill)


def _leader_killed(dice: Random, scale: Scale) -> list[Step[ClusterRig]]:
    def kill(rig: ClusterRig) -> None:
        rig.kill(_remembered(rig))

    return _for_a_while("kill -9 of the node that leads the lane", dice.uniform(0, 1), scale.outage_s, kill)


def _minority(dice: Random, scale: Scale) -> list[Step[ClusterRig]]:
    def cut(rig: ClusterRig) -> None:
        rig.cut_off(_remembered(rig))

    # Long enough that the node itself notices that it is alone, and stops.
    what = "the leader's node hears the other two no more, and they not it"
    return _for_a_while(what, dice.uniform(0, 1), max(20.0, scale.outage_s), cut)


def _for_a_while(what: str, at: float, lasts: float, begin: Do[ClusterRig]) -> list[Step[ClusterRig]]:
    return [Step(at, what, begin), Step(at + lasts, f"end of: {what}", _mended)]


def _all_restarted(dice: Random, _: Scale) -> list[Step[ClusterRig]]:
    def restart(rig: ClusterRig) -> None:
        rig.stop(*NODES)
        rig.mend()

    return [Step(dice.uniform(0, 1), "all three nodes stop, and start again", restart)]


FAULTS = (
    Fault("cluster:node killed", _follower_killed, mend=_mended),
    Fault("cluster:leader killed", _leader_killed, mend=_mended),
    Fault("cluster:minority", _minority, mend=_mended),
    Fault("cluster:all restarted", _all_restarted, mend=_mended),
)
