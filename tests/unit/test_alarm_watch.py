"""When a person is told about a device."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.alarm.domain.device_health import Health, conditions
from services.alarm.settings import AlarmSettings
from services.alarm.usecases.device_liveness import limits_of

NOW = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
LIMITS = limits_of(AlarmSettings.model_construct())


def health(**changes: object) -> Health:
    sound: dict[str, object] = {
        "device_id": uuid4(),
        "enrolment_id": uuid4(),
        "contact_at": NOW,
        "reported_at": NOW,
        "phone_battery": 80,
        "button_battery": 80,
        "bluetooth_lost_at": None,
        "tested_at": NOW,
    }
    return Health(**{**sound, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, set()),
        ({"contact_at": NOW - timedelta(minutes=59)}, set()),
        ({"contact_at": NOW - timedelta(minutes=60)}, {("silent", "warning")}),
        ({"contact_at": NOW - timedelta(hours=4)}, {("silent", "warning"), ("silent", "task")}),
        ({"phone_battery": 20}, set()),
        ({"phone_battery": 19}, {("phone_battery", "warning")}),
        ({"phone_battery": 4}, {("phone_battery", "warning"), ("phone_battery", "task")}),
        ({"button_battery": 14}, {("button_battery", "warning")}),
        ({"bluetooth_lost_at": NOW - timedelta(minutes=9)}, set()),
        ({"bluetooth_lost_at": NOW - timedelta(minutes=10)}, {("bluetooth", "warning")}),
        ({"tested_at": NOW - timedelta(days=14)}, set()),
        ({"tested_at": NOW - timedelta(days=15)}, {("test_overdue", "warning")}),
        ({"tested_at": NOW - timedelta(days=17)}, {("test_overdue", "warning"), ("test_overdue", "task")}),
    ],
)
def test_who_is_told_when(changes: dict[str, object], wanted: set[tuple[str, str]]) -> None:
    assert {(c.kind, c.level) for c in conditions(health(**changes), LIMITS, NOW)} == wanted
