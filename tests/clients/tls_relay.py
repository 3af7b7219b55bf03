"""A TLS endpoint in front of a plain one, for clients that speak no plain HTTP."""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path


def make_certificate(folder: Path) -> Path:
    """Return a file with a self-signed certificate for 127.0.0.1, and its key."""
    path = folder / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run([*request, *names, "-keyout", path, "-out", folder / "public.pem"], check=True, capture_output=True)
    with path.open("a") as file:
        file.write((folder / "public.pem").read_text())
    return path


@contextmanager
def run_tls_relay(certificate: Path, port: int) -> Iterator[str]:
    """Relay TLS connections to a port of this machine; yield the URL."""
    loop, urls = asyncio.new_event_loop(), list[str]()
    started = threading.Event()

    async def serve() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server = await asyncio.start_server(partial(_relay, port), "127.0.0.1", 0, ssl=context)
        urls.append(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        started.set()
        async with server:
            with suppress(asyncio.CancelledError):
                await server.serve_forever()

    task = loop.create_task(serve())
    thread = threading.Thread(target=loop.run_until_complete, args=(task,))
    thread.start()
    started.wait(10)
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


async def _relay(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    from_service, to_service = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_copy(reader, to_service), _copy(from_service, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    writer.close()
