"""Record what the application answers, and compare two recordings: a net for changes that keep all behaviour.

    python -m tests.bench.guard record FILE
    python -m tests.bench.guard compare A B

`record` runs the application in this process over the simulator, by a fixed clock and fixed random numbers, once with
the store in memory and once with SQLite. `compare` prints each difference and exits with 1 if there is one. Counts of a
scripted day fail only where B has more than A.
"""

import argparse
import asyncio
import base64
import difflib
import hashlib
import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.guard_day import VARIANTS, scripted_day
from tests.bench.guard_ground import Answer, Request
from tests.bench.guard_scenarios import SCENARIOS

_STORES = ("memory", "sqlite")
_MOST_LINES = 40
_MEASURED = re.compile(r"^(process_|python_|afterword_catalogue_bytes)")


class Recording:
    """Exchanges by their label, and each body once."""

    def __init__(self) -> None:
        self.exchanges: dict[str, dict[str, Any]] = {}
        self.bodies: dict[str, str] = {}

    def add(self, place: str, request: Request, answer: Answer) -> None:
        """Take an exchange; one that comes again has a number."""
        label = first = f"{place}: {request.label}"
        number = 1
        while label in self.exchanges:
            number += 1
            label = f"{first} #{number}"
        self.exchanges[label] = {
            "status": answer.status,
            "headers": [list(header) for header in _lasting(request, answer)],
            "body": self._body(request, answer),
        }

    def _body(self, request: Request, answer: Answer) -> str:
        text = _text(answer)
        if request.target == "/metrics":
            text = _without_measures(text)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.bodies[digest] = text
        return digest


def _lasting(request: Request, answer: Answer) -> list[tuple[str, str]]:
    """Return the headers without a length that depends on measured values."""
    if request.target != "/metrics":
        return answer.headers
    return [header for header in answer.headers if header[0] != "content-length"]


def _text(answer: Answer) -> str:
    """Return the body as text; compressed or binary ones as base64."""
    try:
        return answer.body.decode()
    except UnicodeDecodeError:
        return f"base64 {base64.b64encode(answer.body).decode()}"


def _without_measures(text: str) -> str:
    """Return metrics without the values that differ from run to run."""
    lines = [line.rpartition(" ")[0] if _MEASURED.match(line) else line for line in text.splitlines()]
    return "\n".join(lines)


async def record() -> dict[str, Any]:
    """Return a whole recording."""
    recording = Recording()
    day: dict[str, Any] = {}
    for store in _STORES:
        for scenario in SCENARIOS:
            with TemporaryDirectory() as name:
                began, folder = time.monotonic(), Path(name)
                (folder / "store").mkdir()
                place = None if store == "memory" else folder / "store"
                count = len(recording.exchanges)
                async for request, answer in scenario.run(place, folder):
                    recording.add(f"{store}/{scenario.name}", request, answer)
                count = len(recording.exchanges) - count
                _progress(f"{store}/{scenario.name}: {count} exchanges, {time.monotonic() - began:.1f} s")
    for variant in VARIANTS:
        with TemporaryDirectory() as name:
            began = time.monotonic()
            async for item in scripted_day(Path(name), variant):
                if isinstance(item, dict):
                    day[variant] = item
                else:
                    recording.add("day", *item)
            _progress(f"day, {variant}: {time.monotonic() - began:.1f} s")
    return {"exchanges": recording.exchanges, "bodies": recording.bodies, "day": day}


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def differences(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Yield a readable text for each difference between two recordings."""
    before, after = old["exchanges"], new["exchanges"]
    yield from (f"- only in A: {label}" for label in before if label not in after)
    yield from (f"+ only in B: {label}" for label in after if label not in before)
    for label in before:
        if label in after and before[label] != after[label]:
            lines = [*difflib.unified_diff(_lines(old, label), _lines(new, label), "A", "B", n=2, lineterm="")]
            more = [f"… {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
            yield "\n".join([f"≠ {label}", *(f"    {line[:300]}" for line in lines[:_MOST_LINES]), *more])


def _lines(recording: dict[str, Any], label: str) -> list[str]:
    """Return an exchange as lines: the status, the headers, the body."""
    exchange = recording["exchanges"][label]
    body = recording["bodies"][exchange["body"]]
    try:
        body = json.dumps(json.loads(body), indent=1, ensure_ascii=False)
    except ValueError:
        body = body.replace("><", ">\n<")
    headers = [f"{name}: {value}" for name, value in exchange["headers"]]
    return [f"status {exchange['status']}", *headers, f"body {exchange['body']}", *body.splitlines()]


def counts(old: dict[str, Any], new: dict[str, Any]) -> tuple[list[str], bool]:
    """Return a line for each count of the day that differs, and whether one is higher in B."""
    before, after = _flat(old["day"]), _flat(new["day"])
    lines, worse = [], False
    for name in sorted(before | after):
        was, now = before.get(name, 0), after.get(name, 0)
        if was != now:
            worse = worse or now > was
            lines.append(f"{'HIGHER' if now > was else 'lower'}: {name}: {was} → {now}")
    return lines, worse


def _flat(day: dict[str, Any], prefix: str = "day") -> dict[str, int]:
    values: dict[str, int] = {}
    for name, value in day.items():
        values |= _flat(value, f"{prefix} / {name}") if isinstance(value, dict) else {f"{prefix} / {name}": value}
    return values


def compare(first: Path, second: Path) -> int:
    """Print what differs; return 1 where B behaves differently or costs more."""
    old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (first, second))
    texts = [*differences(old, new)]
    lines, worse = counts(old, new)
    for text in (*texts, *lines):
        print(text)
    print(f"{len(texts)} differences in {len(old['exchanges'])} exchanges; {len(lines)} counts of the day differ")
    return 1 if texts or worse else 0


def main() -> int:
    """Record or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("record").add_argument("file", type=Path)
    comparing = commands.add_parser("compare")
    comparing.add_argument("a", type=Path)
    comparing.add_argument("b", type=Path)
    options = parser.parse_args()
    if options.command == "compare":
        return compare(options.a, options.b)
    logging.disable(logging.CRITICAL)
    recording = asyncio.run(record())
    text = json.dumps(recording, indent=0, sort_keys=True)
    options.file.write_text(text, encoding="ascii")
    _progress(f"{len(recording['exchanges'])} exchanges, {len(text) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
