"""A Python with the heavy modules imported, which forks: `python -m tools.runtime.native.template MODULE...`.

The eleven processes of the services import the same libraries, two seconds of processor time each; forked from
one that has them, they start at once. A change to what it has imported is seen after `down` and `up` only.

Requests come as lines of JSON on standard input; answers, and the exit codes of the forked, go to standard
output. When the supervisor is gone, so is the input, and the template ends. Its children do not.
"""

import asyncio
import gc
import importlib
import json
import os
import runpy
import signal
import sys
import warnings
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

from tools.runtime.native.layout import project_root


class Forked:
    """A process that the template forked, with what the supervisor uses of asyncio's `Process`."""

    def __init__(self, pid: int, code: "asyncio.Future[int]") -> None:
        self.pid, self._code = pid, code

    async def wait(self) -> int:
        """Wait until it has ended; returns its exit code, negative for the signal that ended it."""
        return await asyncio.shield(self._code)

    def send_signal(self, number: int) -> None:
        """Send it a signal; raises ProcessLookupError when it has ended."""
        if self._code.done():
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)


class Template:
    """The supervisor's end of one template process."""

    def __init__(self, imports: Sequence[str], log: Path) -> None:
        self._imports, self._log = imports, log
        self._asking = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._forked: asyncio.Queue[Forked | None] = asyncio.Queue()
        self._codes: dict[int, asyncio.Future[int]] = {}

    async def start(self) -> None:
        """Start importing; requests may be made at once."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", __name__, *self._imports),
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                cwd=project_root(),
                stdin=PIPE,
                stdout=PIPE,
                stderr=log,
                start_new_session=True,
            )
        self._reading = asyncio.create_task(self._read(self._process))

    async def fork(self, argv: Sequence[str], env: Mapping[str, str], log: Path) -> Forked | None:
        """Run `python -m argv...`; None when the template is dead: then start it without."""
        async with self._asking:
            if not self._process or self._process.returncode is not None or not self._process.stdin:
                return None
            request = json.dumps({"argv": argv, "env": dict(env), "log": str(log)})
            with suppress(ConnectionError):
                self._process.stdin.write(request.encode() + b"\n")
                await self._process.stdin.drain()
            return await self._forked.get()

    async def stop(self) -> None:
        """End the template, when nothing more will be forked."""
        if self._process and self._process.stdin:
            self._process.stdin.close()
            await self._process.wait()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout  # noqa: S101 - it was made with a pipe
        while line := await process.stdout.readline():
            pid, code = json.loads(line)
            if code is None:
                self._codes[pid] = asyncio.get_running_loop().create_future()
                self._forked.put_nowait(Forked(pid, self._codes[pid]))
            else:
                self._codes.pop(pid).set_result(code)
        await process.wait()
        self._forked.put_nowait(None)
        for unknown in self._codes.values():  # as if they had ended: they are killed then, and started anew
            unknown.set_result(-signal.SIGKILL)


class Start(TypedDict):
    """What a child is to be: `python -m argv...`, with its environment and its log."""

    argv: list[str]
    env: dict[str, str]
    log: str


def _tell(pid: int, code: int | None) -> None:
    os.write(1, json.dumps([pid, code]).encode() + b"\n")


def _reap(*_: object) -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _tell(ended[0], os.waitstatus_to_exitcode(ended[1]))


def _serve() -> Start | None:
    """Fork for each request. Comes back in each child with the request, and at the end with None."""
    signal.signal(signal.SIGCHLD, _reap)
    while line := sys.stdin.readline():
        # Held back, so that nobody's end is told before its beginning.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if not pid:
            request: Start = json.loads(line)
            return request
        os.setpgid(pid, pid)  # it is killed as a group, with all that it starts
        _tell(pid, None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    return None


def _become(argv: Sequence[str], env: Mapping[str, str], log: str) -> None:
    """Become what an ordinary start of `python -m argv...` would have been."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    out, nothing = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(source, target)
    os.close(out)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(env)
    module, *sys.argv[1:] = argv
    warnings.filterwarnings("ignore", ".*found in sys.modules", RuntimeWarning)  # it is meant to be there
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main() -> None:
    """Import, then serve; in a child, run what it is to be."""
    for name in sys.argv[1:]:
        importlib.import_module(name)
    gc.freeze()  # a collection in a child would copy every page that it touches
    if request := _serve():
        _become(**request)


if __name__ == "__main__":
    main()
