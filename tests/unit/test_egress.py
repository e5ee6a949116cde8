"""Where requests to partners may go, decided at the moment of connecting."""

import asyncio
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

import httpx
import pytest

from chassis.http.egress import AddressRefused, Egress, is_public, networks_of
from chassis.http.egress_transport import AsyncTransport, Transport, refused_address

NOT_PUBLIC = (
    *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "192.0.0.8"),
    *("192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1"),
    *("::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:1::1"),
    *("2001:db8::1", "100::1", "fec0::1", "3fff::1", "5f00::1"),
)
PUBLIC = ("8.8.8.8", "193.190.198.1", "100.63.255.255", "172.32.0.1", "2a02:2788::1", "2001:4860:4860::8888")


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_request_goes_to_such_an_address(address: str) -> None:
    with pytest.raises(AddressRefused):
        Egress().checked("cad.example", ["8.8.8.8", address])


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_asked(address: str) -> None:
    assert is_public(ip_address(address))
    assert Egress().checked("cad.example", [address]) == [address]


@pytest.mark.parametrize(
    "url",
    [
        *("http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://0/"),
        *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://169.254.169.254/x"),
        *("https://user@cad.example/", "https://u:p@cad.example/", "https://cad.example@127.0.0.1/"),
        *("https://cad.example\\@127.0.0.1/", "https://cad.example:99999/", "https:///x", "ftp://cad.example/"),
        *("https://127。0。0。1/", "https://１２７.0.0.1/", "https://cad example/", "https://cad.example/\n"),
        *("https://[fe80::1%25eth0]/", "https://127.0.0.1./", "https://0x7f.1/", "https://-a.example/", "x"),
        *("https://134744072/", "https://8.8.2056/", "https://010.8.8.8/"),
    ],
)
def test_what_nobody_may_write_as_an_address(url: str) -> None:
    assert Egress().refusal(url) is not None


def test_a_list_of_hosts_leaves_nothing_else() -> None:
    listed = Egress(networks_of(["127.0.0.0/8"]), frozenset({"cad.example"}))
    assert listed.refusal("https://CAD.example:8443/orders?x=1") is None
    assert listed.refusal("https://cad.example./") is None
    assert listed.refusal("http://127.0.0.1:5/") is None
    assert listed.refusal("https://other.example/") is not None
    assert listed.refusal("https://8.8.8.8/") is not None
    with pytest.raises(AddressRefused):
        listed.checked("other.example", ["8.8.8.8"])


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_name_that_leads_home_is_refused_when_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://cad.example:{server.server_port}/"
    # The name server of who owns the name answers as they like, and otherwise the next time (DNS rebinding).
    real, answers = socket.getaddrinfo, list[str]()

    def resolved(host: str, *args: Any, **more: Any) -> Any:
        return real(answers.pop(0) if host == "cad.example" else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    # Whatever the environment says of proxies.
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.server_port}")
    with httpx.Client(transport=Transport(Egress())) as client:
        answers.append("127.0.0.1")
        with pytest.raises(httpx.ConnectError) as refused:
            client.get(url)
        assert refused_address(refused.value)

    async def asked(egress: Egress) -> int:
        answers.append("127.0.0.1")
        async with httpx.AsyncClient(transport=AsyncTransport(egress)) as client:
            return (await client.get(url)).status_code

    with pytest.raises(httpx.ConnectError) as refused:
        asyncio.run(asked(Egress()))
    assert refused_address(refused.value)
    near = Egress(networks_of(["127.0.0.0/8"]))
    assert asyncio.run(asked(near)) == 200
    answers.append("127.0.0.1")
    with httpx.Client(transport=Transport(near)) as client:
        assert client.get(url).status_code == 200
    assert answers == []
    server.shutdown()
    server.server_close()
