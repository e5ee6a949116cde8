"""Databases: gone, restarted, without connections, without disk; and the broker gone with them."""

from tests.chaos.fault import Do, Fault, blow, outage
from tests.chaos.rig import Rig
from tools.runtime.native.layout import SERVICES

_NO_BOARD = "units and incidents are in dispatch's database: there is no other way to a control room"


def _of_each(service: str) -> tuple[Fault[Rig], ...]:
    late = _NO_BOARD if service == "dispatch" else ""
    return (
        Fault(
            f"database:gone {service}",
            outage(f"no database of {service}", _down(service), _up(service)),
            mend=_up(service),
            late_because=late,
            ci=service == "alarm",
        ),
        Fault(
            f"database:no connections {service}",
            outage(f"{service} gets no connection", _limit(service, 0), _limit(service, -1), short=True),
            mend=_limit(service, -1),
            late_because=late,
        ),
    )


def _down(service: str) -> Do[Rig]:
    return lambda rig: rig.database_down(service)


def _up(service: str) -> Do[Rig]:
    return lambda rig: rig.database_up(service)


def _limit(service: str, limit: int) -> Do[Rig]:
    return lambda rig: rig.connections(service, limit)


def _free_again(rig: Rig) -> None:
    rig.free_disk()
    rig.whole()


def _both_back(rig: Rig) -> None:
    rig.up_again()


FAULTS = (
    *(fault for service in SERVICES for fault in _of_each(service)),
    Fault(
        "database:restart",
        blow("restart of the cluster, all databases", lambda rig: rig.restart("postgres")),
        mend=_both_back,
    ),
    Fault(
        "database:disk full",
        outage(
            "no space for any database", lambda rig: rig.fill_disk(), lambda rig: rig.free_disk(), short=True
        ),
        mend=_free_again,
        late_because=_NO_BOARD,
        ci=True,
    ),
    Fault(
        "both:gone",
        outage(
            "neither broker nor databases",
            lambda rig: rig.down("rabbitmq", "postgres"),
            lambda rig: rig.up("postgres", "rabbitmq"),
            short=True,
        ),
        mend=_both_back,
        late_because="neither log is there: it is refused, and the device tries again",
        back_within_s=5.0,
        ci=True,
    ),
)
