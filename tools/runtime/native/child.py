"""One process under supervision: started, watched, started again when it dies."""

import asyncio
import os
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tools.runtime.native import records
from tools.runtime.native.layout import Layout, project_root
from tools.runtime.native.spec import Spec
from tools.runtime.native.template import Forked, Template

_BACKOFF_S = (0.1, 0.2, 0.4, 0.8, 1.6, 5)
_SETTLED_S = 10  # who lived this long starts again without delay
_FIRST_TRIES = 3  # deaths before the very first readiness that count as "cannot start"
_POLL_S = 0.1


class Child:
    """The life of one `Spec`; `state` is what people see."""

    def __init__(
        self,
        spec: Spec,
        level: int,
        layout: Layout,
        overrides: Mapping[str, str],
        template: Template | None = None,
    ) -> None:
        self.spec, self.level, self.layout = spec, level, layout
        self._env, self._template = {**os.environ, **spec.env, **overrides}, template
        self.state, self.error, self.restarts = "waiting", "", 0
        self.pid: int | None = None
        self.step = spec.once or not spec.command
        self._quick_deaths = 0
        self.wanted = True
        self.was_ready = asyncio.Event()  # once, ever: who needs us goes on then
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()  # nothing of it runs
        self._idle.set()
        self._process: Process | Forked | None = None

    async def run(self, needs: list["Child"]) -> None:
        """Keep it alive as long as it is wanted; ends only for a one-off step."""
        for need in needs:
            await need.was_ready.wait()
        while not self._over():
            if self.wanted:
                self._idle.clear()
                try:
                    await self._one_life()
                finally:
                    self._idle.set()
            else:
                if self.state != "stopped":
                    self._enter("stopped")
                await self._wait_changed(None)

    async def stop(self) -> None:
        """Ask it to end, then make it; returns when it has."""
        self.wanted = False
        self._changed.set()
        self._signal_stop()
        try:
            async with asyncio.timeout(self.spec.stop_seconds):
                await self._idle.wait()
        except TimeoutError:
            if self._process:
                records.kill_group(self._process.pid)
            await self._idle.wait()

    def start(self) -> None:
        """Want it again."""
        self.wanted = True
        if self.state in ("stopped", "failed"):
            self._enter("starting")
        self._changed.set()

    def kill(self) -> None:
        """Kill it (-9), as a crash: it will be started again."""
        if self._process:
            self._enter("crashed", "killed on command")
            records.kill_group(self._process.pid)

    def _over(self) -> bool:
        return self.step and self.state in ("done", "failed")

    async def _one_life(self) -> None:
        born, reason = time.monotonic(), ""
        self._enter("starting")
        try:
            code = await self._live()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must live on
            code, reason = -1, str(error) or repr(error)
        if not self.wanted:
            return
        reason = reason or f"ended with code {code}"
        if self.step:
            self._enter("failed" if code else "done", reason if code else "")
            return
        self.restarts += 1
        if not self.was_ready.is_set() and self.restarts >= _FIRST_TRIES:
            self._enter("failed", reason)
            await self._wait_changed(None)
            return
        self._quick_deaths = 0 if time.monotonic() - born > _SETTLED_S else self._quick_deaths + 1
        self._enter("crashed", reason)
        await self._wait_changed(_BACKOFF_S[min(self._quick_deaths, len(_BACKOFF_S) - 1)])

    async def _live(self) -> int:
        """Run it from start to end; returns the exit code."""
        if self.spec.skip:
            nothing_to_do: bool = await asyncio.to_thread(self.spec.skip)
            if nothing_to_do:
                return 0
        if self.spec.prepare:
            await asyncio.to_thread(self.spec.prepare)
        if not self.spec.command or not self.wanted:
            return 0
        process = await self._spawn()
        watch = asyncio.create_task(self._watch_readiness())
        try:
            return await process.wait()
        finally:
            watch.cancel()
            records.kill_group(process.pid)  # what it started must not hold its ports
            records.forget(self.layout, self.spec.name)
            self._process = self.pid = None

    async def _spawn(self) -> Process | Forked:
        spec, log = self.spec, self.layout.logs / f"{self.spec.name}.log"
        process: Process | Forked | None = None
        if self._template:
            process = await self._template.fork(spec.command[2:], self._env, log)
        if process is None:
            process = await self._start(log)
        self._process, self.pid = process, process.pid
        records.remember(self.layout, spec.name, process.pid, self.level, spec.stop_signal, spec.stop_seconds)
        if spec.nice:
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, process.pid, spec.nice)
        if not self.wanted:  # stopped while it was being started
            self._signal_stop()
        return process

    async def _start(self, log: Path) -> Process:
        account = self.spec.account.spawn if self.spec.account else {}
        with log.open("ab") as out:
            return await asyncio.create_subprocess_exec(
                *self.spec.command,
                env=self._env,
                cwd=self.spec.folder or project_root(),
                stdin=DEVNULL,
                stdout=out,
                stderr=STDOUT,
                start_new_session=True,
                **account,
            )

    def _signal_stop(self) -> None:
        if self._process:
            with suppress(ProcessLookupError):
                self._process.send_signal(self.spec.stop_signal)

    def _enter(self, state: str, error: str = "") -> None:
        """Change state, and tell the log."""
        self.state, self.error = state, error
        if state in ("ready", "done"):
            self.was_ready.set()
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        print(now, self.spec.name, state, error, flush=True)

    async def _watch_readiness(self) -> None:
        while not self.step:
            if self.spec.ready is None or await asyncio.to_thread(self.spec.ready):
                self._enter("ready")
                return
            await asyncio.sleep(_POLL_S)

    async def _wait_changed(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()
