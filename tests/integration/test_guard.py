"""The head of one response of each route stays as in the golden file."""

import difflib

from tests.integration.response_heads import GOLDEN, read_heads


async def test_each_route_answers_as_in_the_golden_file() -> None:
    golden = GOLDEN.read_text(encoding="utf-8").splitlines()
    differences = difflib.unified_diff(golden, await read_heads(), "golden", "now", n=0, lineterm="")
    text = "\n".join(differences)
    assert not text, f"responses differ from {GOLDEN.name}:\n{text}"
