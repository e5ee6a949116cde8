"""Timers of workers: they fire in every replica, so their handlers only claim due rows."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

import eventlet
from nameko.containers import WorkerContext
from nameko.timer import Timer

from chassis.messaging.worker.delivery import ExcInfo
from chassis.telemetry import health

log = logging.getLogger(__name__)

_Method = TypeVar("_Method", bound=Callable[..., None])


class _Every(Timer):  # type: ignore[misc]  # nameko is untyped
    """nameko's timer never overlaps; a failed run is counted and the next one comes all the same."""

    failures = 0
    # nameko keeps what `every` was given.
    interval: float | Callable[[], float]

    @property
    def seconds(self) -> float:
        """How long it is from one run to the next."""
        return self.interval() if callable(self.interval) else self.interval

    def start(self) -> None:
        """Begin."""
        health.expect(f"timer.{self.method_name}")
        super().start()

    def _run(self) -> None:
        """Run by the monotonic clock, unlike nameko: a clock put back an hour would stop timers for an hour."""
        due = monotonic()
        while True:
            with eventlet.Timeout(max(due - monotonic(), 0), exception=False):
                self.should_stop.wait()
                break
            self.handle_timer_tick()
            self.worker_complete.wait()
            self.worker_complete.reset()
            due = max(due + self.seconds, monotonic())

    def handle_result(
        self, worker_ctx: WorkerContext, result: object, exc_info: ExcInfo | None
    ) -> tuple[object, ExcInfo | None]:
        """Count and report a failure by type; the text of an error could hold personal data."""
        if exc_info is not None:
            self.failures += 1
            log.error(
                "timer %s failed: %s (%d so far)",
                self.method_name,
                exc_info[0].__name__,
                self.failures,
            )
        else:
            health.note(f"timer.{self.method_name}", self.seconds)
        answer: tuple[object, ExcInfo | None] = super().handle_result(worker_ctx, result, exc_info)
        return answer


def every(seconds: float | Callable[[], float]) -> Callable[[_Method], _Method]:
    """Run a method every `seconds`, starting at once; a run never starts before the last one ended.

    A setting is given as a function: it is read when the worker runs, not when its module is imported.
    """
    # By its name: nameko takes a function that stands alone for the method to decorate.
    decorator: Callable[[_Method], _Method] = _Every.decorator(interval=seconds, eager=True)
    return decorator
