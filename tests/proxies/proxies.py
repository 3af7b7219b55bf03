"""The proxies of the README, each with its block of configuration, on ports and in folders of a test."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

HOST, PATH = "blog.example.com", "/comments"
PUBLIC_URL = f"http://{HOST}{PATH}"
_DEADLINE = 20.0
_CLOCK_VARIABLES = ("LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE", "FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC")


@dataclass(frozen=True, slots=True)
class Setup:
    """Where a proxy listens, where the service does, and the folder for its files."""

    port: int
    service_port: int
    folder: Path

    def block(self, language: str) -> str:
        """Return the block of the README for this setup."""
        text = readme_block(language).replace("127.0.0.1:8000", f"127.0.0.1:{self.service_port}")
        text = text.replace("parent 8000", f"parent {self.service_port}")
        return text.replace('.port = "8000"', f'.port = "{self.service_port}"')

    def write(self, name: str, text: str) -> str:
        """Write a file; return its path."""
        path = self.folder / name
        path.write_text(text)
        return str(path)


def readme_block(language: str) -> str:
    """Return the last block of a language in the README."""
    blocks = re.findall(rf"```{language}\n(.*?)```", Path("README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks, f"the README has no block of {language}"
    return str(blocks[-1])


def _nginx(setup: Setup) -> list[str]:
    block = setup.block("nginx").replace("listen 80", f"listen 127.0.0.1:{setup.port}")
    block = block.replace("/var/cache/nginx/comments", f"{setup.folder}/cache")
    paths = "".join(
        f"{name}_temp_path {setup.folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    variables = "".join(f"env {name};" for name in _CLOCK_VARIABLES)  # nginx removes others, and then has the real time
    text = f"{variables} daemon off; pid {setup.folder}/pid; error_log stderr; events {{}} http {{ access_log off; {paths}\n{block} }}"
    return ["nginx", "-p", str(setup.folder), "-c", setup.write("nginx.conf", text)]


def _httpd(setup: Setup) -> list[str]:
    modules = ("mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_disk")
    loads = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in modules)
    block = setup.block("apache").replace("/var/cache/apache2/mod_cache_disk", f"{setup.folder}/cache")
    (setup.folder / "cache").mkdir()
    (setup.folder / "cache").chmod(0o777)
    text = (
        f"ServerRoot {setup.folder}\nServerName {HOST}\nPidFile {setup.folder}/pid\nListen 127.0.0.1:{setup.port}\n"
        f"User www-data\nGroup www-data\nDefaultRuntimeDir {setup.folder}\n{loads}ErrorLog {setup.folder}/log\n{block}"
    )
    return ["apache2", "-X", "-f", setup.write("httpd.conf", text)]


def _varnish(setup: Setup) -> list[str]:
    vcl = setup.write("default.vcl", setup.block("vcl"))
    listen = f"127.0.0.1:{setup.port}"
    return ["varnishd", "-F", "-j", "none", "-n", f"{setup.folder}/work", "-a", listen, "-f", vcl, "-s", "malloc,16m"]


def _haproxy(setup: Setup) -> list[str]:
    block = setup.block("haproxy").replace("bind :80", f"bind 127.0.0.1:{setup.port}")
    limits = "defaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
    return ["haproxy", "-db", "-f", setup.write("haproxy.cfg", limits + block)]


def _caddy(setup: Setup) -> list[str]:
    block = setup.block("caddy").replace(HOST, f"https://localhost:{setup.port}")
    options = f"{{\n  admin off\n  auto_https disable_redirects\n  skip_install_trust\n  local_certs\n  storage file_system {setup.folder}\n}}\n"
    return ["caddy", "run", "--adapter", "caddyfile", "--config", setup.write("Caddyfile", options + block)]


def _squid(setup: Setup) -> list[str]:
    block = setup.block("squid").replace("http_port 80", f"http_port 127.0.0.1:{setup.port}")
    block = block.replace("comments.example.com", HOST)
    log = setup.write("log", "")
    os.chmod(setup.folder, 0o777)  # noqa: PTH101, S103 - squid drops its privileges
    os.chmod(log, 0o666)  # noqa: PTH101, S103
    text = (
        f"{block}\nhttp_access allow all\npid_filename none\naccess_log none\ncache_log {log}\ncache_mem 16 MB\n"
        f"coredump_dir {setup.folder}\nshutdown_lifetime 0 seconds\npinger_enable off\n"
    )
    return ["squid", "-N", "-f", setup.write("squid.conf", text)]


def _traffic_server(setup: Setup) -> list[str]:
    folders = {name: setup.folder / name for name in ("etc", "run", "log", "cache", "var")}
    for folder in folders.values():
        folder.mkdir()
    names = {"sysconfdir": "etc", "runtimedir": "run", "logdir": "log", "cachedir": "cache", "localstatedir": "var"}
    layout = {
        "prefix": "/usr",
        "exec_prefix": "/usr",
        "bindir": "/usr/bin",
        "sbindir": "/usr/sbin",
        "datadir": "/usr/share",
        "includedir": "/usr/include",
        "libdir": "/usr/lib/trafficserver",
        "libexecdir": "/usr/lib/trafficserver/modules",
        "mandir": "/usr/share/man",
        **{key: str(folders[name]) for key, name in names.items()},
    }
    block = setup.block("records").replace("STRING 80", f"STRING {setup.port}:ipv4:ip-in=127.0.0.1")
    setup.write("etc/records.config", f"{block}CONFIG proxy.config.admin.user_id STRING #-1\n")
    setup.write("etc/remap.config", setup.block("remap"))
    setup.write("etc/storage.config", f"{folders['cache']} 32M\n")
    shutil.copy("/etc/trafficserver/ip_allow.yaml", folders["etc"])
    runroot = setup.write("runroot.yaml", "".join(f"{key}: {path}\n" for key, path in layout.items()))
    return ["traffic_server", f"--run-root={runroot}"]


COMMANDS: dict[str, Callable[[Setup], list[str]]] = {
    "nginx": _nginx,
    "httpd": _httpd,
    "varnish": _varnish,
    "haproxy": _haproxy,
    "caddy": _caddy,
    "squid": _squid,
    "trafficserver": _traffic_server,
}
CACHES_THAT_SERVE_STALE = ("nginx", "httpd", "varnish", "squid", "trafficserver")


class Clock:
    """The clock of the proxies that read the wall clock through the C library: libfaketime reads it from a file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._file.write_text("+0\n")
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
        self.environment = dict(zip(_CLOCK_VARIABLES, (str(library), str(self._file), "1", "1"), strict=True))

    def set_ahead(self, hours: int) -> None:
        """Set the clock this many hours ahead."""
        self._file.write_text(f"+{hours * 3600}\n")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy."""

    name: str
    origin: str
    client: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Return the response at a path below the public URL."""
        prefix = "" if self.name == "squid" else PATH
        return self.client.get(f"{self.origin}{prefix}{path}", headers=self.headers(headers))

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Return request headers with the name of the blog's host."""
        return {**headers, **({} if self.name == "caddy" else {"Host": HOST})}


