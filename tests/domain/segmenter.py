"""Node's Intl.Segmenter, which knows grapheme clusters independently of the application."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = """
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const ends = Array.from(segmenter.segment(JSON.parse(line)), ({ segment }) => segment);
  console.log(JSON.stringify(ends));
});
"""


class Segmenter:
    """A running Node process that splits one text at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def clusters(self, text: str) -> list[str]:
        """Return the grapheme clusters of a text."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        clusters: list[str] = json.loads(self._process.stdout.readline())
        return clusters


@contextmanager
def run_segmenter() -> Iterator[Segmenter]:
    """Run Node until the end of the block."""
    node = Path(sys.executable).with_name("node")
    with subprocess.Popen(
        [node, "-e", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Segmenter(process)
        process.kill()
