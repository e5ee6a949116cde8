"""A private RabbitMQ node for tests: the users, permissions and policies of production, thrown away."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

import pika

from chassis.messaging.topology import declare
from contracts.topology import QUEUES
from tools.runtime.native import rabbitmq
from tools.runtime.native.layout import Layout
from tools.runtime.native.spec import Spec


class Broker:
    """Start, kill -9 and restart one node; the topology is declared on it."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="sa-broker-"))
        self.home.chmod(0o711)
        self._layout = Layout.at(self.home / "run")
        self._mapper, self._node = rabbitmq.specs(self._layout)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.url = rabbitmq.broker_url(self._layout)

    def __enter__(self) -> "Broker":
        self._start(self._mapper)
        self.start()
        declare(self.url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
        self._layout.wipe()
        shutil.rmtree(self.home, ignore_errors=True)

    def url_of(self, service: str) -> str:
        """The address with that service's own user and its permissions."""
        return rabbitmq.broker_url(self._layout, service)

    def start(self) -> None:
        """Start the node and wait until it answers (4 to 10 s)."""
        self._start(self._node)

    def kill(self) -> None:
        """Kill the node as a power cut would."""
        process = self._running.pop(self._node.name)
        process.kill()
        process.wait()

    def lose(self) -> None:
        """Kill the node and start it on an empty disk: users and policies are there, no exchange, no queue."""
        self.kill()
        shutil.rmtree(self._node.env["RABBITMQ_MNESIA_BASE"])
        self.start()

    def restart(self) -> None:
        """Kill the node and start it again on the same data."""
        self.kill()
        self.start()

    def empty(self) -> None:
        """Put the topology on the node, and take every message out of its queues."""
        declare(self.url)
        channel = self.channel()
        for queue in QUEUES:
            channel.queue_purge(queue.name)
        channel.connection.close()

    def ctl(self, *words: str) -> str:
        """Run rabbitmqctl against this node and return what it printed."""
        return self._tool("rabbitmqctl", *words)

    def plugins(self, *words: str) -> str:
        """Run rabbitmq-plugins against this node: it takes and gives up plugins while it runs."""
        return self._tool("rabbitmq-plugins", *words)

    def _tool(self, name: str, *words: str) -> str:
        command = [f"/usr/lib/rabbitmq/bin/{name}", "-q", *words]
        env = {**os.environ, **self._node.env}
        spawn = self._layout.account.spawn
        printed: str = subprocess.check_output(command, env=env, cwd="/", text=True, timeout=60, **spawn)
        return printed

    def channel(self) -> pika.adapters.blocking_connection.BlockingChannel:
        """A channel of an own connection of `admin`, for looking and for putting things in place."""
        return pika.BlockingConnection(pika.URLParameters(self.url)).channel()

    def _start(self, spec: Spec) -> None:
        if spec.prepare:
            spec.prepare()
        with (self.home / f"{spec.name}.log").open("ab") as out:
            process = subprocess.Popen(
                spec.command,
                stdout=out,
                stderr=out,
                cwd="/",
                env={**os.environ, **spec.env},
                **self._layout.account.spawn,
            )
        self._running[spec.name] = process
        until = time.monotonic() + 60
        while spec.ready and not spec.ready():
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError((self.home / f"{spec.name}.log").read_text())
            time.sleep(0.1)
