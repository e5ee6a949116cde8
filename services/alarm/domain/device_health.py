"""What about a device needs a person."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

# What other clocks may be ahead of this one.
_AHEAD_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on a person is told: seconds, percent, days."""

    silence_warning_s: float
    silence_task_s: float
    bluetooth_loss_s: float
    phone_battery_percent: int
    button_battery_percent: int
    battery_task_percent: int
    test_due_days: float
    test_overdue_days: float


@dataclass(frozen=True, slots=True)
class Health:
    """The last that is known of a device in use."""

    device_id: UUID
    enrolment_id: UUID
    contact_at: datetime
    reported_at: datetime | None
    phone_battery: int | None
    button_battery: int | None
    bluetooth_lost_at: datetime | None
    tested_at: datetime


Kind = Literal["silent", "phone_battery", "button_battery", "bluetooth", "test_overdue"]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something about a device that needs a person."""

    device_id: UUID
    enrolment_id: UUID
    kind: Kind
    level: Literal["warning", "task"]
    since: datetime
    detail: tuple[tuple[str, int], ...] = ()


def conditions(health: Health, limits: Limits, now: datetime) -> list[Condition]:
    """List everything about this device that needs a person now."""
    found: list[Condition] = []
    device, file = health.device_id, health.enrolment_id

    def overdue(kind: Kind, since: datetime | None, warning_s: float, task_s: float | None) -> None:
        age = (now - since).total_seconds() if since else 0
        if age < -_AHEAD_S:
            # What is said to happen yet is not known: that is not well.
            age = math.inf
        if since and age >= warning_s:
            found.append(Condition(device, file, kind, "warning", since))
        if since and task_s is not None and age >= task_s:
            found.append(Condition(device, file, kind, "task", since))

    def low(kind: Kind, percent: int | None, warning: int) -> None:
        at = health.reported_at or now
        if percent is not None and percent < warning:
            found.append(Condition(device, file, kind, "warning", at, (("percent", percent),)))
        if percent is not None and percent < limits.battery_task_percent:
            found.append(Condition(device, file, kind, "task", at, (("percent", percent),)))

    overdue("silent", health.contact_at, limits.silence_warning_s, limits.silence_task_s)
    overdue("bluetooth", health.bluetooth_lost_at, limits.bluetooth_loss_s, None)
    overdue("test_overdue", health.tested_at, limits.test_due_days * 86400, limits.test_overdue_days * 86400)
    low("phone_battery", health.phone_battery, limits.phone_battery_percent)
    low("button_battery", health.button_battery, limits.button_battery_percent)
    return found
