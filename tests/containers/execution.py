"""Run commands inside the containers."""

import subprocess

from tools.runtime.containers.system import ComposeSystem


def inside(system: ComposeSystem, name: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the container of one process."""
    whole = ["docker", "exec", system.container(name), *command]
    return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=30)