@contextmanager
def run_proxy(name: str, setup: Setup, clock: Clock) -> Iterator[Proxy]:
    """Run a proxy in front of a service until the block ends."""
    setup.folder.mkdir()
    (command, *arguments) = COMMANDS[name](setup)
    executable = shutil.which(command, path=f"{os.environ['PATH']}:/usr/sbin")
    assert executable, f"{command} is not installed: make develop installs it"
    moved_clock = {} if name == "varnish" else clock.environment  # its allocator and libfaketime exclude each other
    variables = {**os.environ, **moved_clock, "XDG_DATA_HOME": str(setup.folder), "HOME": str(setup.folder)}
    with (setup.folder / "output").open("wb") as output, httpx.Client(verify=False, timeout=30) as client:  # noqa: S501
        process = subprocess.Popen([executable, *arguments], env=variables, stdout=output, stderr=output)
        scheme, host = ("https", "localhost") if name == "caddy" else ("http", "127.0.0.1")
        proxy = Proxy(name, f"{scheme}://{host}:{setup.port}", client)
        try:
            _wait_until_it_listens(proxy, process, setup.folder / "output")
            yield proxy
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _wait_until_it_listens(proxy: Proxy, process: "subprocess.Popen[bytes]", output: Path) -> None:
    deadline = time.monotonic() + _DEADLINE
    while True:
        try:
            proxy.get("/healthz")
        except httpx.TransportError:
            assert time.monotonic() < deadline, output.read_text(errors="replace")
            assert process.poll() is None, output.read_text(errors="replace")
            time.sleep(0.1)
        else:
            return
