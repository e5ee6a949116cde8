"""The worker that the bus tests run as a process of its own; it writes what it handled to a file."""

import json
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from psycopg.errors import NumericValueOutOfRange, RaiseException
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError

from chassis.errors import Permanent, Retryable
from chassis.messaging.worker import Delivery, Parked, every, listen, when_parked

_seen: set[UUID] = set()
OUT = Path(os.environ["BUS_TEST_OUT"])


def note(**what: object) -> None:
    with OUT.open("a") as out:
        out.write(json.dumps(what) + "\n")


@when_parked
def tell(parked: Sequence[Parked]) -> None:
    for each in parked:
        note(what="parked", queue=each.queue, type=each.event_type, reason=each.reason)


class Echo:
    name = "echo"

    @listen("dispatch.test", batch=64)
    def handle(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            _obey(delivery)
        for delivery in deliveries:
            note(
                what="handled",
                id=str(delivery.event.id),
                attempt=delivery.attempt,
                redelivered=delivery.redelivered,
                size=len(deliveries),
                at=time.time(),
                trace=f"{delivery.span.get_span_context().trace_id:032x}",
            )

    @every(0.2)
    def tick(self) -> None:
        note(what="tick")
        raise ValueError


_RAISED: dict[str, Exception] = {
    "permanent": Permanent("never"),
    "retryable": Retryable("later"),
    "data": DataError("value out of range", {}, NumericValueOutOfRange()),
    "trigger": ProgrammingError("refused by a trigger", {}, RaiseException()),
    "away": OperationalError("no database", {}, Exception()),
}


def _obey(delivery: Delivery) -> None:
    match delivery.event.data.get("do"):
        case str(what) if what in _RAISED:
            raise _RAISED[what]
        case "away, then fail" if delivery.event.id not in _seen:
            _seen.add(delivery.event.id)
            raise OperationalError("no database", {}, Exception())
        case "away, then fail" if delivery.attempt == 1:
            raise Retryable("now for another reason")
        case "fail once" if delivery.attempt == 1:
            raise RuntimeError("secret name of a victim")
        case "die" if not delivery.redelivered:
            note(what="dying")
            os.kill(os.getpid(), signal.SIGKILL)
        case "slow":
            note(what="slow began")
            time.sleep(1.5)
