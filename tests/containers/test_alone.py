"""A partner runs one service alone, against a broker, a database and an issuer that others run."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tools.runtime.containers import docker, secrets
from tools.runtime.containers.system import ComposeSystem

ELSEWHERE = ("postgres", "rabbitmq", "issuer")
PROCESSES = {"dispatch-api", "dispatch-alarms", "dispatch-worker"}


@pytest.fixture
def partner(containers: ComposeSystem, tmp_path: Path) -> Iterator[tuple[list[str], str, int]]:
    """Compose as the partner calls it, with an env file of their own; its project, and the port of dispatch."""
    project, given = f"{containers.project}-alone", secrets.folder(containers.layout) / "dispatch"
    (tmp_path / "dispatch").mkdir()
    for name in ("database_url", "broker_url", "vault_keys", "audit_key"):
        text = (given / name).read_text()
        for host in ELSEWHERE:
            text = text.replace(f"@{host}:", f"@{host}.elsewhere:")
        (tmp_path / "dispatch" / name).write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {
        "COMPOSE_PROJECT_NAME": project,
        "ENVIRONMENT": "development",
        "SECRETS": str(tmp_path),
        "OIDC_ISSUER": containers.url("issuer"),
        "OIDC_JWKS_URL": "http://issuer.elsewhere:8000/jwks.json",
        "DISPATCH_PORT": str(port),
    }
    env = tmp_path / "dispatch.env"
    env.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    compose = ["docker", "compose", "--progress", "quiet", "--env-file", str(env)]
    # Only what leads to the others: in a partner's network they are simply known by name.
    docker.run(*compose, "create", "dispatch", env=containers.environment)
    for host in ELSEWHERE:
        alias = ["--alias", f"{host}.elsewhere"]
        docker.run("docker", "network", "connect", *alias, f"{project}_dispatch", containers.container(host))
    yield compose, project, port
    for host in ELSEWHERE:
        docker.run("docker", "network", "disconnect", f"{project}_dispatch", containers.container(host))
    docker.run(*compose, "--profile", "alone", "down", "--volumes", env=containers.environment)


def test_dispatch_alone(containers: ComposeSystem, partner: tuple[list[str], str, int]) -> None:
    compose, project, port = partner
    docker.run(*compose, "up", "--detach", "dispatch", env=containers.environment)
    found = docker.containers(project)
    running = {name for name, each in found.items() if each["State"]["Status"] == "running"}
    assert running == PROCESSES
    assert all(found[name]["State"]["Health"]["Status"] == "healthy" for name in running), json.dumps(found)
    assert found["dispatch"]["State"]["ExitCode"] == 0
    assert httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
