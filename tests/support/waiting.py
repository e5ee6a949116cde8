"""How tests wait for what another process does."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(check: Callable[[], T | None], seconds: float = 10) -> T:
    """Give what `check` gives once it is true; fail after `seconds`."""
    until = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
    return found
