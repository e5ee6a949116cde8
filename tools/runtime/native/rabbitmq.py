"""The bus: a RabbitMQ node of our own, with its own Erlang port mapper, on the loopback only."""

import hashlib
import json
import shutil
import socket
from pathlib import Path

import pika
from pika.exceptions import AMQPError

from contracts import topology
from tools.runtime.native.definitions import ADMIN, definitions
from tools.runtime.native.layout import Layout, SetupError, project_root, write_private
from tools.runtime.native.spec import Spec

# Debian's /usr/sbin/rabbitmq-server insists on its own account; the script below it does not.
_SERVERS = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "/usr/local/sbin/rabbitmq-server")


def broker_url(layout: Layout, user: str = ADMIN) -> str:
    """Give the AMQP address of the virtual host, as that user (a service's name, or `admin`)."""
    password = layout.secret(f"rabbitmq.{user}")
    return f"amqp://{user}:{password}@127.0.0.1:{layout.ports['amqp']}/{topology.VHOST}"


def specs(layout: Layout) -> tuple[Spec, Spec]:
    """Plan how to run port mapper and broker; raises SetupError when RabbitMQ is not installed."""
    server, epmd = _find_server(), shutil.which("epmd") or "epmd"
    home, port_mapper = layout.private_folder("rabbitmq"), layout.ports["epmd"]
    mapper = Spec(
        name="epmd",
        # Run by us: the one that Erlang would start by itself outlives every clean stop.
        command=(epmd, "-port", str(port_mapper), "-address", "127.0.0.1"),
        ready=lambda: _listens(port_mapper),
        port=port_mapper,
        account=layout.account,
        folder=home,
    )
    broker = Spec(
        name="rabbitmq",
        command=(server,),
        env=_environment(layout, home),
        needs=("epmd",),
        prepare=lambda: _configure(layout, home),
        ready=lambda: answers(layout),
        port=layout.ports["amqp"],
        account=layout.account,
        folder=home,
        stop_seconds=30,
    )
    return mapper, broker


def _find_server() -> str:
    found = next((path for path in _SERVERS if Path(path).exists()), None)
    if found := found or shutil.which("rabbitmq-server"):
        return found
    raise SetupError("RabbitMQ is not installed: run `make demo` as root, or with sudo, once")


def _environment(layout: Layout, home: Path) -> dict[str, str]:
    ports = layout.ports
    name = hashlib.sha256(str(layout.run).encode()).hexdigest()[:8]
    return {
        "HOME": str(home),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",  # the machine's own broker is none of our business
        "RABBITMQ_NODENAME": f"stalkingalarm-{name}@localhost",
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "none.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_DIST_PORT": str(ports["broker_dist"]),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        # Makes the script become the Erlang machine, so that our signals reach it.
        "RUNNING_UNDER_SYSTEMD": "true",
        "ERL_EPMD_PORT": str(ports["epmd"]),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_CRASH_DUMP_SECONDS": "0",
        "LC_ALL": "C.UTF-8",
    }


def _configure(layout: Layout, home: Path) -> None:
    source = project_root() / "infra/rabbitmq"
    users = (ADMIN, *topology.SERVICES)
    passwords = {user: layout.secret(f"rabbitmq.{user}") for user in users}
    settings = (source / "rabbitmq.conf").read_text() + (
        f"listeners.tcp.1 = 127.0.0.1:{layout.ports['amqp']}\n"
        "definitions.import_backend = local_filesystem\n"
        f"definitions.local.path = {home / 'definitions.json'}\n"
        "definitions.skip_if_unchanged = true\n"
    )
    for name, text in (
        ("rabbitmq.conf", settings),
        ("definitions.json", json.dumps(definitions(passwords), indent=1)),
        ("enabled_plugins", (source / "enabled_plugins").read_text()),
        (".erlang.cookie", layout.secret("erlang.cookie")),
    ):
        write_private(home / name, text)
        layout.account.own(home / name)
    (home / ".erlang.cookie").chmod(0o400)


def answers(layout: Layout) -> bool:
    """Say whether the broker takes connections of its administrator."""
    if not _listens(layout.ports["amqp"]):  # pika would log each refusal
        return False
    parameters = pika.URLParameters(broker_url(layout))
    parameters.socket_timeout = parameters.blocked_connection_timeout = 5
    try:
        pika.BlockingConnection(parameters).close()
    except (AMQPError, OSError):
        return False
    return True


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def are_read(layout: Layout, queues: tuple[str, ...]) -> bool:
    """Say whether somebody consumes from each of these queues: a worker that runs may still be deaf."""
    if not _listens(layout.ports["amqp"]):
        return False
    try:
        connection = pika.BlockingConnection(pika.URLParameters(broker_url(layout)))
        channel = connection.channel()
        counts = [channel.queue_declare(q, passive=True).method.consumer_count for q in queues]
        connection.close()
    except (AMQPError, OSError):
        return False
    return all(counts)
