"""The cables between processes and what they speak to: a port for each pair, forwarded by this process.

A cable is cut, or loses packets, in the kernel (see rig.py). It is made slow, or its connections reset, here:
`python -m tests.chaos.links CONTROL_PORT NAME=PORT:TARGET_PORT...`, told by lines of JSON at the control port.
"""

import asyncio
import json
import random
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"


@dataclass
class Link:
    """One cable. Latency and jitter in seconds, added in each direction."""

    port: int
    target: int
    latency_s: float = 0.0
    jitter_s: float = 0.0
    ends: set["_End"] = field(default_factory=set)

    def delay_s(self) -> float:
        """How long what comes now takes."""
        return self.latency_s + random.random() * self.jitter_s

    def reset(self) -> None:
        """Break every connection, as a firewall that forgot them does."""
        for end in list(self.ends):
            end.abort()


class _End(asyncio.Protocol):
    """One end of one connection; what comes goes out at `peer`, in order, after the link's delay."""

    def __init__(self, link: Link, peer: "_End | None" = None) -> None:
        self.link, self.peer = link, peer
        self.transport: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._last = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.link.ends.add(self)
        if self.peer is None:
            asyncio.get_running_loop().create_task(self._reach())
        else:
            for data in self._early:
                transport.write(data)

    async def _reach(self) -> None:
        far = self.peer = _End(self.link, self)
        try:
            await asyncio.get_running_loop().create_connection(lambda: far, HOST, self.link.target)
        except OSError:
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self.peer:
            self._later(self.peer.write, data)

    def connection_lost(self, _: Exception | None) -> None:
        self.link.ends.discard(self)
        if self.peer:
            self._later(self.peer.close)

    def write(self, data: bytes) -> None:
        if self.transport is None:
            self._early.append(data)
        elif not self.transport.is_closing():
            self.transport.write(data)

    def close(self) -> None:
        if self.transport:
            self.transport.close()

    def abort(self) -> None:
        for end in (self, self.peer):
            if end and end.transport:
                end.transport.abort()

    def _later(self, call: Any, *arguments: Any) -> None:
        """In the order in which it came, whatever the jitter is."""
        loop = asyncio.get_running_loop()
        delay = self.link.delay_s()
        if not delay and self._last <= loop.time():
            call(*arguments)
            return
        self._last = max(loop.time() + delay, self._last + 1e-6)
        loop.call_at(self._last, call, *arguments)


async def serve(control: int, links: dict[str, Link]) -> None:
    """Forward until cancelled."""
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(lambda at=at: _End(at), HOST, at.port) for at in links.values()]  # type: ignore[misc]

    async def obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            answer = json.loads(await reader.readline())
            link = links[answer["link"]]
            link.latency_s, link.jitter_s = answer["latency_s"], answer["jitter_s"]
            if answer["reset"]:
                link.reset()
            writer.write(b"{}\n")
            await writer.drain()
        writer.close()

    servers.append(await asyncio.start_server(obey, HOST, control))
    await asyncio.gather(*(server.serve_forever() for server in servers))


def tell(control: int, link: str, latency_s: float = 0, jitter_s: float = 0, *, reset: bool = False) -> None:
    """Have the process that serves at the control port change a link."""
    values = {"link": link, "latency_s": latency_s, "jitter_s": jitter_s, "reset": reset}
    with socket.create_connection((HOST, control), timeout=5) as connection:
        connection.sendall(json.dumps(values).encode() + b"\n")
        if not connection.makefile().readline():
            raise ConnectionError(f"the links did not understand {values}")


def main() -> None:
    """Serve what the command line says."""
    links = {}
    for argument in sys.argv[2:]:
        name, _, ports = argument.partition("=")
        port, _, target = ports.partition(":")
        links[name] = Link(int(port), int(target))
    asyncio.run(serve(int(sys.argv[1]), links))


if __name__ == "__main__":
    main()
