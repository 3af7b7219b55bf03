"""A cache that is purged after each change, with the README's blocks for Varnish."""

from collections.abc import Iterator

import pytest

from tests.proxies.purged_cache import COMMENTS, COUNTS, OTHERS, PurgedCache, run_cache
from tests.widget.stage import TALK

pytestmark = pytest.mark.untraced  # others cover the code; here it is the cache that is tested


@pytest.fixture(scope="module")
def cache() -> Iterator[PurgedCache]:
    with run_cache() as cache:
        yield cache


def test_comment_is_seen_at_once_in_an_hourly_cache(cache: PurgedCache) -> None:
    cache.proxy.get(COMMENTS)
    cache.write("Behind all that the import purges")
    cache.keep_copies(COMMENTS, OTHERS, COUNTS)
    counts = cache.proxy.get(COUNTS).json()["counts"]
    cache.write("Seen after the purge")
    assert cache.proxy.get(COUNTS).json()["counts"] == {**counts, str(TALK): counts[str(TALK)] + 1}
    assert cache.serves_a_copy(OTHERS)


def test_several_tags_are_purged_by_one_call(cache: PurgedCache) -> None:
    cache.keep_copies(COMMENTS, OTHERS)
    tags = {"Surrogate-Key": f"afterword-{TALK} afterword-42"}
    assert cache.proxy.client.post(f"{cache.proxy.origin}/purge", headers=tags).status_code == 200
    assert [cache.serves_a_copy(path) for path in (COMMENTS, OTHERS)] == [False, False]
