"""A service reaches what it must, and nothing else; what breaks into it finds nothing to write to."""

import json
from urllib.parse import urlsplit

import pika
import psycopg
import pytest
from pika.exceptions import ChannelClosedByBroker

from stalkingalarm.compose import docker
from stalkingalarm.compose.system import ComposeSystem
from stalkingalarm.embedded.layout import SERVICES
from tests.containers.conftest import inside

CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()"
PORT = {"postgres": "5432", "rabbitmq": "5672", "collector": "4318"}
WHOLE = {"alarm": ["dispatch-api"]}


def reaches(system: ComposeSystem, name: str, host: str, port: str) -> bool:
    """Whether a process could open a connection."""
    return inside(system, name, "python", "-c", CONNECT, host, port).returncode == 0


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_what_it_stands_on_and_no_other_service(
    containers: ComposeSystem, service: str
) -> None:
    name = f"{service}-api"
    for host in ("postgres", "rabbitmq", "issuer", "collector", *WHOLE.get(service, [])):
        assert reaches(containers, name, host, PORT.get(host, "8000")), host
    allowed = {service, *(host.removesuffix("-api") for host in WHOLE.get(service, []))}
    if service == "dispatch":
        allowed.add("alarm")  # the two share the network of the hand-over
    for other in set(SERVICES) - allowed:
        assert not reaches(containers, name, f"{other}-api", "8000"), other
        for address in _addresses(containers, f"{other}-api"):
            assert not reaches(containers, name, address, "8000"), f"{other} at {address}"


@pytest.mark.parametrize("worker", ["registry-worker", "alarm-worker", "dispatch-alarms", "reporting-worker"])
def test_a_worker_has_no_way_out(containers: ComposeSystem, worker: str) -> None:
    assert reaches(containers, worker, "rabbitmq", "5672")
    # This machine, which every container with a way out would reach.
    port = str(containers.layout.ports["alarm"])
    assert not reaches(containers, worker, containers.here, port)
    names = json.loads(docker.run("docker", "inspect", containers.container(worker)))[0]["NetworkSettings"]
    networks = json.loads(docker.run("docker", "network", "inspect", *names["Networks"]))
    assert all(network["Internal"] for network in networks)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_enters_its_own_database_only(containers: ComposeSystem, service: str) -> None:
    own = urlsplit(containers.database_url(service))._replace(scheme="postgresql")
    psycopg.connect(own.geturl()).close()
    for other in set(SERVICES) - {service}:
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(own._replace(path=f"/{other}").geturl())


def test_a_service_reads_its_own_queues_only(containers: ComposeSystem) -> None:
    with pika.BlockingConnection(pika.URLParameters(containers.broker_url("registry"))) as connection:
        channel = connection.channel()
        with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
            channel.basic_get("dispatch.cards")


@pytest.mark.parametrize("name", ["alarm-api", "dispatch-alarms", "postgres", "rabbitmq", "issuer"])
def test_a_container_is_read_only_and_without_rights(containers: ComposeSystem, name: str) -> None:
    assert inside(containers, name, "sh", "-c", "touch /usr/x").returncode != 0
    assert inside(containers, name, "id", "-u").stdout.strip() != "0"
    status = inside(containers, name, "cat", "/proc/self/status").stdout
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1"


def _addresses(system: ComposeSystem, name: str) -> list[str]:
    networks = system.containers()[name]["NetworkSettings"]["Networks"].values()
    return [network["IPAddress"] for network in networks]
