"""Docker's command line, and what it says about the containers of one project."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tools.runtime.native.layout import SetupError, project_root


def run(*command: str, env: dict[str, str] | None = None, seconds: float = 600) -> str:
    """Run a command and give what it said; raises SetupError with its last words when it failed."""
    try:
        done = subprocess.run(
            command, env=env, cwd=project_root(), text=True, capture_output=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupError(f"{command[0]}: {error}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "(nothing)").splitlines()
        raise SetupError(f"{' '.join(command[:3])}: {said[-1]}")
    return done.stdout


def succeeds(*command: str) -> bool:
    """Say whether a command is there and ends well."""
    try:
        done = subprocess.run(command, cwd=project_root(), capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def containers(project: str) -> dict[str, dict[str, Any]]:
    """Read what `docker inspect` says about every container of a project, by the name of its service."""
    ids = run("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={project}").split()
    if not ids:
        return {}
    found: list[dict[str, Any]] = json.loads(run("docker", "inspect", *ids))
    return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in found}


def read_env(path: Path) -> dict[str, str]:
    """Read the variables of an env file."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
