"""What `docker-compose.scale.yml` runs, without Docker: its settings, its nginx, a database, and two replicas of the service."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from app.outbound.clock import SystemClock
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from tests.deployment.compose_files import read_compose_file
from tests.journeys.conftest import Service
from tests.journeys.forked_services import fork_app
from tests.postgres_server import PASSWORD, PostgresServer, run_postgres
from tests.proxies.proxied_service import free_ports

SCALE = "docker-compose.scale.yml"
REPLICAS = ("afterword-1", "afterword-2")
PUBLIC_URL = "https://comments.example.com"
SECRET, OWNER_TOKEN = "It's a Secret to Everybody", "owner-token-of-the-tests"
READER = "203.0.113.7"
_VARIABLES = {"AFTERWORD_REPO": SAMPLE_REPO, "AFTERWORD_PUBLIC_URL": PUBLIC_URL, "POSTGRES_PASSWORD": PASSWORD}
_DEADLINE = 30.0


def nginx_file(text: str, folder: Path, port: int, replicas: Mapping[str, int]) -> Path:
    """Write the configuration of nginx for a machine without Docker; only what is Docker's is replaced.

    `resolve` needs a later nginx than Debian's.
    """
    for name, replica_port in replicas.items():
        text = text.replace(f"{name}:8000 resolve", f"127.0.0.1:{replica_port}")
    text = text.replace("resolver 127.0.0.11 valid=10s;", "")
    # In a container, what ends TLS has a private address.
    text = text.replace("set_real_ip_from 10.0.0.0/8;", "set_real_ip_from 127.0.0.1;")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("/var/cache/nginx", str(folder))
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{name}_temp_path {folder}/{name};" for name in names)
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {paths}\n{text} }}"
    )
    return file


@dataclass
class Scaled:
    """Two replicas on one database behind nginx, and what ends TLS in front of it: `client` sends its headers."""

    simulator: RunningSimulator
    database: PostgresServer
    folder: Path
    variables: Mapping[str, str]
    url: str
    ports: Mapping[str, int]
    client: httpx.Client
    replicas: dict[str, Service] = field(default_factory=dict)

    def start(self, name: str) -> Service:
        """Start a replica; its environment is the container's."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("AFTERWORD_")}
        variables = {**clean, **self.variables, "NO_COLOR": "1", "PYTHONPATH": str(Path.cwd())}
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        port = str(self.ports[name])
        if name in self.replicas:
            _close(self.replicas[name])
        service = Service(fork_app("serve", "--port", port, env=variables, cwd=folder, stdout=1))
        self.replicas[name] = service
        return service

    def wait_until_complete(self, name: str) -> None:
        """Wait until a replica serves everything."""
        deadline = time.monotonic() + _DEADLINE
        while not self.is_ready(name):
            assert time.monotonic() < deadline, self.replicas[name].output
            time.sleep(0.05)

    def is_ready(self, name: str) -> bool:
        """Return whether a replica serves everything, as it says without nginx."""
        try:
            sites = httpx.get(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=30).json()["sites"]
        except httpx.TransportError:
            return False
        return all(site["listed"] and site["threads"] == site["threads_complete"] for site in sites)

    def close(self) -> None:
        """End the replicas."""
        for service in self.replicas.values():
            _close(service)


def _close(service: Service) -> None:
    if service.process.poll() is None:
        service.stop()
    assert service.process.stderr is not None
    service.process.stderr.close()


@contextmanager
def run_scaled(**settings: str) -> Iterator[Scaled]:
    """Run all of it until the block ends; settings have their names without the prefix."""
    compose = read_compose_file(SCALE, _VARIABLES)
    world = sample_world(SystemClock().now)
    world.add_token("t0ken", "ada")
    with run_simulator(world) as simulator, run_postgres() as database, ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        folder.chmod(0o755)  # nginx drops the privileges of root
        nginx_port, *ports = free_ports(3)
        of_file = compose["services"][REPLICAS[0]]["environment"]
        store = of_file["AFTERWORD_STORE"].replace("@database:5432", f"@127.0.0.1:{database.port}")
        database.database(name="afterword")
        further = {
            "GITHUB_API_URL": simulator.url,
            "GITHUB_TOKEN": "t0ken",
            "WEBHOOK_SECRET": SECRET,
            "OWNER_TOKEN": OWNER_TOKEN,
            **settings,
        }
        variables = {**of_file, "AFTERWORD_STORE": store} | {
            f"AFTERWORD_{key}": value for key, value in further.items()
        }
        tls = {"Host": "comments.example.com", "X-Forwarded-Proto": "https", "X-Forwarded-For": READER}
        url = f"http://127.0.0.1:{nginx_port}"
        client = stack.enter_context(httpx.Client(base_url=url, headers=tls, timeout=30))
        scaled = Scaled(simulator, database, folder, variables, url, dict(zip(REPLICAS, ports, strict=True)), client)
        stack.callback(scaled.close)
        text = str(compose["configs"]["nginx"]["content"])
        for name in REPLICAS:
            scaled.start(name)
        for name in REPLICAS:
            scaled.wait_until_complete(name)
        stack.enter_context(_run_nginx(nginx_file(text, folder, nginx_port, scaled.ports), scaled))
        yield scaled


@contextmanager
def _run_nginx(file: Path, scaled: Scaled) -> Iterator[None]:
    executable = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert executable, "nginx is not installed: make develop installs it"
    process = subprocess.Popen([executable, "-p", str(file.parent), "-c", str(file)])
    deadline = time.monotonic() + _DEADLINE
    try:
        while True:
            try:
                scaled.client.get("/healthz").raise_for_status()
            except httpx.TransportError:
                assert process.poll() is None, (file.parent / "error.log").read_text()
                assert time.monotonic() < deadline, "nginx does not listen"
                time.sleep(0.02)
            else:
                break
        yield
    finally:
        process.terminate()
        process.wait(_DEADLINE)
