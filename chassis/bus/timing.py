"""Timers of workers: they fire in every replica, so their handlers only claim due rows."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from nameko.timer import Timer

log = logging.getLogger(__name__)

_Method = TypeVar("_Method", bound=Callable[..., None])


class _Every(Timer):  # type: ignore[misc]  # nameko is untyped
    """nameko's timer never overlaps; a failed run is counted and the next one comes all the same."""

    failures = 0

    def handle_result(self, worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """Count and report a failure by type; the text of an error could hold personal data."""
        if exc_info is not None:
            self.failures += 1
            log.error(
                "timer %s failed: %s (%d so far)",
                self.method_name,
                exc_info[0].__name__,
                self.failures,
            )
        answer: tuple[Any, Any] = super().handle_result(worker_ctx, result, exc_info)
        return answer


def every(seconds: float) -> Callable[[_Method], _Method]:
    """Run a method every `seconds`, starting at once; a run never starts before the last one ended."""
    decorator: Callable[[_Method], _Method] = _Every.decorator(seconds, eager=True)
    return decorator
