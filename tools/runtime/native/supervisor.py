"""Stands in for Docker Compose or systemd on a bare machine: keeps every process of a system running.

`python -m tools.runtime.native.supervisor RUN PLAN`.
"""

import asyncio
import fcntl
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tools.runtime.native import records
from tools.runtime.native.child import Child
from tools.runtime.native.control import OVERRIDES, Process, Reply, socket_path
from tools.runtime.native.layout import Layout
from tools.runtime.native.spec import Spec
from tools.runtime.native.template import Template

Plan = Callable[[Layout], list[Spec]]


def load_plan(where: str) -> Plan:
    """Load the plan function named `module:function`."""
    module, _, function = where.partition(":")
    plan: Plan = getattr(importlib.import_module(module), function)
    return plan


class Supervisor:
    """All children of one installation, and the socket through which they are commanded."""

    def __init__(self, layout: Layout, specs: list[Spec]) -> None:
        path = layout.run / OVERRIDES
        overrides = json.loads(path.read_text()) if path.exists() else {}
        self.specs = {spec.name: spec for spec in specs}
        self.templates = {
            spec.template: Template(spec.template, layout.logs / "template.log")
            for spec in specs
            if spec.template
        }
        self.children = {
            name: Child(spec, self._level(name), layout, overrides, self.templates.get(spec.template))
            for name, spec in self.specs.items()
        }
        self.layout = layout
        self.ended = asyncio.Event()

    async def run(self) -> None:
        """Start everything; stop everything, in order, on SIGTERM or on command."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ended.set)
        with socket_path(self.layout) as path:
            path.unlink(missing_ok=True)
            server = await asyncio.start_unix_server(self._serve, path)
        for template in self.templates.values():
            await template.start()
        lives = [
            asyncio.create_task(child.run([self.children[need] for need in child.spec.needs]))
            for child in self.children.values()
        ]
        await self.ended.wait()
        await self._stop_all()
        for life in lives:
            life.cancel()
        for template in self.templates.values():
            await template.stop()
        server.close()

    def _level(self, name: str) -> int:
        return 1 + max((self._level(need) for need in self.specs[name].needs), default=0)

    async def _stop_all(self) -> None:
        for level in sorted({child.level for child in self.children.values()}, reverse=True):
            group = [child for child in self.children.values() if child.level == level]
            await asyncio.gather(*(child.stop() for child in group))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            try:
                answer: Reply = await self._obey(**json.loads(await reader.readline()))
            except (KeyError, TypeError, ValueError) as error:
                answer = {"refused": f"no such command or process: {error}"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def _obey(self, do: str, name: str = "") -> Reply:
        if do == "status":
            return {"processes": [self._describe(child) for child in self.children.values()]}
        if do == "down":
            self.ended.set()
            return {}
        child = self.children[name]
        if do in ("stop", "restart"):
            await child.stop()
        if do in ("start", "restart"):
            child.start()
        if do == "kill":
            child.kill()
        return {"processes": [self._describe(child)]}

    @staticmethod
    def _describe(child: Child) -> Process:
        return {
            "name": child.spec.name,
            "state": child.state,
            "pid": child.pid,
            "port": child.spec.port,
            "restarts": child.restarts,
            "error": child.error,
            "step": child.step,
        }


def main() -> None:
    """Run in the background until told to stop; only one per installation."""
    layout, plan = Layout.at(Path(sys.argv[1])), load_plan(sys.argv[2])
    with (layout.run / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("another supervisor runs here already")
        records.remember(layout, records.SUPERVISOR, os.getpid(), 0, signal.SIGTERM, 60)
        try:
            asyncio.run(_supervise(layout, plan))
        finally:
            records.forget(layout, records.SUPERVISOR)


async def _supervise(layout: Layout, plan: Plan) -> None:
    await Supervisor(layout, plan(layout)).run()


if __name__ == "__main__":
    main()
