"""Measure look-ups by term and label against those by number, on a blog of 500 issues, in half a minute: needs `wrk`.

What counts is the service's CPU time for a look-up: rates depend on what else the machine does. The kinds take
turns of a second, and each round gives a ratio. Absent terms are all different, so each is searched for.
"""

import tempfile
from pathlib import Path
from statistics import median

import httpx

from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import SAMPLE_REPO, generate_world
from tests.bench.numbers import TOKEN, busiest_post, measure_import, run_service, wrk

ISSUES, COMMENTS, ROUNDS, TURN = 500, 1_500, 4, 1
DIFFERENT = """
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/api/v1/posts/comments?term=absent/page-" .. n .. "/")
end
"""


def metric(url: str, name: str) -> float:
    """Return a value that the service tells of its process."""
    lines = httpx.get(f"{url}/metrics", trust_env=False).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def microseconds(url: str, address: str, *options: str) -> float:
    """Return the CPU time of the service for one request."""
    before = metric(url, "process_cpu_seconds_total")
    rate = wrk(address, *options, seconds=TURN)
    return (metric(url, "process_cpu_seconds_total") - before) / (rate * TURN) * 1e6


def measure(url: str, folder: Path) -> None:
    number = busiest_post(url)
    script = folder / "different.lua"
    script.write_text(DIFFERENT, encoding="utf-8")
    base = f"{url}/api/v1/posts"
    addresses = {
        "number": f"{base}/{number}/comments?limit=30",
        "term": f"{base}/comments?term=Post%20{number}&term_of=title&limit=30",
        "labels": f"{base}/comments?label=Gitalk&label=/{number}/&limit=30",
        "absent term": f"{base}/comments?term=absent",
    }
    for address in addresses.values():
        httpx.get(address, trust_env=False).raise_for_status()
    rounds = [{name: microseconds(url, address) for name, address in addresses.items()} for _ in range(ROUNDS)]
    for name in addresses:
        cost = median(costs[name] for costs in rounds)
        ratios = sorted(costs[name] / costs["number"] for costs in rounds)
        print(
            f"{name}: {cost:.0f} µs, {median(ratios):.2f} of a look-up by number ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )
    before = metric(url, "process_resident_memory_bytes")
    cost = microseconds(url, url, "-s", str(script))
    growth = (metric(url, "process_resident_memory_bytes") - before) / 1e6
    print(f"different absent terms: {cost:.0f} µs, {growth:+.0f} MB afterwards")


def main() -> None:
    world = generate_world(ISSUES, COMMENTS, seed=1)
    world.add_token(TOKEN, "ada")
    for number in range(1, ISSUES + 1):
        world.set_labels(SAMPLE_REPO, number, "Gitalk", f"/{number}/")
    with (
        tempfile.TemporaryDirectory() as name,
        run_simulator(world, limits=Limits(points_per_minute=10**6)) as simulator,
    ):
        folder = Path(name)
        (folder / "store").mkdir()
        measure_import(simulator, folder / "store")
        with run_service(simulator, folder / "store") as url:
            measure(url, folder)


if __name__ == "__main__":
    main()
