"""Talking to the supervisor over its socket: one line of JSON each way."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from tools.runtime.native.layout import COMMAND, Layout, SetupError

OVERRIDES = "overrides.json"


class Process(TypedDict):
    """How one process or step of a system stands."""

    name: str
    state: str
    pid: int | None
    port: int | None
    restarts: int
    error: str
    step: bool


class Reply(TypedDict, total=False):
    """What the supervisor answers: to `status` the processes; why it refuses, where it does."""

    processes: list[Process]
    refused: str


@contextmanager
def socket_path(layout: Layout) -> Iterator[Path]:
    """Make a short path to the socket: the kernel allows 107 characters, a checkout may be deeper."""
    folder = os.open(layout.run, os.O_PATH | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{folder}/supervisor.sock")
    finally:
        os.close(folder)


def call(layout: Layout, do: str, name: str = "", seconds: float = 60) -> Reply:
    """Have the supervisor do something; raises SetupError if it is not there or refuses."""
    request = json.dumps({"do": do, "name": name}).encode() + b"\n"
    with socket_path(layout) as path, socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect(str(path))
        except OSError as error:
            raise SetupError(f"the system is not running: `{COMMAND} up`") from error
        connection.sendall(request)
        line = connection.makefile().readline()
    answer: Reply = json.loads(line or '{"refused": "the supervisor has gone"}')
    if "refused" in answer:
        raise SetupError(f"{do} {name}: {answer['refused']}")
    return answer
