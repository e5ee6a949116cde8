"""The same system in containers: `with ComposeSystem.up() as system: ...`."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Self

from tools.runtime.containers import docker, images, secrets
from tools.runtime.native import plan, postgres, rabbitmq
from tools.runtime.native.control import Process
from tools.runtime.native.layout import (
    SERVICES,
    Layout,
    SetupError,
    default_run_dir,
    project_root,
    write_private,
)
from tools.runtime.native.running import Processes, RunningSystem

# Ports of an installation that compose.yaml publishes.
_PUBLISHED = ("postgres", "amqp", "issuer", "collector", "heartbeats", "ketenaanpak", *SERVICES)
_STEPS = ("databases", "topology", *(f"{service}-migrate" for service in SERVICES))


def containers_run() -> list[Path]:
    """Find the folders of installations in containers under the run folder: `make stop` must think of them."""
    return [env.parent for env in sorted(default_run_dir().glob("*/env"))]


class ComposeSystem(RunningSystem):
    """One installation whose processes are containers of a Compose project of its own."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.project = "stalkingalarm-" + hashlib.sha256(str(layout.run).encode()).hexdigest()[:8]
        # When each container was started that was seen ready, and that was killed.
        self._ready: dict[str, str] = {}
        self._killed: dict[str, str] = {}
        self._probes = _probes(layout)

    @classmethod
    def up(
        cls,
        run: Path | None = None,
        *,
        env: Mapping[str, str] | None = None,
        profiles: tuple[str, ...] = ("local",),
        progress: Callable[[Processes], None] = lambda _: None,
        seconds: float = 180,
    ) -> Self:
        """Build what is missing, start the system or join the running one; returns when all of it is ready.

        `env` wins over what compose.yaml says, in every process; `profiles` are those of compose.yaml. Raises
        SetupError, after stopping again.
        """
        system = cls(Layout.at(run or default_run_dir() / "compose"))
        if not system.runs:
            system.prepare(env or {}, profiles)
            system.build()
            system.started_here = True
            docker.run(*system.command, "up", "--detach", "--no-build", env=system.environment)
        elif env:
            raise SetupError("it runs already, with other settings: stop it first (`make stop`)")
        system.wait_started(seconds, progress)
        return system

    @property
    def runs(self) -> bool:
        """Whether any of its containers does."""
        return any(found["State"]["Running"] for found in self.containers().values())

    @property
    def here(self) -> str:  # type: ignore[override]
        """This machine, as containers see it."""
        return self._gateway

    @cached_property
    def _gateway(self) -> str:
        # Dispatch calls control rooms, so the way out of its API is the one that counts.
        form, network = "{{(index .IPAM.Config 0).Gateway}}", f"{self.project}_dispatch-edge"
        return docker.run("docker", "network", "inspect", network, "--format", form).strip()

    @property
    def files(self) -> list[str]:
        """The files that Compose merges."""
        return [str(project_root() / "compose.yaml"), str(self.layout.run / "overrides.json")]

    @property
    def env_files(self) -> list[str]:
        """The files that Compose reads variables from; the last one wins."""
        return [str(project_root() / ".env"), str(self.layout.run / "env")]

    @property
    def command(self) -> list[str]:
        """`docker compose` for this installation."""
        files = [argument for file in self.files for argument in ("--file", file)]
        variables = [argument for file in self.env_files for argument in ("--env-file", file)]
        folder = ["--project-directory", str(project_root())]
        return ["docker", "compose", "--progress", "quiet", *folder, *files, *variables]

    @cached_property
    def environment(self) -> dict[str, str]:
        """For Docker's command line: it has two builders, and the newer one is often not installed."""
        newer = docker.succeeds("docker", "buildx", "version")
        return {**os.environ, **({} if newer else {"DOCKER_BUILDKIT": "0"})}

    def prepare(self, env: Mapping[str, str], profiles: tuple[str, ...] = ("local",)) -> None:
        """Write what Compose reads: variables, secrets, and what wins over the environment of each process."""
        variables = {
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_PROFILES": ",".join(profiles),
            "SECRETS": str(secrets.write(self.layout)),
            # Here, and not in `.env`: who takes that file for a production of their own gets production.
            "ENVIRONMENT": "development",
            **{f"{name.upper()}_PORT": str(self.layout.ports[name]) for name in _PUBLISHED},
            **images.choose(),
        }
        text = "".join(f"{name}={value}\n" for name, value in variables.items())
        write_private(self.layout.run / "env", text)
        write_private(self.layout.run / "overrides.json", json.dumps({"services": _overrides(env)}))

    def build(self) -> None:
        """Build the project's images; quick when nothing changed."""
        # One first: the older builder does not share what several builds do at once, and every image would
        # install all packages.
        for only in (("issuer",), ()):
            docker.run(*self.command, "build", "--quiet", *only, env=self.environment, seconds=1800)

    def down(self) -> list[str]:
        """Stop and remove every container, in order; the data stay. Answers what ran."""
        if not docker.succeeds("docker", "info"):
            return []  # without an engine, nothing runs in it
        ran = [name for name, found in self.containers().items() if found["State"]["Running"]]
        if (self.layout.run / "env").exists():
            docker.run(*self.command, "down", "--remove-orphans", env=self.environment)
        return ran

    def wipe(self) -> None:
        """Delete all that the installation stored, and its containers; images stay."""
        if (self.layout.run / "env").exists():
            docker.run(*self.command, "down", "--volumes", "--remove-orphans", env=self.environment)
        self.layout.wipe()

    def containers(self) -> dict[str, docker.Container]:
        """Read what Docker knows about each."""
        return docker.containers(self.project)

    def processes(self) -> Processes:
        """Name, state, pid, port, restarts and last error of every process and step."""
        return [self._describe(name, found) for name, found in sorted(self.containers().items())]

    def stop(self, name: str) -> None:
        """Stop one container cleanly; it stays down."""
        docker.run("docker", "stop", self.container(name))

    def kill(self, name: str) -> None:
        """Kill (-9) all that runs in one container: a crash, after which its restart policy starts it again."""
        self._killed[name] = self.containers()[name]["State"]["StartedAt"]
        # `docker kill` would be taken for our wish that it stays down.
        docker.succeeds("docker", "exec", self.container(name), "sh", "-c", "kill -9 -1")

    def start(self, name: str) -> None:
        """Start one container that was stopped, and wait until it is ready."""
        docker.run("docker", "start", self.container(name))
        self.wait_ready(name)

    def log(self, name: str) -> str:
        """Read all that a container wrote."""
        return docker.run("sh", "-c", f"docker logs {self.container(name)} 2>&1")

    def last_words(self, name: str) -> str:
        """Quote the end of a container's log."""
        text = docker.run("sh", "-c", f"docker logs --tail 5 {self.container(name)} 2>&1").strip()
        return f"`docker logs {self.container(name)}` ends: {text or '(nothing)'}"

    def container(self, name: str) -> str:
        """Name the container that one process runs in."""
        return f"{self.project}-{name}-1"

    def _describe(self, name: str, found: docker.Container) -> Process:
        state, port = found["State"], self._probes.get(name, (None,))[0]
        return {
            "name": name,
            "state": self._state(name, state),
            "pid": state["Pid"] or None,
            "port": port,
            "restarts": found["RestartCount"],
            "error": f"ended with code {state['ExitCode']}" if state["ExitCode"] else state["Error"],
            "step": name in _STEPS,
        }

    def _state(self, name: str, state: docker.State) -> str:
        status, started = state["Status"], state["StartedAt"]
        if status == "created":
            return "waiting"
        if name in _STEPS and status == "exited":
            return "failed" if state["ExitCode"] else "done"
        if status == "restarting" or self._killed.get(name) == started:
            return "crashed"
        if status != "running":
            return "stopped"
        if name not in _STEPS and self._ready.get(name) != started and self._probe(name, state):
            self._ready[name] = started
        return "ready" if self._ready.get(name) == started else "starting"

    def _probe(self, name: str, state: docker.State) -> bool:
        if name in self._probes:
            return self._probes[name][1]()
        return "Health" not in state or state["Health"]["Status"] == "healthy"


