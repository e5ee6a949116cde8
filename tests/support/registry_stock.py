"""The people and devices of tests about the stock."""

from typing import Any

from tests.support.desks import Who
from tests.support.registry import device_body

TECHNICIAN: Who = {"role": "technician", "zone": "ghent", "sub": "theo"}


def wanted(**items: str) -> dict[str, Any]:
    """A device from the stock: all but the number on its button."""
    return {name: value for name, value in device_body().items() if name != "button_serial"} | items
