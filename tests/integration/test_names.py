"""Workers ask for an address each time: whoever moved is found at once."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import dns.message
import dns.rrset
import pytest

_ASKS_TWICE = """
import sys
import eventlet
eventlet.monkey_patch()
from eventlet.support import greendns
from chassis.runtime import eventlet_patches
eventlet_patches.install()
greendns.resolver._resolver.nameservers = ["127.0.0.1"]
greendns.resolver._resolver.port = int(sys.argv[1])
import socket
for _ in range(2):
    print(socket.getaddrinfo("broker.test", 5672, socket.AF_INET)[0][4][0])
"""


@pytest.fixture
def name_server() -> Iterator[int]:
    """The port of a name server that says another address each time, each good for ten minutes."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        last = 0
        while True:
            packet, asker = server.recvfrom(512)
            if packet == b"end":
                return
            query = dns.message.from_wire(packet)
            answer, asked = dns.message.make_response(query), query.question[0]
            last += 1
            answer.answer.append(dns.rrset.from_text(asked.name, 600, "IN", "A", f"192.0.2.{last}"))
            server.sendto(answer.to_wire(), asker)

    thread = threading.Thread(target=serve)
    thread.start()
    port = server.getsockname()[1]
    yield port
    server.sendto(b"end", ("127.0.0.1", port))
    thread.join()
    server.close()


def test_a_name_that_moved_is_found_at_its_new_address(name_server: int) -> None:
    command = [sys.executable, "-W", "ignore", "-c", _ASKS_TWICE, str(name_server)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert said.stdout.split() == ["192.0.2.1", "192.0.2.2"], said.stderr
