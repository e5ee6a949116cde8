"""What the supervisor has to know about one process: plain data, built by plan.py."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.runtime.native.account import Account


@dataclass(frozen=True)
class Spec:
    """One process or one-off step of the system.

    Without `command` it is only its `prepare`. Functions run in threads: they may block.
    """

    name: str
    command: tuple[str, ...] = ()
    # Forked from a process that has imported these, when the command is `python -m ...`; see template.py.
    template: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)  # on top of the supervisor's own
    needs: tuple[str, ...] = ()  # wait for these before the first start
    once: bool = False  # a step that ends: exit code 0 makes it ready
    skip: Callable[[], bool] | None = None  # asked before a step: True if there is nothing to do
    prepare: Callable[[], None] | None = None  # before every start; may raise SetupError
    ready: Callable[[], bool] | None = None  # asked until True; without it, running is ready
    port: int | None = None  # listened on; checked to be free before the start
    account: Account | None = None  # whom to run as, if not as we are
    folder: Path | None = None  # working folder, if not the checkout
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 15  # then it is killed
    nice: int = 0
