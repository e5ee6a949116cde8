"""The levers by which a running native system is broken, and mended. All of them block."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import httpx
import pika
import psycopg
from psycopg import sql

from contracts import topology
from tests.chaos import filters, links
from tests.chaos.namespace import clock_ahead_s, put_clock
from tests.chaos.plan import CONTROL_PORT, fars, link, link_ports, spec_of
from tests.chaos.subject import Subject
from tools.runtime.native import plan as ordinary
from tools.runtime.native import postgres, rabbitmq
from tools.runtime.native.definitions import definitions
from tools.runtime.native.layout import SERVICES, Layout
from tools.runtime.native.system import System

SMALL_DISK_MB = 1500


class Rig(Subject):
    """A native system. Names of processes are those of the plan."""

    system: System

    def __init__(self, system: System) -> None:
        super().__init__(system)
        self.layout = system.layout
        specs = [spec for spec in ordinary.plan(self.layout) if fars(spec)]
        self.processes = tuple(spec.name for spec in specs)
        self.links = tuple(link(spec.name, far) for spec in specs for far in fars(spec))
        self._ports = link_ports(self.layout)
        self._full, self._filling = threading.Event(), threading.Lock()
        self._beside: dict[str, subprocess.Popen[bytes]] = {}

    # -- processes

    def kill(self, name: str) -> None:
        """kill -9; the supervisor starts it again."""
        self.system.kill(name)

    def freeze(self, name: str) -> None:
        """It stays as it is, with what it has in hand, until somebody kills it."""
        pid = next(process["pid"] for process in self.system.processes() if process["name"] == name)
        assert pid is not None, f"{name} does not run"
        os.kill(pid, signal.SIGSTOP)

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

    def up_again(self) -> None:
        """Start whatever was stopped, the deepest first, and wait until everything is ready."""
        self.up(*(p["name"] for p in self.system.processes() if p["state"] == "stopped"))
        self.system.wait_ready()

    # -- another version

    def migrate(self, service: str, folder: Path) -> None:
        """Bring a service's database to the schema of the version in that folder."""
        spec = spec_of(self.layout, f"{service}-migrate")
        done = subprocess.run(
            spec.command,
            cwd=folder,
            env={**os.environ, **spec.env},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"migration of {service}: {done.stderr.strip().splitlines()[-1]}")

    def run_beside(self, name: str, folder: Path, port: int) -> None:
        """A process of the version in that folder, beside the one that runs; an API listens at `port`."""
        spec = spec_of(self.layout, name)
        command = [str(port) if word == str(spec.port) else word for word in spec.command]
        with (self.layout.logs / f"{name}-next.log").open("wb") as log:
            self._beside[name] = subprocess.Popen(
                command, cwd=folder, env={**os.environ, **spec.env}, stdout=log, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + 30
        while not self._answers_beside(name, port):
            if self._beside[name].poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{name} of the next version does not run: see its log")
            time.sleep(0.2)

    def end_beside(self) -> None:
        """Stop the processes of the other version."""
        for process in self._beside.values():
            process.terminate()
        for process in self._beside.values():
            process.wait(20)
        self._beside.clear()

    def _answers_beside(self, name: str, port: int) -> bool:
        queue = next((w[2][0] for workers in ordinary.WORKERS.values() for w in workers if w[0] == name), None)
        if queue is None:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False).is_success
            except httpx.TransportError:
                return False
        with pika.BlockingConnection(pika.URLParameters(self.system.broker_url())) as connection:
            read = connection.channel().queue_declare(queue, passive=True).method.consumer_count
            return bool(read >= 2)

    # -- cables

    def cut(self, *cables: str) -> None:
        """Nothing gets through any more, and nobody is told: the cable is pulled."""
        self.lose(1.0, *cables)

    def lose(self, share: float, *cables: str) -> None:
        """That share of the packets is lost, in each direction."""
        for cable in cables:
            filters.drop(self._ports[cable], share)

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
        filters.clear()
        self.slow(0, 0, *self.links)

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
        """Not a byte is left where the database is; what it frees is taken too."""
        self._full.set()
        threading.Thread(target=self._keep_full, name="ballast").start()
        with suppress(psycopg.Error), psycopg.connect(self.system.admin_database_url()) as connection:
            connection.execute("SELECT pg_switch_wal()")  # the log that it has made ahead is used up

    def free_disk(self) -> None:
        """As before."""
        self._full.clear()
        with self._filling:
            self._ballast.unlink(missing_ok=True)

    def _keep_full(self) -> None:
        with self._filling, self._ballast.open("wb", buffering=0) as file:
            while self._full.is_set():
                try:
                    file.write(bytes(2**20))
                except OSError:
                    time.sleep(0.02)

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

    def limit_deliveries(self, service: str, limit: int) -> None:
        """How often the broker gives a message of a service's queues out again before it parks it."""
        rule = next(p for p in definitions({})["policies"] if p["name"] == f"{service}-parking")
        wanted = json.dumps(rule["definition"] | {"delivery-limit": limit})
        place = ("-p", topology.VHOST, "--apply-to", rule["apply-to"], "--priority", str(rule["priority"]))
        self.broker_ctl("set_policy", *place, rule["name"], rule["pattern"], wanted)

    def publish(self, queue: str, bodies: Iterable[bytes]) -> None:
        """Put bodies into a queue, confirmed, as somebody would who may do everything."""
        connection = pika.BlockingConnection(pika.URLParameters(self.system.broker_url()))
        channel = connection.channel()
        channel.confirm_delivery()
        properties = pika.BasicProperties(delivery_mode=2)
        for body in bodies:
            channel.basic_publish("", queue, body, properties, mandatory=True)
        connection.close()

    def purge(self, queue: str) -> None:
        """Throw away what waits in a queue."""
        connection = pika.BlockingConnection(pika.URLParameters(self.system.broker_url()))
        connection.channel().queue_purge(queue)
        connection.close()

    def lose_broker(self) -> None:
        """The broker is gone, and its disk with all that it held."""
        self.down("rabbitmq")
        _, spec = rabbitmq.specs(self.layout)
        shutil.rmtree(spec.env["RABBITMQ_MNESIA_BASE"])

    def new_broker(self) -> None:
        """An empty one in its place, as the runbook says: it starts, and is told its topology."""
        self.up("rabbitmq")
        tool = Path(sys.executable).with_name("stalkingalarm")
        _run(str(tool), "topology", STALKINGALARM_RUN_DIR=str(self.layout.run), LD_PRELOAD="")

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

    def ahead_s(self, name: str) -> float:
        """How far that clock is ahead of the machine's."""
        return clock_ahead_s(self.layout.run, name)

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


def _run(*command: str, **env: str) -> None:
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
