"""A running system, from Python: `with System.up() as system: ...`."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Self

from tools.runtime.native import records
from tools.runtime.native.control import OVERRIDES, Process, call
from tools.runtime.native.layout import Layout, SetupError, check_disk, port_holder, port_is_free, write_private
from tools.runtime.native.running import Processes, RunningSystem
from tools.runtime.native.spec import Spec
from tools.runtime.native.supervisor import load_plan

PLAN = "tools.runtime.native.plan:plan"


class System(RunningSystem):
    """One installation of native processes, run by a supervisor in the background."""

    plan = PLAN

    @classmethod
    def up(
        cls,
        run: Path | None = None,
        *,
        plan: str = PLAN,
        env: Mapping[str, str] | None = None,
        progress: Callable[[Processes], None] = lambda _: None,
        seconds: float = 120,
    ) -> Self:
        """Start the system, or join the running one; returns when all of it is ready.

        `env` wins over what the plan says, in every process. Raises SetupError, after stopping again.
        """
        system = cls(Layout.at(run))
        system.plan = plan
        if records.supervisor(system.layout) is None:
            system._launch(plan, env or {})
        elif env:
            raise SetupError("it runs already, with other settings: stop it first (`make stop`)")
        system.wait_started(seconds, progress)
        return system

    def down(self) -> list[str]:
        """Stop everything in order, with or without a living supervisor; answers what ran."""
        names = [record.name for record in records.running(self.layout)]
        if supervisor := records.supervisor(self.layout):
            with suppress(SetupError):
                call(self.layout, "down")
            if not records.wait_gone([supervisor], 90):
                records.kill_group(supervisor.pid)
        records.stop_orphans(self.layout)
        return [name for name in names if name != records.SUPERVISOR]

    def processes(self) -> Processes:
        """List name, state, pid, port, restarts and last error of every process and step."""
        return call(self.layout, "status")["processes"]

    def checked(self) -> Processes:
        """List the same, as each answers now: a process that was ready once need not be so any more."""
        probes = {spec.name: spec.ready for spec in load_plan(self.plan)(self.layout) if spec.ready}

        def now(process: Process) -> Process:
            probe = probes.get(process["name"])
            if process["state"] != "ready" or probe is None or probe():
                return process
            return {**process, "state": "unready", "error": "it runs, and does not say that it is ready"}

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(now, self.processes()))

    def stop(self, name: str) -> None:
        """Stop one process cleanly; it stays down."""
        call(self.layout, "stop", name)

    def kill(self, name: str) -> None:
        """Kill one process (-9); the supervisor starts it again."""
        call(self.layout, "kill", name)

    def start(self, name: str) -> None:
        """Start one process that was stopped, and wait until it is ready."""
        call(self.layout, "start", name)
        self.wait_ready(name)

    def restart(self, name: str) -> None:
        """Stop one process cleanly, start it again, and wait until it is ready."""
        call(self.layout, "restart", name)
        self.wait_ready(name)

    def log(self, name: str) -> str:
        """Read all that a process wrote."""
        log = self.layout.logs / f"{name}.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def last_words(self, name: str) -> str:
        """Say where the log of a process is, and quote the line in it that most probably says what is wrong."""
        return f"{self.layout.logs / f'{name}.log'} ends: {_last_line(self.log(name))}"

    def _launch(self, plan: str, env: Mapping[str, str]) -> None:
        records.stop_orphans(self.layout)  # a killed supervisor's children hold our ports
        write_private(self.layout.run / OVERRIDES, json.dumps(dict(env)))
        check_disk(self.layout.data)
        _check_ports(load_plan(plan)(self.layout))
        log = self.layout.logs / f"{records.SUPERVISOR}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tools.runtime.native.supervisor", str(self.layout.run), plan],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        self.started_here = True
        self._wait_supervisor(process, log)

    def _wait_supervisor(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        while process.poll() is None:
            with suppress(SetupError):
                self.processes()
                return
            time.sleep(0.05)
        raise SetupError(f"the supervisor did not start: {_last_line(log.read_text(errors='replace'))}")


def _check_ports(specs: list[Spec]) -> None:
    for spec in specs:
        if spec.port and not port_is_free(spec.port):
            raise SetupError(
                f"port {spec.port} of {spec.name} is taken by {port_holder(spec.port)}: end that, "
                "or delete .run/ports.json to have other ports chosen"
            )


def _last_line(text: str) -> str:
    """Pick the line that most probably says why: the last with an error in it, else the last."""
    lines = [line.strip() for line in text.splitlines()[-50:] if line.strip()]
    telling = [line for line in lines if re.search(r"error|fatal|exception", line, re.IGNORECASE)]
    return (telling or lines or ["(nothing)"])[-1]
