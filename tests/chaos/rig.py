"""The levers by which a running native system is broken, and mended. All of them block."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import pika
import psycopg
from pika.exceptions import AMQPError
from psycopg import sql

from contracts.topology import QUEUES
from stalkingalarm.embedded import plan as ordinary
from stalkingalarm.embedded import postgres, rabbitmq
from stalkingalarm.embedded.layout import SERVICES, Layout
from stalkingalarm.embedded.system import System
from tests.chaos import links
from tests.chaos.namespace import put_clock
from tests.chaos.plan import CONTROL_PORT, fars, link, link_ports

# The queues that people look at, and those in which a message waits on purpose.
_ASIDE = ("unroutable", "retry.", "cic.")
WORK_QUEUES = tuple(q.name for q in QUEUES if not q.name.startswith(_ASIDE) and not q.name.endswith(".parking"))
SMALL_DISK_MB = 1500


class Rig:
    """One running system, to be broken. Names of processes are those of the plan."""

    def __init__(self, system: System) -> None:
        self.system, self.layout = system, system.layout
        specs = [spec for spec in ordinary.plan(self.layout) if fars(spec)]
        self.processes = tuple(spec.name for spec in specs)
        self.links = tuple(link(spec.name, far) for spec in specs for far in fars(spec))
        self._ports = link_ports(self.layout)

    # -- processes

    def kill(self, name: str) -> None:
        """kill -9; the supervisor starts it again."""
        self.system.kill(name)

    def down(self, *names: str) -> None:
        """Stop processes cleanly; they stay down."""
        for name in names:
            self.system.stop(name)

    def up(self, *names: str) -> None:
        """Start what was stopped, and wait until it is ready."""
        for name in names:
            self.system.start(name)

    def restart(self, *names: str) -> None:
        """One after the other, each ready again before the next."""
        for name in names:
            self.system.restart(name)

    def whole(self) -> None:
        """Wait until every process is ready."""
        self.system.wait_ready()

    # -- cables

    def cut(self, *cables: str) -> None:
        """Nothing gets through any more, and nobody is told: the cable is pulled."""
        self._filter(cables, ["-j", "DROP"])

    def lose(self, share: float, *cables: str) -> None:
        """That share of the packets is lost, in each direction."""
        self._filter(cables, ["-m", "statistic", "--mode", "random", "--probability", str(share), "-j", "DROP"])

    def slow(self, latency_s: float, jitter_s: float, *cables: str) -> None:
        """Everything takes longer, in each direction."""
        for cable in cables:
            links.tell(CONTROL_PORT, cable, latency_s, jitter_s)

    def reset(self, *cables: str) -> None:
        """Every connection breaks; new ones go through."""
        for cable in cables:
            links.tell(CONTROL_PORT, cable, reset=True)

    def reconnect(self) -> None:
        """All cables are whole and quick again."""
        _run("iptables", "-w", "-F", "INPUT")
        self.slow(0, 0, *self.links)

    def _filter(self, cables: Iterable[str], verdict: Sequence[str]) -> None:
        for cable in cables:
            for side in ("--dport", "--sport"):
                _run("iptables", "-w", "-A", "INPUT", "-p", "tcp", side, str(self._ports[cable]), *verdict)

    # -- database

    def database_down(self, *services: str) -> None:
        """These databases refuse everybody."""
        for service in services:
            postgres.take_down(self.layout, service)

    def database_up(self, *services: str) -> None:
        """Undo it."""
        for service in services:
            postgres.bring_back(self.layout, service)

    def connections(self, service: str, limit: int) -> None:
        """How many connections the service may have (-1: any number); those that it has are ended."""
        with psycopg.connect(self.system.admin_database_url(), autocommit=True) as connection:
            role, most = sql.Identifier(service), sql.Literal(limit)
            connection.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}").format(role, most))
            if limit >= 0:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [service]
                )

    def fill_disk(self) -> None:
        """Not a byte is left where the database is."""
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(2**20)):
                pass
        with suppress(OSError):
            subprocess.run(
                ["dd", "if=/dev/zero", f"of={self._ballast}2", "bs=512"], capture_output=True, check=True
            )

    def free_disk(self) -> None:
        """As before."""
        for path in (self._ballast, Path(f"{self._ballast}2")):
            path.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.layout.data / "postgres" / "ballast"

    # -- broker

    def broker_ctl(self, *words: str) -> str:
        """What `rabbitmqctl` answers."""
        _, spec = rabbitmq.specs(self.layout)
        command = ["/usr/lib/rabbitmq/bin/rabbitmqctl", *words]
        environment = {**os.environ, **spec.env, "LD_PRELOAD": ""}
        account = self.layout.account.spawn
        home = str(spec.folder)
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, env=environment, cwd=home, capture_output=True, text=True, check=False, **account
        )
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def publish(self, queue: str, bodies: Iterable[bytes]) -> None:
        """Put bodies into a queue, confirmed, as somebody would who may do everything."""
        connection = pika.BlockingConnection(pika.URLParameters(self.system.broker_url()))
        channel = connection.channel()
        channel.confirm_delivery()
        properties = pika.BasicProperties(delivery_mode=2)
        for body in bodies:
            channel.basic_publish("", queue, body, properties, mandatory=True)
        connection.close()

    def depths(self, names: Sequence[str] = WORK_QUEUES) -> dict[str, int] | None:
        """How many messages wait in each of these queues; None when the broker does not answer."""
        parameters = pika.URLParameters(self.system.broker_url())
        parameters.socket_timeout = parameters.blocked_connection_timeout = parameters.stack_timeout = 2
        try:
            connection = pika.BlockingConnection(parameters)
            channel = connection.channel()
            found = {n: channel.queue_declare(n, passive=True).method.message_count for n in names}
            connection.close()
        except (AMQPError, OSError):
            return None
        return found

    def purge_parking(self) -> int:
        """Empty the queues that people look at; how many messages lay there."""
        connection = pika.BlockingConnection(pika.URLParameters(self.system.broker_url()))
        channel = connection.channel()
        counts = [channel.queue_purge(f"{service}.parking").method.message_count for service in SERVICES]
        connection.close()
        return sum(counts)

    # -- clocks

    def clock(self, seconds: float, *names: str) -> None:
        """Put clocks so far ahead of the machine's; `people`: of devices, units and control rooms."""
        for name in names:
            put_clock(self.layout.run, name, seconds)

    @property
    def clocks(self) -> tuple[str, ...]:
        """Every clock there is."""
        return (*self.processes, "issuer", "collector", "people")


def small_disk(layout: Layout) -> None:
    """Make the database's cluster on a disk of its own, so that one can be full while the other is not."""
    spec = postgres.spec(layout)
    assert spec.prepare
    spec.prepare()
    place, aside = layout.data / "postgres", layout.data / "postgres-made"
    place.rename(aside)
    layout.private_folder("postgres")
    _run("mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_MB}m,mode=700", "chaos", str(place))
    _run("cp", "-a", f"{aside}/.", str(place))
    layout.account.own(place)
    shutil.rmtree(aside)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
