"""Measure the figures in the README: `make bench`. The simulator stands for GitHub.

- import: requests, seconds and peak memory of a whole `python -m app sync`, and the store's size against its JSON;
- second start: from the start of the process to the first comment served, and the requests until then;
- reads: `wrk` on one thread's comments, side by side with nginx serving the same bytes from a file, if both are
  installed (Debian: `apt-get install wrk nginx-light`); on a shared machine only their ratio is meaningful.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import generate_world

POSTS, COMMENTS = 1000, 10_000
TOKEN = "bench"
SECONDS = 8


def environment(simulator: RunningSimulator, folder: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
    return {
        **clean,
        "PYTHONPATH": str(Path.cwd()),
        "AFTERWORD_REPO": "ada/blog",
        "AFTERWORD_GITHUB_API_URL": simulator.url,
        "AFTERWORD_GITHUB_TOKEN": TOKEN,
        "AFTERWORD_STORE": f"sqlite:///{folder}/afterword.db",
    }


def measure_import(simulator: RunningSimulator, folder: Path) -> None:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "app", "sync", "--json"], env=environment(simulator, folder), check=True)
    seconds = time.perf_counter() - start
    request_count = len(simulator.requests)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    store = sum(file.stat().st_size for file in folder.iterdir())
    source = json_size(simulator)
    print(
        f"import of {POSTS:,} posts and {COMMENTS:,} comments: {request_count} requests, {seconds:.1f} s, {memory:.0f} MB at most"
    )
    print(f"store: {store / 1e6:.1f} MB, {store / source:.2f} times the {source / 1e6:.1f} MB of JSON it came from")


def json_size(simulator: RunningSimulator) -> int:
    headers = {"Accept": "application/vnd.github.full+json", "Authorization": f"Bearer {TOKEN}"}
    total = 0
    with httpx.Client(headers=headers) as client:
        for path in ("/issues?state=all&", "/issues/comments?"):
            url = f"{simulator.url}/repos/ada/blog{path}per_page=100"
            while url:
                response = client.get(url)
                total += len(response.content)
                url = response.links.get("next", {}).get("url", "")
    return total


@contextmanager
def run_service(simulator: RunningSimulator, folder: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--port", "0"],
        env={**environment(simulator, folder), "AFTERWORD_POLL_INTERVAL": "3600"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if match := re.search(r"serves .* at (\S+)", line):
                yield match[1]
                break
    finally:
        process.terminate()
        process.wait(20)


def measure_second_start(simulator: RunningSimulator, folder: Path) -> None:
    simulator.hold.start()  # GitHub sends no responses: everything served comes from the mirror
    simulator.requests.clear()
    start = time.perf_counter()
    with run_service(simulator, folder) as url:
        with httpx.Client() as client:
            while client.get(f"{url}/api/v1/posts/1/comments").status_code != httpx.codes.OK:
                time.sleep(0.01)
        seconds = time.perf_counter() - start
        request_count = len(simulator.requests)
        simulator.hold.release()
    print(f"second start to the first served comment: {seconds:.2f} s, {request_count} requests until then")


def wrk(url: str, *options: str, seconds: int = SECONDS) -> float:
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", "Accept-Encoding: gzip", *options, url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    match = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert match is not None, output
    assert "Non-2xx" not in output, output
    return float(match[1])


@contextmanager
def nginx(folder: Path, body: bytes) -> Iterator[str]:
    folder.mkdir()
    (folder / "comments").write_bytes(body)
    config = folder / "nginx.conf"
    config.write_text(
        f"{'user root; ' if os.getuid() == 0 else ''}daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        "events { worker_connections 256; }\n"
        "http { access_log off; keepalive_requests 1000000000; default_type application/json;\n"
        f"server {{ listen 127.0.0.1:18099; root {folder}; add_header Content-Encoding gzip; etag on; }} }}\n"
    )
    process = subprocess.Popen(["nginx", "-c", str(config), "-e", f"{folder}/error.log"])
    try:
        time.sleep(0.5)
        yield "http://127.0.0.1:18099/comments"
    finally:
        process.terminate()
        process.wait(10)


def measure_reads(simulator: RunningSimulator, folder: Path) -> None:
    if not shutil.which("wrk") or not shutil.which("nginx"):
        print("reads: not measured, wrk and nginx are not both installed")
        return
    with run_service(simulator, folder) as url:
        read = f"{url}/api/v1/posts/{busiest_post(url)}/comments?limit=30"
        plain = httpx.get(read, headers={"Accept-Encoding": "identity"}).content
        with httpx.stream("GET", read, headers={"Accept-Encoding": "gzip"}) as response:
            packed = b"".join(response.iter_raw())
        with nginx(folder / "nginx", packed) as nginx_url:
            rounds = [(wrk(read), wrk(nginx_url)) for _ in range(2)]
    ours, theirs = (max(values) for values in zip(*rounds, strict=True))
    size = f"{len(plain) / 1000:.0f} kB, {len(packed) / 1000:.0f} kB gzipped"
    print(f"reads of 30 comments ({size}): {ours:,.0f}/s, nginx {theirs:,.0f}/s, ratio {ours / theirs:.2f}")


def busiest_post(url: str) -> str:
    counts: dict[str, int] = httpx.get(f"{url}/api/v1/counts").json()["counts"]
    return max(counts, key=lambda number: counts[number])


def main() -> None:
    world = generate_world(POSTS, COMMENTS, seed=1)
    world.add_token(TOKEN, "ada")
    with (
        tempfile.TemporaryDirectory() as name,
        run_simulator(world, limits=Limits(points_per_minute=10**6)) as simulator,
    ):
        folder = Path(name)
        (folder / "store").mkdir()
        measure_import(simulator, folder / "store")
        measure_second_start(simulator, folder / "store")
        measure_reads(simulator, folder / "store")


if __name__ == "__main__":
    main()
