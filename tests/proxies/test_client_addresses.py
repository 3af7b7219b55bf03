"""The address of a client behind the proxies of the README: none can say that it is another one."""

from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.serving.clients.addresses import TrustedProxies, client_key
from tests.proxies.proxied_service import free_port
from tests.proxies.proxies import Clock, Setup, run_proxy
from tests.proxies.recorded_backend import run_backend

FORGED = "192.0.2.66"
PROXY = "10.0.0.2"


@pytest.mark.parametrize("name", ["nginx", "haproxy"])  # the others name the client unless told otherwise
def test_proxy_names_the_client_behind_forged_addresses(name: str) -> None:
    with TemporaryDirectory() as text, run_backend() as backend:
        folder = Path(text)
        folder.chmod(0o755)  # nginx drops the privileges of root
        with run_proxy(name, Setup(free_port(), backend.port, folder / name), Clock(folder)) as proxy:
            response = proxy.get("/api/v1/posts/1", **{"X-Forwarded-For": FORGED, "Forwarded": f"for={FORGED}"})
    assert response.status_code == 204
    addresses = ", ".join(backend.fields.get_all("x-forwarded-for", ()))
    proxies = TrustedProxies((ip_network(PROXY),))
    assert client_key(proxies.client(PROXY, addresses, backend.fields["forwarded"])) == "127.0.0.1"
