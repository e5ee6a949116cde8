"""A worker process under test, as production runs it, and what it wrote down."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.forking import fork_worker

Row = dict[str, Any]


class Worker:
    """`python -m chassis.runtime.run <target>` with its own output file."""

    def __init__(self, target: str, broker_url: str, folder: Path, **env: str) -> None:
        self.out, self.log = folder / "out.jsonl", folder / "worker.log"
        self._target = target
        self._env = {**os.environ, "BROKER_URL": broker_url, "BUS_TEST_OUT": str(self.out), **env}

    def __enter__(self) -> "Worker":
        self.process = fork_worker(self._target, self._env, self.log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()

    def rows(self, what: str) -> list[Row]:
        """What it wrote so far of one kind."""
        if not self.out.exists():
            return []
        rows = [json.loads(line) for line in self.out.read_text().splitlines() if line.endswith("}")]
        return [row for row in rows if row["what"] == what]

    def wait(self, enough: Callable[[], bool], seconds: float = 40, every_s: float = 0.02) -> None:
        """Wait until `enough()`, asked every so many seconds; on time-out fail with the worker's log."""
        until = time.monotonic() + seconds
        while not enough():
            if time.monotonic() > until:
                raise AssertionError(self.log.read_text())
            time.sleep(every_s)
