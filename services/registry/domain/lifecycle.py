"""Files and devices from beginning to end, and what each move needs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Literal, get_args

from services.registry.errors import (
    ActivationRefused,
    DeviceMoveRefused,
    EndRefused,
    EnrolmentMoveRefused,
    GapInProtection,
)

EnrolmentMove = Literal["activate", "suspend", "end"]
DeviceMove = Literal["activate", "suspend", "report_lost", "return", "reactivate"]

ENROLMENT_MOVES: tuple[EnrolmentMove, ...] = get_args(EnrolmentMove)
DEVICE_MOVES: tuple[DeviceMove, ...] = get_args(DeviceMove)


class EnrolmentStatus(StrEnum):
    """Where a file is in its life."""

    OPEN = "open"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class DeviceStatus(StrEnum):
    """Where a device of a file is in its life."""

    MATCHED = "matched"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LOST = "lost"
    RETURNED = "returned"


ENROLMENT_TABLE: Mapping[tuple[EnrolmentStatus, EnrolmentMove], EnrolmentStatus] = {
    (EnrolmentStatus.OPEN, "activate"): EnrolmentStatus.ACTIVE,
    (EnrolmentStatus.SUSPENDED, "activate"): EnrolmentStatus.ACTIVE,
    (EnrolmentStatus.ACTIVE, "suspend"): EnrolmentStatus.SUSPENDED,
    (EnrolmentStatus.OPEN, "end"): EnrolmentStatus.ENDED,
    (EnrolmentStatus.ACTIVE, "end"): EnrolmentStatus.ENDED,
    (EnrolmentStatus.SUSPENDED, "end"): EnrolmentStatus.ENDED,
}
# What was suspended or lost comes back as `matched`: only a passed test makes a device active.
DEVICE_TABLE: Mapping[tuple[DeviceStatus, DeviceMove], DeviceStatus] = {
    (DeviceStatus.MATCHED, "activate"): DeviceStatus.ACTIVE,
    (DeviceStatus.MATCHED, "suspend"): DeviceStatus.SUSPENDED,
    (DeviceStatus.ACTIVE, "suspend"): DeviceStatus.SUSPENDED,
    (DeviceStatus.MATCHED, "report_lost"): DeviceStatus.LOST,
    (DeviceStatus.ACTIVE, "report_lost"): DeviceStatus.LOST,
    (DeviceStatus.SUSPENDED, "report_lost"): DeviceStatus.LOST,
    (DeviceStatus.MATCHED, "return"): DeviceStatus.RETURNED,
    (DeviceStatus.ACTIVE, "return"): DeviceStatus.RETURNED,
    (DeviceStatus.SUSPENDED, "return"): DeviceStatus.RETURNED,
    (DeviceStatus.LOST, "return"): DeviceStatus.RETURNED,
    (DeviceStatus.SUSPENDED, "reactivate"): DeviceStatus.MATCHED,
    (DeviceStatus.LOST, "reactivate"): DeviceStatus.MATCHED,
}
# In the victim's hands.
HELD = frozenset({DeviceStatus.MATCHED, DeviceStatus.ACTIVE, DeviceStatus.SUSPENDED})
# In the victim's hands and usable.
LIVE = frozenset({DeviceStatus.MATCHED, DeviceStatus.ACTIVE})


def enrolment_moved(status: EnrolmentStatus, move: EnrolmentMove) -> EnrolmentStatus:
    """Return the status after a move; raises `EnrolmentMoveRefused`."""
    after = ENROLMENT_TABLE.get((status, move))
    if after is None:
        raise EnrolmentMoveRefused(f"a file that is {status} does not allow {move}", status_now=status)
    return after


def device_moved(status: DeviceStatus, move: DeviceMove) -> DeviceStatus:
    """Return the status after a move; raises `DeviceMoveRefused`."""
    after = DEVICE_TABLE.get((status, move))
    if after is None:
        raise DeviceMoveRefused(f"a device that is {status} does not allow {move}", status_now=status)
    return after


@dataclass(frozen=True, slots=True)
class Preconditions:
    """What must be there before an alarm is switched on; in the order in which people work."""

    police_report: bool
    grant: bool
    convention: bool
    card: bool
    device: bool
    test_press: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """Name those that are not there."""
        return tuple(f.name for f in fields(self) if not getattr(self, f.name))

    def refuse_if_missing(self) -> None:
        """Raise `ActivationRefused` naming each one that is not there."""
        if self.missing:
            raise ActivationRefused(
                f"activation needs first: {', '.join(self.missing)}", missing=list(self.missing)
            )


def refuse_to_end(*, decided: bool, devices: Collection[DeviceStatus]) -> None:
    """Refuse an end that the committee did not decide, or with a device that was not handed in.

    Raises `EndRefused` naming `decision` and `device`, whichever is missing.
    """
    missing = [
        name
        for name, there in (
            ("decision", decided),
            ("device", not any(status in HELD for status in devices)),
        )
        if not there
    ]
    if missing:
        raise EndRefused(f"ending needs first: {', '.join(missing)}", missing=missing)


def unprotected(file: EnrolmentStatus, devices: Collection[DeviceStatus], *, to_end: bool) -> bool:
    """Check whether an alarm that is to be on protects nobody: it is suspended, or no device of it works."""
    if to_end:
        return False
    works = DeviceStatus.ACTIVE in devices
    return file == EnrolmentStatus.SUSPENDED or (file == EnrolmentStatus.ACTIVE and not works)


def refuse_gap(file: EnrolmentStatus, others: Collection[DeviceStatus]) -> None:
    """Refuse to take back or suspend a device where what is left protects nobody; raises `GapInProtection`.

    In a swap the new device works before the old one comes back; a whole alarm is suspended
    with a reason. While it is suspended none works: then another one must at least be in the victim's hands.
    """
    wanted = {DeviceStatus.ACTIVE} if file == EnrolmentStatus.ACTIVE else HELD
    if not wanted.intersection(others):
        raise GapInProtection("issue and test another device first: this alarm has no other that works")
