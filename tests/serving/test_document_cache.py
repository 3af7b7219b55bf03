"""The document cache is bounded in bytes; its documents are indexed by what they are made of."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.sites import repository
from app.render.document import JSON, Document
from app.render.keys import CountsKey, Key, PostKey
from app.serving.document_cache import DocumentCache, cache_tag

BLOG = repository("ada/blog")
OTHER = repository("ada/other")


def _document(size: int) -> Document:
    return Document({"identity": b"x" * size}, 'W/"1"', JSON, None)


def test_document_is_cached_until_it_is_discarded() -> None:
    cache = DocumentCache(10_000)
    key = PostKey(BLOG, 41)
    document = _document(10)
    cache.put(key, document)
    assert cache.get(key) is document
    cache.discard(key)
    assert cache.get(key) is None
    assert cache.keys_of(cache_tag(key)) == []


def test_least_recently_read_document_is_evicted_first() -> None:
    cache = DocumentCache(7000)
    keys = [PostKey(BLOG, n) for n in (1, 2, 3)]
    for key in keys[:2]:
        cache.put(key, _document(1500))
    cache.get(keys[0])
    cache.put(keys[2], _document(1500))
    assert [cache.get(key) is not None for key in keys] == [True, False, True]


def test_document_larger_than_the_cache_removes_its_predecessor() -> None:
    cache = DocumentCache(3000)
    key = PostKey(BLOG, 1)
    cache.put(key, _document(10))
    cache.put(key, _document(3000))
    assert cache.get(key) is None
    assert cache.bytes == 0


def test_documents_are_tagged_by_thread_and_site() -> None:
    cache = DocumentCache(100_000)
    keys: list[Key] = [PostKey(BLOG, 1), PostKey(BLOG, 2), CountsKey(BLOG, None), PostKey(OTHER, 1)]
    for key in keys:
        cache.put(key, _document(1))
    assert cache.keys_of((BLOG.key, 1)) == [PostKey(BLOG, 1)]
    assert cache.keys_of((BLOG.key, None)) == [CountsKey(BLOG, None)]


def test_parameters_of_a_key_have_weight() -> None:
    cache = DocumentCache(100_000)
    cache.put(CountsKey(BLOG, None), _document(10))
    weight = cache.bytes
    cache.put(CountsKey(BLOG, tuple(range(500))), _document(10))
    assert cache.bytes > weight + 500 * 28


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 4000), st.booleans()), max_size=60))
def test_cache_is_bounded_and_its_index_is_exact(writes: list[tuple[int, int, bool]]) -> None:
    cache = DocumentCache(9000)
    for number, size, is_put in writes:
        if is_put:
            cache.put(PostKey(BLOG, number), _document(size))
        else:
            cache.discard(PostKey(BLOG, number))
        keys = [key for n in range(1, 10) for key in cache.keys_of((BLOG.key, n))]
        assert len(keys) == len(cache)
        assert all(cache.get(key) is not None for key in keys)
        assert cache.bytes <= 9000
