"""What is in an image, and what is not."""

import json
import subprocess

import pytest

from chassis.runtime.development import DEVELOPMENT_PREFIX
from tools.runtime.containers import docker
from tools.runtime.containers.system import ComposeSystem
from tools.runtime.native.layout import SERVICES


def image_of(containers: ComposeSystem, service: str) -> str:
    """The image that a service's API runs from."""
    image: str = containers.containers()[f"{service}-api"]["Config"]["Image"]
    return image


def listed(image: str, *command: str, user: str = "10001") -> list[str]:
    """The lines that a command prints in a fresh container."""
    whole = ["docker", "run", "--rm", "--network", "none", "--user", user, image, *command]
    return subprocess.run(whole, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_one_service_and_no_tool(containers: ComposeSystem, service: str) -> None:
    files = listed(image_of(containers, service), "find", "/app", "-type", "f")
    folders = {tuple(path.split("/")[2:4]) for path in files}
    assert {name for top, name, *_ in folders if top == "services"} == {service, "__init__.py", "__pycache__"}
    assert {top for top, *_ in folders} == {"contracts", "chassis", "services", "infra"}
    assert {name for top, name, *_ in folders if top == "infra"} == {"geo"}


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_no_secret_and_runs_as_nobody_in_particular(
    containers: ComposeSystem, service: str
) -> None:
    image = image_of(containers, service)
    answer = json.loads(docker.run("docker", "image", "inspect", image))[0]["Config"]
    assert answer["User"] == "10001:10001"
    assert "chassis.telemetry.health" in " ".join(answer["Healthcheck"]["Test"])
    history = docker.run("docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    for secret in _secrets(containers):
        assert secret not in history + json.dumps(answer)
    # The word by which a service knows them stands in its code, and nowhere else.
    found = listed(image, "grep", "-rlI", DEVELOPMENT_PREFIX, "/app", "/etc", "/run", user="0")
    assert found == ["/app/chassis/runtime/development.py"]


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_who_inspects_a_container_sees_a_secret(containers: ComposeSystem, service: str) -> None:
    text = json.dumps({k: v for k, v in containers.containers().items() if k.startswith(service)})
    assert f"{service}-api" in text
    for secret in _secrets(containers):
        assert secret not in text


def _secrets(containers: ComposeSystem) -> list[str]:
    """All that the installation keeps to itself."""
    kept: dict[str, str] = json.loads((containers.layout.run / "secrets.json").read_text())
    assert len(kept) > 20
    return list(kept.values())
