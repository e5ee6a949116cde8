"""Processes of services, forked from a Python that has their libraries, as the native system starts them.

Starting Python and importing costs 1.6 s of processor time for each process; a fork costs nothing.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from queue import Queue

from tools.runtime.native import template
from tools.runtime.native.layout import project_root
from tools.runtime.native.plan import WEB, WORKER


class Forked:
    """A process that a template forked, with what tests use of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None
        self._ended = threading.Event()

    def end(self, code: int) -> None:
        """Take note of its exit code; negative for the signal that ended it."""
        self._code = code
        self._ended.set()

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._code

    def wait(self, seconds: float = 30) -> int:
        """Its exit code, once it has ended; fails after `seconds`."""
        assert self._ended.wait(seconds), f"process {self.pid} did not end within {seconds} s"
        assert self._code is not None
        return self._code

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        # It may have ended by itself, or by an earlier signal, and nobody has read yet that it did.
        with suppress(ProcessLookupError):
            if self._code is None:
                os.kill(self.pid, number)


class _Template:
    """One Python that has imported `modules`, and forks for whoever asks."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", template.__name__, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=project_root(),
            start_new_session=True,
        )
        self._forked: Queue[Forked | None] = Queue()
        self._asking = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()
        atexit.register(self._process.communicate)  # closes its input: it ends

    def fork(self, argv: tuple[str, ...], env: Mapping[str, str], log: Path) -> Forked:
        """Run `python -m argv...` with its output in `log`."""
        request = json.dumps({"argv": argv, "env": dict(env), "log": str(log)})
        assert self._process.stdin
        with self._asking:
            self._process.stdin.write(request.encode() + b"\n")
            self._process.stdin.flush()
            forked = self._forked.get()
        assert forked, "the template died"
        return forked

    def _read(self) -> None:
        assert self._process.stdout
        running: dict[int, Forked] = {}
        for line in self._process.stdout:
            pid, code = json.loads(line)
            if code is None:
                running[pid] = Forked(pid)
                self._forked.put(running[pid])
            else:
                running.pop(pid).end(code)
        self._forked.put(None)


_template = cache(_Template)


def fork_api(*argv: str, env: Mapping[str, str], log: Path) -> Forked:
    """Start `python -m uvicorn argv...`."""
    return _template(WEB).fork(("uvicorn", *argv), env, log)


def fork_worker(target: str, env: Mapping[str, str], log: Path) -> Forked:
    """Start `python -m chassis.runtime.run target`."""
    return _template(WORKER).fork(("chassis.runtime.run", target), env, log)
