"""Measure look-ups by term and label against those by number, on a blog of 10,000 issues: needs `wrk`.

The rates of one run take turns, so that only their ratio counts. Absent terms are all different: each is searched for.
"""

import tempfile
from pathlib import Path

import httpx

from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import SAMPLE_REPO, generate_world
from tests.bench.numbers import TOKEN, busiest_post, measure_import, run_service, wrk

ISSUES, COMMENTS, ROUNDS = 10_000, 3_000, 3
DIFFERENT = """
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/api/v1/posts/comments?term=absent/page-" .. n .. "/")
end
"""


def resident_megabytes(url: str) -> float:
    """Return the memory of the service, from its metrics."""
    lines = httpx.get(f"{url}/metrics", trust_env=False).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("process_resident_memory_bytes ")) / 1e6


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
    rounds = [{name: wrk(address) for name, address in addresses.items()} for _ in range(ROUNDS)]
    rates = {name: max(rates[name] for rates in rounds) for name in addresses}
    for name, rate in rates.items():
        print(f"{name}: {rate:,.0f}/s, {rate / rates['number']:.2f} of a look-up by number")
    before = resident_megabytes(url)
    rate = wrk(url, "-s", str(script))
    print(f"different absent terms: {rate:,.0f}/s, {resident_megabytes(url) - before:+.0f} MB afterwards")


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
