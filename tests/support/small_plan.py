"""A small system for the tests of the supervisor: a database, a step, and a trivial server."""

import sys
from dataclasses import replace

from tools.runtime.native import plan as whole
from tools.runtime.native import postgres
from tools.runtime.native.layout import Layout, SetupError
from tools.runtime.native.spec import Spec


def serve(port: int) -> None:
    """Accept connections for ever; say the variable COLOUR to whoever connects."""
    import os
    import socket

    with socket.create_server(("127.0.0.1", port)) as server:
        while True:
            client, _ = server.accept()
            with client:
                client.sendall(os.environ.get("COLOUR", "none").encode())


def plan(layout: Layout) -> list[Spec]:
    """`postgres`, the step `databases`, and `greeter`, which needs them."""
    port = layout.ports["alarm"]
    return [
        postgres.spec(layout),
        Spec("databases", prepare=lambda: postgres.provision(layout), needs=("postgres",)),
        greeter(port),
    ]


def greeter(port: int) -> Spec:
    """A server that does nothing but greet."""
    return Spec(
        "greeter",
        (sys.executable, "-m", __name__, str(port)),
        template=("json",),
        env={"COLOUR": "green"},
        needs=("databases",),
        ready=lambda: greeting(port) is not None,
        port=port,
    )


def greeting(port: int) -> str | None:
    """What the greeter says; None if it is not there."""
    import socket

    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(100).decode()
    except OSError:
        return None


def broken(layout: Layout) -> list[Spec]:
    """A system with a process that cannot start."""
    command = (sys.executable, "-c", "raise SystemExit('the reason is here')")
    bad = Spec("bad", command, ready=lambda: False)
    return [bad, replace(greeter(layout.ports["alarm"]), needs=())]


def without_template(layout: Layout) -> list[Spec]:
    """The small system with a template that cannot import what it should."""
    return [replace(spec, template=("no_such_module",)) if spec.template else spec for spec in plan(layout)]


def unusable(layout: Layout) -> list[Spec]:
    """A system on a machine without a broker."""
    raise SetupError("RabbitMQ is not installed")


def foundation(layout: Layout) -> list[Spec]:
    """Broker, database, issuer and collector, without the services."""
    return whole.foundation(layout)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
