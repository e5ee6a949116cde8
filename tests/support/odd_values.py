"""Values that real phones and broken clients send."""

from typing import Any

FIELDS = {
    "press": ("device_id", "counter", "kind", "pressed_at", "sent_at", "fix"),
    "fixes": ("sequence", "fixes", "alarm_id", "at"),
    "cancel": ("code", "alarm_id", "at"),
    "heartbeats": (
        *("at", "phone_battery", "button_battery", "bluetooth", "location_permission", "app_version"),
        "sequence",
    ),
}


ODD: list[Any] = [
    *(-1, 255, 0.85, 84.6, 2**31, 2**31 - 1, 2**63, 2**63 - 1, 2**64, -(2**63), 10**400, 1e308, float("nan")),
    *(float("inf"), True, None, "", " ", "\x00", "\ud800", "\u200b", "٧", "½", "9" * 400, [], {}, [[]]),
    "0001-01-01T00:30:00+02:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00",
    "2026-11-30T12:00:00+18:00", "2026-11-30T12:00:00-23:59", "2026-11-30T12:00:00", "1970-01-01T00:00:00Z",
    "2199-12-31T23:59:59-16:00", 1764500400, 1764500400000, -62135596800, "-infinity", "infinity", "NaN", "now",
]  # fmt: skip
