"""Files and devices from beginning to end, and what each move needs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

from contracts.registry import DeviceStatus, EnrolmentStatus
from services.registry.errors import (
    ActivationRefused,
    DeviceMoveRefused,
    EndRefused,
    EnrolmentMoveRefused,
    GapInProtection,
)

EnrolmentMove = Literal["activate", "suspend", "end"]
DeviceMove = Literal["activate", "suspend", "report_lost", "return", "reactivate"]

ENROLMENT_STATUSES: tuple[EnrolmentStatus, ...] = get_args(EnrolmentStatus)
DEVICE_STATUSES: tuple[DeviceStatus, ...] = get_args(DeviceStatus)
ENROLMENT_MOVES: tuple[EnrolmentMove, ...] = get_args(EnrolmentMove)
DEVICE_MOVES: tuple[DeviceMove, ...] = get_args(DeviceMove)

ENROLMENT_TABLE: Mapping[tuple[EnrolmentStatus, EnrolmentMove], EnrolmentStatus] = {
    ("open", "activate"): "active",
    ("suspended", "activate"): "active",
    ("active", "suspend"): "suspended",
    ("open", "end"): "ended",
    ("active", "end"): "ended",
    ("suspended", "end"): "ended",
}
# What was suspended or lost comes back as `matched`: only a passed test makes a device active.
DEVICE_TABLE: Mapping[tuple[DeviceStatus, DeviceMove], DeviceStatus] = {
    ("matched", "activate"): "active",
    ("matched", "suspend"): "suspended",
    ("active", "suspend"): "suspended",
    ("matched", "report_lost"): "lost",
    ("active", "report_lost"): "lost",
    ("suspended", "report_lost"): "lost",
    ("matched", "return"): "returned",
    ("active", "return"): "returned",
    ("suspended", "return"): "returned",
    ("lost", "return"): "returned",
    ("suspended", "reactivate"): "matched",
    ("lost", "reactivate"): "matched",
}
# In the victim's hands.
HELD: frozenset[DeviceStatus] = frozenset({"matched", "active", "suspended"})
# In the victim's hands and usable.
LIVE: frozenset[DeviceStatus] = frozenset({"matched", "active"})


def enrolment_moved(status: EnrolmentStatus, move: EnrolmentMove) -> EnrolmentStatus:
    """The status after a move; raises `EnrolmentMoveRefused`."""
    after = ENROLMENT_TABLE.get((status, move))
    if after is None:
        raise EnrolmentMoveRefused(f"a file that is {status} does not allow {move}", status_now=status)
    return after


def device_moved(status: DeviceStatus, move: DeviceMove) -> DeviceStatus:
    """The status after a move; raises `DeviceMoveRefused`."""
    after = DEVICE_TABLE.get((status, move))
    if after is None:
        raise DeviceMoveRefused(f"a device that is {status} does not allow {move}", status_now=status)
    return after


def enrolment_status_of(kept: str) -> EnrolmentStatus:
    """The status of a file as the tables know it."""
    return next(status for status in ENROLMENT_STATUSES if status == kept)


def status_of(kept: str) -> DeviceStatus:
    """The status of a device as the tables know it."""
    return next(status for status in DEVICE_STATUSES if status == kept)


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
        """The names of those that are not there."""
        return tuple(f.name for f in fields(self) if not getattr(self, f.name))

    def refuse_if_missing(self) -> None:
        """Raise `ActivationRefused` naming each one that is not there."""
        if self.missing:
            raise ActivationRefused(
                f"activation needs first: {', '.join(self.missing)}", missing=list(self.missing)
            )


def refuse_to_end(*, decided: bool, devices: Collection[DeviceStatus]) -> None:
    """No alarm ends by a click: the committee decided it, and every device was handed in.

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
    """Whether an alarm that is to be on protects nobody now: it is suspended, or no device of it works."""
    return not to_end and (file == "suspended" or (file == "active" and "active" not in devices))


def refuse_gap(file: EnrolmentStatus, others: Collection[DeviceStatus]) -> None:
    """What is left when a device is taken back or suspended must protect her; raises `GapInProtection`.

    In a swap the new device works before the old one comes back; a whole alarm is suspended
    with a reason. While it is suspended none works: then another one must at least be in the victim's hands.
    """
    wanted = {"active"} if file == "active" else HELD
    if not wanted.intersection(others):
        raise GapInProtection("issue and test another device first: this alarm has no other that works")
