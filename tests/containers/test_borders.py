"""A service reaches what it must, and nothing else; what breaks into it finds nothing to write to."""

import json
from urllib.parse import urlsplit

import pika
import psycopg
import pytest
from pika.exceptions import ChannelClosedByBroker

from tests.containers.execution import inside
from tools.runtime.containers import docker
from tools.runtime.containers.system import ComposeSystem
from tools.runtime.native.layout import SERVICES

# Prints which of its arguments (host:port) can be connected to; all at once, for what is barred only times out.
CONNECT = """
import concurrent.futures, socket, sys
def tried(target):
    host, port = target.split(":")
    try:
        socket.create_connection((host, int(port)), 3).close()
    except OSError:
        return None
    return target
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    print(*filter(None, pool.map(tried, sys.argv[1:])))
"""
PORT = {"postgres": "5432", "rabbitmq": "5672", "collector": "4318"}
WHOLE = {"alarm": ["dispatch-api"], "committee": ["ketenaanpak"]}


def reached(system: ComposeSystem, name: str, *targets: str) -> set[str]:
    """To which of these (host:port) a process could open a connection."""
    done = inside(system, name, "python", "-c", CONNECT, *targets)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_what_it_stands_on_and_no_other_service(
    containers: ComposeSystem, service: str
) -> None:
    name = f"{service}-api"
    hosts = ("postgres", "rabbitmq", "issuer", "collector", *WHOLE.get(service, []))
    wanted = {f"{host}:{PORT.get(host, '8000')}" for host in hosts}
    allowed = {service, *(host.removesuffix("-api") for host in WHOLE.get(service, []))}
    if service == "dispatch":
        allowed.add("alarm")  # the two share the network of the hand-over
    others = [f"{other}-api" for other in set(SERVICES) - allowed]
    addresses = [address for other in others for address in _addresses(containers, other)]
    assert len(addresses) >= 2 * len(others)
    barred = {f"{host}:8000" for host in (*others, *addresses)}
    assert reached(containers, name, *wanted, *barred) == wanted


@pytest.mark.parametrize("worker", ["registry-worker", "alarm-worker", "dispatch-alarms", "reporting-worker"])
def test_a_worker_reaches_nothing_beyond_its_network(containers: ComposeSystem, worker: str) -> None:
    found = containers.containers()
    networks = found[worker]["NetworkSettings"]["Networks"]
    answer = json.loads(docker.run("docker", "network", "inspect", *networks))
    assert all(network["Internal"] for network in answer)
    elsewhere = {
        f"{network['IPAddress']}:{port}"
        for name, port in (("postgres", 5432), ("rabbitmq", 5672), ("dispatch-api", 8000), ("alarm-api", 8000))
        for label, network in found[name]["NetworkSettings"]["Networks"].items()
        if label not in networks
    }
    assert len(elsewhere) >= 10
    assert reached(containers, worker, "rabbitmq:5672", *elsewhere) == {"rabbitmq:5672"}


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
