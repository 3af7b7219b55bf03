"""A page that listens for a thread's changes through a proxy, and reads the thread after each, as the widget does."""

import json
import threading

import httpx

from tests.proxies.proxies import Proxy

_DEADLINE = 20.0


class EventListener:
    """Receives the events of a thread in a thread of its own."""

    def __init__(self, proxy: Proxy, number: int, path: str) -> None:
        self._proxy = proxy
        self._number = number
        self._path = path
        self._versions: dict[str, int] = {}
        self._condition = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def wait_for(self, name: str) -> int:
        """Wait for an event of this name; return its version."""
        with self._condition:
            arrived = self._condition.wait_for(lambda: name in self._versions, _DEADLINE)
            assert arrived, f"no event {name} came through {self._proxy.name}"
            return self._versions.pop(name)

    def read_after(self, name: str) -> httpx.Response:
        """Wait for an event of this name; return the thread as it is read then."""
        return self._proxy.get(f"{self._path}&version={self.wait_for(name)}")

    def close(self) -> None:
        """Stop listening at the next sign of life."""
        self._is_closed = True

    def _receive(self) -> None:
        path = f"/api/v1/posts/{self._number}/events"
        prefix = "" if self._proxy.name == "squid" else "/comments"
        url, name = f"{self._proxy.origin}{prefix}{path}", ""
        with self._proxy.client.stream("GET", url, headers=self._proxy.headers({})) as response:
            for line in response.iter_lines():
                if self._is_closed:
                    return
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                if field == "data":
                    with self._condition:
                        self._versions[name] = json.loads(value)["version"]
                        self._condition.notify_all()
