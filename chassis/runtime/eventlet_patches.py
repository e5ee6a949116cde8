"""How a worker waits for its database, and finds its peers, under eventlet.

For the database: a moment in the kernel, then green. For addresses: by asking, each time.
"""

import psycopg.waiting
from eventlet.hubs import trampoline
from eventlet.patcher import original
from eventlet.support import greendns
from psycopg.abc import RV, PQGen
from psycopg.waiting import Ready, Wait

# Milliseconds. Most answers come sooner than eventlet can switch there and back (0.3 ms); the hub stands still
# no longer than this, and whatever takes longer lets all other greenlets run.
_MOMENT_MS = 1
_READ, _WRITE = 1, 4  # POLLIN, POLLOUT


class FreshNames(greendns.ResolverProxy):  # type: ignore[misc]
    """Remembers no address.

    Eventlet keeps what a name server said for as long as that allows: ten minutes with Docker's. A broker that
    came back at another address was called at its old one until then, by every worker at once.
    """

    def clear(self) -> None:
        """Read the machine's resolver settings again."""
        super().clear()
        self._resolver.cache = None


def install() -> None:
    """Make this process wait and look up names like that; call after `monkey_patch`."""
    psycopg.waiting.wait = wait
    greendns.resolver = FreshNames(hosts_resolver=greendns.HostsResolver())


def wait(gen: PQGen[RV], fileno: int, interval: float = 0.0, timeout: float | None = None) -> RV:
    """Run a generator of psycopg to its end. Time-outs are the server's: see `engine_of`."""
    if timeout is not None:
        return psycopg.waiting.wait_selector(gen, fileno, interval, timeout)
    poll = original("select").poll()
    try:
        wanted = next(gen)
        while True:
            mask = (_READ if wanted & Wait.R else 0) | (_WRITE if wanted & Wait.W else 0)
            poll.register(fileno, mask)
            events = poll.poll(_MOMENT_MS)
            if not events:
                reading = bool(wanted & Wait.R)
                trampoline(fileno, read=reading, write=not reading)
                events = poll.poll(0)
            seen = events[0][1] if events else 0
            # An error or a hang-up is for libpq to find out: it reads.
            ready = (Ready.W if seen & _WRITE else 0) | (Ready.R if seen & ~_WRITE else 0)
            wanted = gen.send(ready or Ready.R)
    except StopIteration as end:
        value: RV = end.value
        return value
