"""The bus: gone, restarted, or refusing to take more."""

from random import Random

from contracts.topology import DISPATCH_ALARMS
from tests.chaos.fault import Fault, Scale, Step, blow, outage
from tests.chaos.rig import Rig


def _memory_alarm(rig: Rig) -> None:
    rig.broker_ctl("set_vm_memory_high_watermark", "absolute", "1MB")


def _disk_alarm(rig: Rig) -> None:
    rig.broker_ctl("set_disk_free_limit", "100000GB")


def _no_alarm(rig: Rig) -> None:
    rig.broker_ctl(
        "eval",
        'vm_memory_monitor:set_vm_memory_high_watermark(0.4), rabbit_disk_monitor:set_disk_free_limit("50MB").',
    )


def _back(rig: Rig) -> None:
    rig.up_again()


def _new(rig: Rig) -> None:
    # What holds no queue is still without its topology, whatever went wrong before.
    if rig.depths() is None:
        rig.new_broker()
    rig.up_again()


_ROUTING = ("dispatch-api", "dispatch-alarms")


def _purged(dice: Random, scale: Scale) -> list[Step[Rig]]:
    """Nobody routes, for longer than whoever watches has patience; then what waited is thrown away."""
    at = dice.uniform(0, 1)

    def lose(rig: Rig) -> None:
        rig.purge(DISPATCH_ALARMS)
        rig.up(*_ROUTING)

    return [
        Step(at, f"stop {', '.join(_ROUTING)}", lambda rig: rig.down(*_ROUTING)),
        Step(at + scale.outage_s, f"purge {DISPATCH_ALARMS}, and start them", lose),
    ]


_LOST = "what the broker held was lost; it comes again from the rows of alarm, and a moment later"

FAULTS: tuple[Fault[Rig], ...] = (
    Fault(
        "broker:gone",
        outage("no broker", lambda rig: rig.down("rabbitmq"), lambda rig: rig.up("rabbitmq")),
        mend=_back,
        ci=True,
    ),
    Fault("broker:restart", blow("restart the broker", lambda rig: rig.restart("rabbitmq")), mend=_back),
    # What was lost comes again within REDELIVER_LONGEST_S, beside the presses of that moment.
    Fault("broker:purged", _purged, mend=_back, late_because=_LOST, recovered_within_s=120),
    Fault(
        "broker:lost disk",
        outage("the broker is gone, and its disk", lambda rig: rig.lose_broker(), lambda rig: rig.new_broker()),
        mend=_new,
        late_because=_LOST,
        # The ledger finds those within a minute or two: too long for continuous integration.
        lacks_because="events of it were in the queues of reporting",
        recovered_within_s=120,
    ),
    Fault("broker:kill", blow("kill -9 of the broker", lambda rig: rig.kill("rabbitmq")), mend=_back),
    Fault("broker:memory", outage("memory alarm", _memory_alarm, _no_alarm), mend=_no_alarm, ci=True),
    Fault("broker:disk", outage("disk alarm", _disk_alarm, _no_alarm), mend=_no_alarm),
)
