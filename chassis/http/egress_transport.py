"""Connections to partners, as `chassis/http/egress.py` allows them.

Names are resolved here, every address is checked, and the connection goes to the one that was checked; it is
kept for the name that it was made for, and the certificate is still the name's.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Sequence

import httpcore
import httpx

from chassis.http.egress import AddressRefused, Egress

_Options = Iterable[httpcore.SOCKET_OPTION] | None


class _Backend(httpcore.NetworkBackend):
    """Connects for a pool whose connections keep the name that they were made for."""

    def __init__(self, egress: Egress) -> None:
        self._egress, self._inner = egress, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _Options = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers, of those that were checked."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(type(error).__name__) from None
        *others, last = _checked(self._egress, host, found)
        for address in others:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._inner.connect_tcp(last, port, timeout, local_address, socket_options)


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    """The same for asyncio."""

    def __init__(self, egress: Egress) -> None:
        self._egress, self._inner = egress, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore calls it
        local_address: str | None = None,
        socket_options: _Options = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers, of those that were checked."""
        try:
            async with asyncio.timeout(timeout):
                loop = asyncio.get_running_loop()
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        except OSError as error:
            raise httpcore.ConnectError(type(error).__name__) from None
        *others, last = _checked(self._egress, host, found)
        for address in others:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)


def _checked(egress: Egress, host: str, found: Sequence[tuple[object, ...]]) -> list[str]:
    try:
        return egress.checked(host, [str(each[4][0]) for each in found if isinstance(each[4], tuple)])
    except AddressRefused as error:
        raise httpcore.ConnectError(str(error)) from error


class Transport(httpx.HTTPTransport):
    """For `httpx.Client(transport=...)`: no proxy of the environment is asked either."""

    def __init__(self, egress: Egress, context: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self._pool = httpcore.ConnectionPool(
            ssl_context=context or httpx.create_ssl_context(trust_env=False),
            network_backend=_Backend(egress),
        )


class AsyncTransport(httpx.AsyncHTTPTransport):
    """For `httpx.AsyncClient(transport=...)`."""

    def __init__(
        self, egress: Egress, context: ssl.SSLContext | None = None, *, most_connections: int = 50
    ) -> None:
        super().__init__()
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context or httpx.create_ssl_context(trust_env=False),
            max_connections=most_connections,
            network_backend=_AsyncBackend(egress),
        )


def refused_address(error: BaseException | None) -> bool:
    """Say whether a request failed because of where it would have gone."""
    while error is not None and not isinstance(error, AddressRefused):
        error = error.__cause__ or error.__context__
    return error is not None
