"""What chaos needs of any system that it breaks: where devices press, and what waits in queues."""

from collections.abc import Sequence
from typing import Any

import pika
from pika.exceptions import AMQPError

from contracts.topology import QUEUES
from tools.runtime.native.running import RunningSystem

# The queues that people look at, and those in which a message waits on purpose.
_ASIDE = ("unroutable", "retry.", "cic.")
WORK_QUEUES = tuple(q.name for q in QUEUES if not q.name.startswith(_ASIDE) and not q.name.endswith(".parking"))


class Subject:
    """One running system, to be broken."""

    def __init__(self, system: RunningSystem) -> None:
        self.system = system
        # Where devices press, in turn.
        self.alarm_urls = [system.url("alarm")]
        # What a fault saw and its check looks at.
        self.told: dict[str, Any] = {}

    def broker_urls(self) -> list[str]:
        """Where the broker may be asked, one after the other."""
        return [self.system.broker_url()]

    def depths(self, names: Sequence[str] = WORK_QUEUES) -> dict[str, int] | None:
        """How many messages wait in each of these queues; None when the broker does not answer."""
        for url in self.broker_urls():
            parameters = pika.URLParameters(url)
            parameters.socket_timeout = parameters.blocked_connection_timeout = parameters.stack_timeout = 2
            try:
                connection = pika.BlockingConnection(parameters)
                channel = connection.channel()
                found = {n: channel.queue_declare(n, passive=True).method.message_count for n in names}
                connection.close()
            except (AMQPError, OSError):
                continue
            return found
        return None