def _probes(layout: Layout) -> dict[str, tuple[int | None, Callable[[], bool]]]:
    """Give the published port of each container, and whether it is ready: the same questions as natively."""
    ports = layout.ports

    def web(name: str, path: str = "/health/ready") -> tuple[int | None, Callable[[], bool]]:
        return ports[name], lambda: plan.is_ok(ports[name], path)

    return {
        "postgres": (ports["postgres"], lambda: postgres.answers(layout)),
        "rabbitmq": (ports["amqp"], lambda: rabbitmq.answers(layout)),
        "issuer": web("issuer", "/jwks.json"),
        "collector": web("collector", "/health"),
        "ketenaanpak": web("ketenaanpak", "/health"),
        "alarm-heartbeats": web("heartbeats"),
        **{f"{service}-api": web(service) for service in SERVICES},
        **{
            name: (None, lambda queues=queues: rabbitmq.are_read(layout, queues))  # type: ignore[misc]
            for workers in plan.WORKERS.values()
            for name, _, queues in workers
        },
    }


def _overrides(env: Mapping[str, str]) -> dict[str, object]:
    workers = [name for workers in plan.WORKERS.values() for name, _, _ in workers]
    names = [*(f"{service}-api" for service in SERVICES), "alarm-heartbeats", *workers]
    return {name: {"environment": dict(env)} for name in names} if env else {}
