"""The figures that the README names, measured: `make bench`. The simulator plays GitHub, in a process of its own.

- import: asks, seconds and peak memory of a whole `python -m app sync`, and the store against the JSON it came from;
- second start: from the start of the process to the first comment served, and the asks until then;
- reads: `wrk` on one thread's comments, side by side with nginx serving the same bytes from a file, where both are
  installed (Debian: `apt-get install wrk nginx-light`); only their ratio says something about a shared machine.
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
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "app", "sync", "--json"], env=environment(simulator, folder), check=True)
    seconds = time.perf_counter() - began
    asks = len(simulator.requests)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    store = sum(file.stat().st_size for file in folder.iterdir())
    source = json_size(simulator)
    print(f"import of {POSTS:,} posts and {COMMENTS:,} comments: {asks} asks, {seconds:.1f} s, {memory:.0f} MB at most")
    print(f"store: {store / 1e6:.1f} MB, {store / source:.2f} times the {source / 1e6:.1f} MB of JSON it came from")


def json_size(simulator: RunningSimulator) -> int:
    headers = {"Accept": "application/vnd.github.full+json", "Authorization": f"Bearer {TOKEN}"}
    total = 0
    with httpx.Client(headers=headers) as client:
        for path in ("/issues?state=all&", "/issues/comments?"):
            url = f"{simulator.url}/repos/ada/blog{path}per_page=100"
            while url:
                answer = client.get(url)
                total += len(answer.content)
                url = answer.links.get("next", {}).get("url", "")
    return total


@contextmanager
def served(simulator: RunningSimulator, folder: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--port", "0"],
        env={**environment(simulator, folder), "AFTERWORD_PULSE": "3600"},
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
    simulator.hold.start()  # GitHub answers nothing: whatever is served comes from the mirror
    simulator.requests.clear()
    began = time.perf_counter()
    with served(simulator, folder) as url:
        with httpx.Client() as client:
            while client.get(f"{url}/api/v1/posts/1/comments").status_code != httpx.codes.OK:
                time.sleep(0.01)
        seconds = time.perf_counter() - began
        answered = len(simulator.requests)
        simulator.hold.release()
    print(f"second start to the first served comment: {seconds:.2f} s, {answered} asks answered until then")


def wrk(url: str) -> float:
    command = ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "-H", "Accept-Encoding: gzip", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    match = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert match is not None, said
    assert "Non-2xx" not in said, said
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
    with served(simulator, folder) as url:
        read = f"{url}/api/v1/posts/{busiest(url)}/comments?limit=30"
        answer = httpx.get(read, headers={"Accept-Encoding": "identity"})
        with httpx.stream("GET", read, headers={"Accept-Encoding": "gzip"}) as response:
            packed = b"".join(response.iter_raw())
        with nginx(folder / "nginx", packed) as still:
            rounds = [(wrk(read), wrk(still)) for _ in range(2)]
    ours, theirs = (max(values) for values in zip(*rounds, strict=True))
    size = f"{len(answer.content) / 1000:.0f} kB, {len(packed) / 1000:.0f} kB gzipped"
    print(f"reads of 30 comments ({size}): {ours:,.0f}/s, nginx {theirs:,.0f}/s, ratio {ours / theirs:.2f}")


def busiest(url: str) -> str:
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
