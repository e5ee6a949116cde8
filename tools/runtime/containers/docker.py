"""Docker's command line, and what it says about the containers of one project."""

import json
import subprocess
from pathlib import Path
from typing import NotRequired, TypedDict

from tools.runtime.native.layout import SetupError, project_root


class Health(TypedDict):
    """What the health check of a container said last."""

    Status: str


class State(TypedDict):
    """How a container runs, or ended."""

    Status: str
    Running: bool
    StartedAt: str
    Pid: int
    ExitCode: int
    Error: str
    Health: NotRequired[Health]


class Config(TypedDict):
    """What a container was made with."""

    Image: str
    User: str
    Labels: dict[str, str]


class Network(TypedDict):
    """One network that a container is in."""

    IPAddress: str


class NetworkSettings(TypedDict):
    """The networks that a container is in, by name."""

    Networks: dict[str, Network]


class Container(TypedDict):
    """What `docker inspect` says about a container, as far as somebody looks at it."""

    Id: str
    RestartCount: int
    Config: Config
    State: State
    NetworkSettings: NetworkSettings


def run(*command: str, env: dict[str, str] | None = None, seconds: float = 600) -> str:
    """Run a command and give what it said; raises SetupError with its last words when it failed."""
    try:
        done = subprocess.run(
            command, env=env, cwd=project_root(), text=True, capture_output=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupError(f"{command[0]}: {error}") from error
    if done.returncode:
        parts = (done.stderr.strip() or done.stdout.strip() or "(nothing)").splitlines()
        raise SetupError(f"{' '.join(command[:3])}: {parts[-1]}")
    return done.stdout


def succeeds(*command: str) -> bool:
    """Say whether a command is there and ends well."""
    try:
        done = subprocess.run(command, cwd=project_root(), capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def containers(project: str) -> dict[str, Container]:
    """Read what `docker inspect` says about every container of a project, by the name of its service."""
    ids = run("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={project}").split()
    if not ids:
        return {}
    found: list[Container] = json.loads(run("docker", "inspect", *ids))
    return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in found}


def read_env(path: Path) -> dict[str, str]:
    """Read the variables of an env file."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
