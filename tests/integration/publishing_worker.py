"""Publishes from greenlets until a file `stop` appears, and writes down what was confirmed."""

# ruff: noqa: E402 - eventlet must patch before anything else is imported
import eventlet

eventlet.monkey_patch()

import json
import os
import time
from pathlib import Path
from uuid import uuid4

from chassis.messaging.worker import Message, WorkerPublisher

OUT = Path(os.environ["BUS_TEST_OUT"])
CALLERS, BATCH, TIMEOUT_S = 8, 25, 2.0


def publish_on(
    publisher: WorkerPublisher, confirmed: list[str], slowest: list[float], refused: list[float]
) -> None:
    while not OUT.with_name("stop").exists():
        batch = [Message(uuid4(), "", os.environ["BUS_TEST_QUEUE"], b"{}") for _ in range(BATCH)]
        began = time.monotonic()
        taken = publisher.publish_and_wait(batch, TIMEOUT_S)
        took = time.monotonic() - began
        confirmed += [str(i) for i in taken]
        (slowest if taken else refused).append(took)
        # Somebody is always under way; more would only measure the machine.
        eventlet.sleep(0.02 if publisher.connected else 0.05)


def main() -> None:
    publisher = WorkerPublisher(os.environ["BROKER_URL"])
    confirmed: list[str] = []
    slowest: list[float] = []
    refused: list[float] = []
    callers = [eventlet.spawn(publish_on, publisher, confirmed, slowest, refused) for _ in range(CALLERS)]
    for caller in callers:
        caller.wait()
    unroutable = Message(uuid4(), "", "no.such.queue", b"{}")
    routable = Message(uuid4(), "", os.environ["BUS_TEST_QUEUE"], b"{}")
    answer = publisher.publish_and_wait([unroutable, routable])
    too_long = Message(uuid4(), "", "x" * 300, b"{}")
    spoilt = publisher.publish_and_wait([too_long])
    while not publisher.connected:  # it comes back by itself
        eventlet.sleep(0.01)
    after = publisher.publish_and_wait([last := Message(uuid4(), "", os.environ["BUS_TEST_QUEUE"], b"{}")])
    publisher.close()
    row = {
        "confirmed": [*confirmed, str(routable.id)],
        "slowest_s": max(slowest + refused),
        "refused_at_once": sum(took < 0.1 for took in refused),
        "only_routable": answer == {routable.id},
        "survives_spoilt": not spoilt and after == {last.id},
    }
    OUT.write_text(json.dumps(row))


main()
