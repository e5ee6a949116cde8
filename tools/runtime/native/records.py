"""Which processes of an installation run: on disk, so that any shell can stop them."""

import json
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tools.runtime.native.layout import Layout, write_private

SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class Record:
    """A started process; its creation time tells it from a later one with the same number."""

    name: str
    pid: int
    created: float
    level: int  # how deep it depends on others: the deepest stop first
    stop_signal: int
    stop_seconds: float

    @property
    def alive(self) -> bool:
        """Whether that very process still runs; a zombie does not."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < 1
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def remember(
    layout: Layout, name: str, pid: int, level: int, stop_signal: int, stop_seconds: float
) -> Record | None:
    """Write down a process just started; None if it is gone already."""
    try:
        created = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None
    record = Record(name, pid, created, level, stop_signal, stop_seconds)
    write_private(_path(layout, name), json.dumps(asdict(record)))
    return record


def forget(layout: Layout, name: str) -> None:
    """Strike out a process that ended."""
    _path(layout, name).unlink(missing_ok=True)


def running(layout: Layout) -> list[Record]:
    """List the processes of this installation that are alive."""
    records = []
    for path in layout.pids.glob("*.json"):
        with suppress(FileNotFoundError, ValueError):
            records.append(Record(**json.loads(path.read_text())))
    return [record for record in records if record.alive]


def supervisor(layout: Layout) -> Record | None:
    """Find the running supervisor, if there is one."""
    return next((record for record in running(layout) if record.name == SUPERVISOR), None)


def stop_orphans(layout: Layout) -> list[str]:
    """Stop in order what a killed supervisor left behind; answers their names."""
    left = [record for record in running(layout) if record.name != SUPERVISOR]
    for level in sorted({record.level for record in left}, reverse=True):
        group = [record for record in left if record.level == level]
        for record in group:
            with suppress(ProcessLookupError):
                os.kill(record.pid, record.stop_signal)
        wait_gone(group, max(record.stop_seconds for record in group))
        for record in group:
            kill_group(record.pid)
        wait_gone(group, 5)
    for path in layout.pids.glob("*.json"):
        path.unlink(missing_ok=True)
    return [record.name for record in left]


def wait_gone(records: Iterable[Record], seconds: float) -> bool:
    """Wait until none of them is alive; False if some still are after `seconds`."""
    deadline = time.monotonic() + seconds
    while any(record.alive for record in records):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def kill_group(pid: int) -> None:
    """Send SIGKILL to a process and all it started; each leads a group of its own."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _path(layout: Layout, name: str) -> Path:
    return layout.pids / f"{name}.json"
