"""The bus: gone, restarted, or refusing to take more."""

from tests.chaos.fault import Fault, blow, outage
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


FAULTS: tuple[Fault[Rig], ...] = (
    Fault(
        "broker:gone",
        outage("no broker", lambda rig: rig.down("rabbitmq"), lambda rig: rig.up("rabbitmq")),
        mend=_back,
        ci=True,
    ),
    Fault("broker:restart", blow("restart the broker", lambda rig: rig.restart("rabbitmq")), mend=_back),
    Fault("broker:kill", blow("kill -9 of the broker", lambda rig: rig.kill("rabbitmq")), mend=_back),
    Fault("broker:memory", outage("memory alarm", _memory_alarm, _no_alarm), mend=_no_alarm, ci=True),
    Fault("broker:disk", outage("disk alarm", _disk_alarm, _no_alarm), mend=_no_alarm),
)
