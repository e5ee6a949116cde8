"""A private RabbitMQ node: own name, ports, data and cookie, so nothing global is touched."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

_PROGRAMS = Path("/usr/lib/rabbitmq/bin")
_CONF = """\
listeners.tcp.1 = 127.0.0.1:{port}
loopback_users.guest = true
cluster_formation.peer_discovery_backend = classic_config
"""


def free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Broker:
    """Start, stop, kill -9 and restart one node; the virtual host defaults to quorum queues."""

    vhost = "alarm"

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="sa-broker-"))
        self.port, dist = free_port(), free_port()
        self.url = f"amqp://tester:tester@127.0.0.1:{self.port}/{self.vhost}"
        conf = self.home / "rabbitmq.conf"
        conf.write_text(_CONF.format(port=self.port))
        plugins = self.home / "enabled_plugins"
        plugins.write_text("[].\n")
        cookie = self.home / ".erlang.cookie"
        cookie.write_text("satestcookie")
        cookie.chmod(0o400)
        self._env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "RABBITMQ_NODENAME": f"sa{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(dist),
            "RABBITMQ_CONFIG_FILE": str(conf),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_MNESIA_BASE": str(self.home / "data"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_PID_FILE": str(self.home / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "none"),
            # Two cores are shared by everything: one scheduler, no busy waiting.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none",
            "LANG": "C.UTF-8",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._configured = False

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def ctl(self, *words: str) -> str:
        """Run rabbitmqctl against this node and return what it printed."""
        command = [str(_PROGRAMS / "rabbitmqctl"), "-q", *words]
        done = subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {words}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Start the node and wait until it takes connections (4 to 8 s)."""
        with (self.home / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                [str(_PROGRAMS / "rabbitmq-server")],
                env=self._env,
                cwd=self.home,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._wait_until_open()
        if not self._configured:
            self.ctl("await_startup")
            self.ctl("add_vhost", self.vhost, "--default-queue-type", "quorum")
            self.ctl("add_user", "tester", "tester")
            self.ctl("set_permissions", "-p", self.vhost, "tester", ".*", ".*", ".*")
            self._configured = True

    def _wait_until_open(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self._is_open():
                return
            time.sleep(0.1)
        raise RuntimeError((self.home / "out.log").read_text())

    def kill(self) -> None:
        """Kill the node at once, as a power cut would."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        while self._is_open():  # the Erlang machine dies a moment after the shell that started it
            time.sleep(0.02)

    def _is_open(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def restart(self) -> None:
        """Kill the node and start it again on the same data."""
        self.kill()
        self.start()
