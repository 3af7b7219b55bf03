"""Servers on loopback that answer as badly as a network can: they write bytes, not HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Wire:
    """Answers connection after connection with what it was given, the last of it again and again."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.heads: list[bytes] = []
        """What was asked, each up to the empty line."""
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while piece := await self._answer(reader):
                writer.write(piece)
                await writer.drain()
                if b"connection: close" in piece.lower():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        return self._pieces.pop(0) if len(self._pieces) > 1 else self._pieces[0]


@asynccontextmanager
async def serving(*pieces: bytes) -> AsyncIterator[Wire]:
    wire = Wire(*pieces)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()


def whole(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    """A complete answer of JSON that leaves the connection open."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body
