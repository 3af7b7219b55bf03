"""Documents that follow a thread's changes equal those that are made of all its comments."""

import asyncio

import pytest
from hypothesis import given, settings

from app.serving import outlines
from tests.domain.outlines.random_threads import ThreadChanges, changes
from tests.serving.followed_threads import compare_after_each


@pytest.mark.parametrize("is_in_file", [False, True])
@settings(max_examples=4)
@given(several=changes)
def test_documents_equal_those_made_from_scratch(several: ThreadChanges, *, is_in_file: bool) -> None:
    with pytest.MonkeyPatch.context() as sizes:
        sizes.setattr(outlines, "_SHORT", 2)
        asyncio.run(compare_after_each(several, is_in_file=is_in_file))
