"""One nginx with many servers in front of the service, each with one mistake that owners make."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

_DEADLINE = 20.0
_PASS = "proxy_pass http://127.0.0.1:{port}/; proxy_set_header Host $http_host;"
_SERVERS = {
    "good": "location /comments/ {{ {0} }}",
    # nginx takes X-Accel-Buffering out and sends no chunks to HTTP/1.0, so that the one in front of it buffers
    "buffering": "location /comments/ {{ proxy_pass {good}/comments/; }}",
    "stripping": (
        "location /comments/ {{ {0} proxy_hide_header ETag; proxy_hide_header Vary; proxy_hide_header Cache-Control; "
        "add_header Cache-Control max-age=86400; }}"
    ),
    "slow copies": (
        "location /comments/ {{ {0} proxy_hide_header Cache-Control; "
        'add_header Cache-Control "public, max-age=14400, stale-if-error=86400"; }}'
    ),
    "compressing": (
        'location /comments/ {{ {0} proxy_set_header Accept-Encoding ""; proxy_set_header If-None-Match ""; '
        "gzip on; gzip_proxied any; gzip_min_length 1; gzip_types *; }}"
    ),
    "two origins": "location /comments/ {{ {0} add_header Access-Control-Allow-Origin * always; }}",
    "no origin": "location /comments/ {{ {0} proxy_hide_header Access-Control-Allow-Origin; }}",
    "only GET": "location /comments/ {{ {0} limit_except GET {{ deny all; }} }}",
    "redirecting": "location /comments/ {{ return 301 {good}$request_uri; }}",
    "other prefix": "location / {{ {0} }}",
    "kept prefix": "location /comments/ {{ proxy_pass http://127.0.0.1:{port}; }}",
    "no backend": "location / {{ proxy_pass http://127.0.0.1:1/; }}",
    "password": "location / {{ add_header WWW-Authenticate 'Basic realm=x' always; return 401; }}",
    "login": "location / {{ return 302 {good}/login?to=$request_uri; }}",
    "circle": "location / {{ absolute_redirect off; return 301 $request_uri; }}",
    "no readiness": "location /comments/ {{ {0} }} location = /comments/readyz {{ deny all; }}",
    "no queries": "location /comments/ {{ rewrite ^/comments/(.*)$ /$1? break; proxy_pass http://127.0.0.1:{port}; }}",
    "one copy": (
        "location /comments/ {{ {0} proxy_cache copies; proxy_ignore_headers Cache-Control Vary; "
        "proxy_cache_valid 200 1h; proxy_cache_key $uri$is_args$args; }}"
    ),
    "own errors": "error_page 422 =200 /sorry; location = /sorry {{ return 404; }} location /comments/ {{ {0} proxy_intercept_errors on; }}",
    "errors without CORS": (
        "location /comments/ {{ {0} proxy_hide_header Access-Control-Allow-Origin; "
        "add_header Access-Control-Allow-Origin https://blog.example.com; }}"
    ),
    "one Vary": "location /comments/ {{ {0} proxy_hide_header Vary; add_header Vary Accept-Encoding; }}",
    "password for GitHub": "location /comments/ {{ {0} }} location /comments/webhooks/ {{ return 401; }}",
    "other program": "location / {{ default_type text/html; return 200 '<h1>Welcome</h1>'; }}",
}


@contextmanager
def run_nginx(folder: Path, service_port: int, ports: Mapping[str, int]) -> Iterator[None]:
    """Run nginx until the block ends; `ports` are those of the servers by name."""
    folder.mkdir()
    values = {"port": service_port, "good": f"http://127.0.0.1:{ports['good']}"}
    proxy = _PASS.format(**values)
    servers = "\n".join(
        f"server {{ listen 127.0.0.1:{ports[name]}; {text.format(proxy, **values)} }}"
        for name, text in _SERVERS.items()
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    cache = f"proxy_cache_path {folder}/copies keys_zone=copies:1m;"
    text = f"user root; daemon off; pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {paths}{cache}\n{servers} }}"
    (folder / "nginx.conf").write_text(text)
    executable = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert executable, "nginx is not installed: make develop installs it"
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [executable, "-p", str(folder), "-c", str(folder / "nginx.conf")], stdout=output, stderr=output
        )
        try:
            _wait_until_it_listens(ports["good"], process, folder / "output")
            yield
        finally:
            process.terminate()
            process.wait(10)


def names() -> tuple[str, ...]:
    """Return the names of all servers."""
    return tuple(_SERVERS)


def _wait_until_it_listens(port: int, process: "subprocess.Popen[bytes]", output: Path) -> None:
    deadline = time.monotonic() + _DEADLINE
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
        except httpx.TransportError:
            assert time.monotonic() < deadline, output.read_text(errors="replace")
            assert process.poll() is None, output.read_text(errors="replace")
            time.sleep(0.05)
        else:
            return
