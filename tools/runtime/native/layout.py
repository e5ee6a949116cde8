"""Where one installation keeps its things: paths, ports and secrets under `.run/`."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil

from chassis.runtime.development import DEVELOPMENT_PREFIX
from tools.runtime.native.account import Account, own_account

SERVICES = ("registry", "alarm", "dispatch", "committee", "reporting")
_BROKER_PORTS = ("amqp", "broker_dist", "epmd")
PORT_NAMES = ("postgres", *_BROKER_PORTS, "issuer", "collector", *SERVICES, "heartbeats", "ketenaanpak")
# Below 32768 the kernel hands out no ephemeral ports, so nobody's outgoing connection can
# sit on ours while the broker is being restarted.
_FIRST_PORT, _PORT_BLOCKS, _PORT_BLOCK = 20_000, 700, 16
# What people type in the checkout: it is on no search path.
COMMAND = ".venv/bin/stalkingalarm"


class SetupError(RuntimeError):
    """The machine or the configuration is in the way; the message is one line for people."""


def project_root() -> Path:
    """Find the checkout that this code runs from."""
    return Path(__file__).resolve().parents[3]


def default_run_dir() -> Path:
    """Give `STALKINGALARM_RUN_DIR`, else `.run` in the checkout."""
    return Path(os.environ.get("STALKINGALARM_RUN_DIR") or project_root() / ".run")


@dataclass(frozen=True)
class Layout:
    """One installation; every path, port and secret of it comes from here."""

    run: Path

    @classmethod
    def at(cls, run: Path | None = None) -> "Layout":
        """Open the installation under `run` (default: this checkout's); makes the folders."""
        layout = cls((run or default_run_dir()).resolve())
        # Others may pass through (the database's account must), but not look around.
        for folder, mode in ((layout.run, 0o711), (layout.logs, 0o700), (layout.pids, 0o700)):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)
        return layout

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.run / "log"

    @property
    def pids(self) -> Path:
        """One record per running process, so that any shell can stop them."""
        return self.run / "pids"

    @cached_property
    def account(self) -> Account:
        """Who runs broker and database: we, or an unprivileged account when we are root."""
        return own_account()

    @cached_property
    def data(self) -> Path:
        """Folder of broker and database; elsewhere if their account cannot reach `.run`."""
        if self.account.reaches(self.run):
            return self.run
        # A checkout under /root or a closed home folder: opening that up is not ours to do.
        name = hashlib.sha256(str(self.run).encode()).hexdigest()[:12]
        folder = Path("/var/tmp") / f"stalkingalarm-{name}"  # noqa: S108 - ownership checked below
        folder.mkdir(mode=0o711, exist_ok=True)
        folder.chmod(0o711)
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            raise SetupError(f"{folder} belongs to someone else; remove it first")
        return folder

    def private_folder(self, name: str) -> Path:
        """Make a folder under `data` that only the broker's and database's account can enter."""
        folder = self.data / name
        folder.mkdir(mode=0o700, exist_ok=True)
        self.account.own(folder)
        return folder

    @cached_property
    def ports(self) -> dict[str, int]:
        """Port by name; chosen once, then kept in `ports.json` so that addresses stay."""
        with self._kept("ports.json") as kept:
            if set(PORT_NAMES) - set(kept):
                base = _free_block(str(self.run))
                kept.update({name: base + i for i, name in enumerate(PORT_NAMES)})
            return {name: int(port) for name, port in kept.items()}

    def secret(self, name: str, make: Callable[[], str] | None = None) -> str:
        """Read the secret of that name; made at random on first use, kept with mode 0600."""
        with self._kept("secrets.json") as kept:
            if name not in kept:
                kept[name] = make() if make else DEVELOPMENT_PREFIX + secrets.token_urlsafe(24)
            return str(kept[name])

    def wipe(self) -> None:
        """Delete everything this installation stored; only when it is down."""
        for folder in {self.data, self.run}:
            shutil.rmtree(folder, ignore_errors=True)
        for attribute in ("data", "ports"):
            self.__dict__.pop(attribute, None)

    @contextmanager
    def _kept(self, name: str) -> Iterator[dict[str, str | int]]:
        """Read a JSON object under a lock and write it back, whole, if it changed."""
        path = self.run / name
        with (self.run / f".{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = json.loads(path.read_text()) if path.exists() else {}
            before = json.dumps(kept)
            yield kept
            if json.dumps(kept) != before:
                write_private(path, json.dumps(kept, indent=1))


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    new.rename(path)


def port_is_free(port: int) -> bool:
    """Say whether a server could listen on that port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def port_holder(port: int) -> str:
    """Name who listens on a port, for an error message."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", 0) == port:
                process = psutil.Process(connection.pid)
                return f"{process.name()} (pid {process.pid})"
    except (psutil.Error, TypeError):
        pass
    return "another program"


def check_disk(folder: Path, least: int = 10**9) -> None:
    """Refuse to start with less than `least` bytes free; raises SetupError."""
    free = shutil.disk_usage(folder).free
    if free < least:
        raise SetupError(f"only {free / 1e9:.2f} GB free at {folder}; {least / 1e9:g} GB needed")


def runs(command: list[str], account: Account) -> bool:
    """Say whether that account can run a command on this machine."""
    try:
        return (
            subprocess.run(command, capture_output=True, check=False, cwd="/", **account.spawn).returncode == 0
        )
    except OSError:
        return False


def _free_block(seed: str) -> int:
    """Find the first port of a free block; checkouts start looking at different places."""
    start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") % _PORT_BLOCKS
    for step in range(_PORT_BLOCKS):
        base = _FIRST_PORT + (start + step) % _PORT_BLOCKS * _PORT_BLOCK
        if all(port_is_free(base + i) for i in range(_PORT_BLOCK)):
            return base
    raise SetupError(f"no {_PORT_BLOCK} free ports in a row from {_FIRST_PORT} up")
