#!/usr/bin/env bash
# uvicorn 0.54.0 (httptools 0.9.0, uvloop 0.23.0): which request learns that its client has left.
#
# A client that leaves before the response: the application's next `send` returns silently, as ASGI's specification asks
# of a server. If the client has sent a second request behind the first one, only the second learns of it. The first
# request's `send` writes to the closed transport, raises RuntimeError in the application, and uvicorn logs
# "Exception in ASGI application" with a traceback. So an ordinary disconnect looks like a fault of the application.
#
# A server that subclasses the protocol can remember the request whose response is under way and tell that one too.
# Output seen: "one request: 0 errors logged", "a second one behind it: 1 errors logged".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check uvicorn==0.54.0 httptools==0.9.0 uvloop==0.23.0
cat > "$folder/observe.py" <<'PYTHON'
import asyncio
import logging

import uvicorn
import uvloop

REQUEST = b"GET / HTTP/1.1\r\nhost: example.org\r\n\r\n"
errors: list[str] = []


class Counter(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        errors.append(record.getMessage().strip())


async def read_all(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


async def observe(requests: int) -> int:
    """Return how many errors uvicorn logs if a client sends this many requests and leaves before the response."""
    errors.clear()
    has_left = asyncio.Event()

    async def app(scope, receive, send):
        reading = asyncio.create_task(read_all(receive))  # as a framework does that waits for a disconnect
        await has_left.wait()
        reading.cancel()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    config = uvicorn.Config(app, port=0, http="httptools", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST * requests)
    await asyncio.sleep(0.2)
    writer.transport.abort()
    await asyncio.sleep(0.2)
    has_left.set()
    await asyncio.sleep(0.2)
    server.should_exit = True
    await task
    return len(errors)


async def main() -> None:
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(Counter(level=logging.ERROR))
    one, two = await observe(1), await observe(2)
    print(f"one request: {one} errors logged\na second one behind it: {two} errors logged")
    assert (one, two) == (0, 1), (one, two)


uvloop.run(main())
PYTHON
"$folder/venv/bin/python" "$folder/observe.py"
