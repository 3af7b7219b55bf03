"""What is being read stays where it is while pictures come: from the second view on, in pages and fragments."""

from pathlib import Path

import pytest

from tests.journeys.browser import OpenPage, chromium, open_page
from tests.journeys.sized_pictures import (
    POST,
    pictures_simulator,
    pictures_stage,
    stated_sizes,
    view,
    wait_until_stated,
)
from tests.serving.image_samples import SAMPLES
from tests.widget.pages import fetch_fragment

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "open_page"]

SIZES = [list(size) for _, _, size in SAMPLES.values()]


def test_pictures_move_nothing_after_their_first_view(tmp_path: Path, open_page: OpenPage) -> None:
    with pictures_simulator() as simulator:
        with pictures_stage(tmp_path, simulator) as stage:
            reader, shifts, natural_sizes = view(stage, open_page, stage.element(POST))
            assert (shifts != [], natural_sizes) == (True, SIZES)
            wait_until_stated(stage)
            assert stated_sizes(stage) == natural_sizes, "as Chromium shows them"
            assert view(stage, open_page, stage.element(POST))[1:] == ([], SIZES)
            enhanced, shifts, _ = view(stage, open_page, fetch_fragment(stage, POST))
            assert shifts == []
            comments = f"{stage.api}posts/{POST}/comments"
            assert len(reader.requests_to(comments)) == 1, "an open page is not told of sizes"
            assert len(enhanced.requests_to(comments)) == 1
        simulator.images.overrides.clear()
        with pictures_stage(tmp_path, simulator) as stage:
            assert stated_sizes(stage) == SIZES
