"""What scenarios, demo and simulated people need of a running system, whatever it runs in."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self

from tools.runtime.native import plan, postgres, rabbitmq
from tools.runtime.native.control import Process
from tools.runtime.native.layout import Layout, SetupError

Processes = list[Process]
GOOD = {"ready", "done"}


class Place(Protocol):
    """Where a system is: all that who only speaks to its services must know."""

    @property
    def layout(self) -> Layout:
        """Its ports and secrets."""

    def url(self, name: str) -> str:
        """Give the base URL of a service, of `issuer`, of `collector` or of `ketenaanpak`."""


class RunningSystem(ABC):
    """Handle on one installation; leaving the `with` block stops it if this handle started it."""

    # Where its processes reach a server on this machine.
    here = "127.0.0.1"

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.started_here = False

    def __enter__(self) -> Self:
        """Give the system itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what this handle started."""
        if self.started_here:
            self.down()

    @abstractmethod
    def down(self) -> list[str]:
        """Stop everything in order; answers what ran."""

    @abstractmethod
    def processes(self) -> Processes:
        """List name, state, pid, port, restarts and last error of every process and step."""

    def checked(self) -> Processes:
        """List the same, as each answers now: a process that was ready once need not be so any more."""
        return self.processes()

    @abstractmethod
    def stop(self, name: str) -> None:
        """Stop one process cleanly; it stays down."""

    @abstractmethod
    def kill(self, name: str) -> None:
        """Kill one process (-9); it is started again."""

    @abstractmethod
    def start(self, name: str) -> None:
        """Start one process that was stopped, and wait until it is ready."""

    @abstractmethod
    def log(self, name: str) -> str:
        """Read all that a process wrote."""

    @abstractmethod
    def last_words(self, name: str) -> str:
        """Say where the log of a process is, and quote the line in it that most probably says what is wrong."""

    def restart(self, name: str) -> None:
        """Stop one process cleanly, start it again, and wait until it is ready."""
        self.stop(name)
        self.start(name)

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Stop processes (`rabbitmq`, `alarm-api`, ...) for the length of the block."""
        for name in names:
            self.stop(name)
        try:
            yield
        finally:
            for name in names:
                self.start(name)

    @contextmanager
    def without_database(self, service: str) -> Iterator[None]:
        """Have one service's database refuse everybody for the length of the block."""
        postgres.take_down(self.layout, service)
        try:
            yield
        finally:
            postgres.bring_back(self.layout, service)

    def wait_started(self, seconds: float, progress: Callable[[Processes], None]) -> None:
        """Wait until all of it is ready; if it cannot be, what this handle started is stopped again."""
        try:
            self.wait_ready(seconds=seconds, progress=progress)
        except BaseException:
            if self.started_here:
                self.down()
            raise

    def wait_ready(
        self,
        *names: str,
        seconds: float = 60,
        progress: Callable[[Processes], None] = lambda _: None,
    ) -> None:
        """Wait until these (default: all) are ready; raises SetupError naming what is not, and why."""
        deadline = time.monotonic() + seconds
        while True:
            found = [p for p in self.processes() if not names or p["name"] in names]
            progress(found)
            if all(p["state"] in GOOD for p in found):
                return
            failed = [p for p in found if p["state"] == "failed"]
            if failed or time.monotonic() > deadline:
                bad = (failed or [p for p in found if p["state"] not in GOOD])[0]
                raise SetupError(self._why(bad))
            time.sleep(0.1)

    def url(self, name: str) -> str:
        """Give the base URL of a service, of `issuer`, of `collector` or of `ketenaanpak`."""
        return plan.url(self.layout, name)

    def broker_url(self, user: str = "admin") -> str:
        """Give the AMQP URL, as a service or as `admin`."""
        return rabbitmq.broker_url(self.layout, user)

    def database_url(self, service: str) -> str:
        """Give the SQLAlchemy URL of one service's database, as that service."""
        return postgres.service_url(self.layout, service)

    def admin_database_url(self, database: str = "postgres") -> str:
        """Give the libpq URL of any database, as administrator."""
        return postgres.admin_url(self.layout, database)

    def _why(self, process: Process) -> str:
        reason = process["error"] or f"still {process['state']}"
        return f"{process['name']} is not ready: {reason}; {self.last_words(process['name'])}"
