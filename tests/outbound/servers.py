"""Servers on loopback that respond as badly as a network can: they write bytes, not HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ByteServer:
    """Writes one of its responses for each request; the last one for all further requests."""

    def __init__(self, *responses: bytes) -> None:
        self._responses = list(responses)
        self.request_heads: list[bytes] = []
        """Each up to and including the empty line."""
        self.connections = 0
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; close it after an empty response or one with `Connection: close`."""
        self.connections += 1
        try:
            while response := await self._next_response(reader):
                writer.write(response)
                await writer.drain()
                if b"connection: close" in response.lower():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _next_response(self, reader: asyncio.StreamReader) -> bytes:
        self.request_heads.append(await reader.readuntil(b"\r\n\r\n"))
        return self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]


@asynccontextmanager
async def serve_bytes(*responses: bytes) -> AsyncIterator[ByteServer]:
    """Run a server with these responses."""
    byte_server = ByteServer(*responses)
    server = await asyncio.start_server(byte_server.handle, "127.0.0.1", 0)
    byte_server.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield byte_server
    finally:
        server.close()


def http_response(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    """Return a complete response with JSON that leaves the connection open."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body
