"""A lean HTTP/1.1 client: the driver shares two cores with what it measures, so it must cost little."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit


class Wire:
    """Keep-alive connections to one address, as many as there are requests in flight."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: bytes, headers: str) -> tuple[int, bytes]:
        """Send one request; `headers` as they are sent, each line ended. Raises OSError if the line breaks."""
        head = f"POST {path} HTTP/1.1\r\nhost: {self._host}\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
        request = head.encode() + body
        if self._idle:
            # The server may just have closed a connection that idled: then the press goes by a new one.
            with suppress(OSError):
                return await self._exchange(*self._idle.pop(), request)
        return await self._exchange(*await self._open(), request)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> tuple[int, bytes]:
        try:
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            lines = answer.decode("latin-1").lower().split("\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
            content = await reader.readexactly(length)
        except asyncio.IncompleteReadError as error:
            writer.close()
            raise ConnectionResetError("the connection ended within an answer") from error
        self._idle.append((reader, writer))
        return int(lines[0].split(" ")[1]), content

    async def events(self, path: str, headers: str) -> AsyncIterator[bytes]:
        """Read the frames of an event stream; raises ConnectionError when it is refused."""
        reader, writer = await self._open()
        writer.write(f"GET {path} HTTP/1.1\r\nhost: {self._host}\r\n{headers}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            writer.close()
            raise ConnectionError(head.split(b"\r\n", 1)[0].decode())
        buffer = b""
        try:
            while True:
                size = int(await reader.readline(), 16)
                buffer += (await reader.readexactly(size + 2))[:-2]
                *frames, buffer = buffer.split(b"\n\n")
                for frame in frames:
                    yield frame
        finally:
            writer.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._host, self._port, limit=2**22)

    def close(self) -> None:
        """Close what is idle."""
        for _, writer in self._idle:
            writer.close()
