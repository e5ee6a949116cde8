"""Runs nameko workers: `python -m chassis.runtime.run services.dispatch.worker[:AlarmLane,General]`.

A worker module may have `on_start()` and `on_stop()`, called before the first and after the last handler.
"""

# ruff: noqa: E402 - the order of imports is the point: eventlet must patch before anything else is imported
import warnings

warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated.*")

import eventlet

eventlet.monkey_patch()
# Patching makes a hub: in a fork of a patched process, its poll object would be shared with all other forks.
eventlet.hubs.use_hub()

import importlib
import inspect
import logging
import os
import signal
import sys
from types import ModuleType

from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR
from nameko.runners import ServiceRunner

from chassis.messaging import worker
from chassis.runtime import eventlet_patches, gc_tuning
from chassis.runtime.settings import secret
from chassis.telemetry import metrics, process_metrics, telemetry
from contracts.telemetry import QUEUE_RECEIVED_AGE

eventlet_patches.install()

log = logging.getLogger("chassis.runtime.run")

# Bounds runaway spawning only: the entrypoints' own concurrency is the real limit.
_MAX_WORKERS = 200


def service_classes(module: ModuleType, names: str) -> list[type]:
    """Find the classes that are named, or all that the module defines with entrypoints."""
    if names:
        return [getattr(module, name) for name in names.split(",")]
    return [
        cls
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if cls.__module__ == module.__name__
        and any(hasattr(member, ENTRYPOINT_EXTENSIONS_ATTR) for member in vars(cls).values())
    ]


def _log_to_stderr() -> None:
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    logging.getLogger("amqp").setLevel(logging.WARNING)
    logging.getLogger("nameko").setLevel(logging.WARNING)
    # The bus and the timers report each failed handler themselves, by type and without its text.
    logging.getLogger("nameko.containers").setLevel(logging.CRITICAL)


def _serve(runner: ServiceRunner) -> None:
    """Serve until SIGTERM or SIGINT; handlers in hand are finished first."""
    ending = eventlet.event.Event()

    def ask_to_end(*_: object) -> None:
        # A signal handler runs in the hub, where nothing may wait.
        if not ending.ready():
            eventlet.spawn_n(lambda: ending.ready() or ending.send())

    signal.signal(signal.SIGTERM, ask_to_end)
    signal.signal(signal.SIGINT, ask_to_end)
    runner.start()
    # A container that dies (a fault of ours) ends the process, and its supervisor starts it afresh.
    died = eventlet.spawn(runner.wait)
    died.link(lambda _: ask_to_end())
    ending.wait()
    runner.stop()
    died.wait()


def main(target: str) -> None:
    """Run the workers of one module until told to stop."""
    _log_to_stderr()
    path, _, names = target.partition(":")
    parts = path.split(".")
    process = names or "worker"
    telemetry.configure(parts[1] if len(parts) > 1 else path, process)
    process_metrics.of_process(process)
    metrics.observe(QUEUE_RECEIVED_AGE, worker.received_ages)
    module = importlib.import_module(path)
    runner = ServiceRunner({"AMQP_URI": secret("broker_url"), "max_workers": _MAX_WORKERS})
    for cls in service_classes(module, names):
        runner.add_service(cls)
    log.info("starting %s", ", ".join(runner.service_names))
    getattr(module, "on_start", lambda: None)()
    gc_tuning.for_latency()
    try:
        _serve(runner)
    finally:
        getattr(module, "on_stop", lambda: None)()
        telemetry.flush()
    log.info("stopped")


if __name__ == "__main__":
    main(sys.argv[1])
