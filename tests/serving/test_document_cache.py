"""The catalogue: bounded in bytes, and found by what a document is made of."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.sites import repository
from app.render.document import JSON, Document
from app.render.keys import CountsKey, Key, PostKey
from app.serving.document_cache import DocumentCache, subject

BLOG = repository("ada/blog")
OTHER = repository("ada/other")


def document(size: int) -> Document:
    return Document({"identity": b"x" * size}, 'W/"1"', JSON, None)


def test_what_was_put_is_found_until_it_is_discarded() -> None:
    catalogue = DocumentCache(10_000)
    key = PostKey(BLOG, 41)
    kept = document(10)
    catalogue.put(key, kept)
    assert catalogue.get(key) is kept
    catalogue.discard(key)
    assert catalogue.get(key) is None
    assert catalogue.about(subject(key)) == []


def test_the_least_recently_read_document_goes_first() -> None:
    catalogue = DocumentCache(7000)
    keys = [PostKey(BLOG, n) for n in (1, 2, 3)]
    for key in keys[:2]:
        catalogue.put(key, document(1500))
    catalogue.get(keys[0])
    catalogue.put(keys[2], document(1500))
    assert [catalogue.get(key) is not None for key in keys] == [True, False, True]


def test_a_document_larger_than_the_catalogue_is_not_kept_and_ends_the_older_one() -> None:
    catalogue = DocumentCache(3000)
    key = PostKey(BLOG, 1)
    catalogue.put(key, document(10))
    catalogue.put(key, document(3000))
    assert catalogue.get(key) is None
    assert catalogue.bytes == 0


def test_documents_are_found_by_their_thread_and_by_their_site() -> None:
    catalogue = DocumentCache(100_000)
    keys: list[Key] = [PostKey(BLOG, 1), PostKey(BLOG, 2), CountsKey(BLOG, None), PostKey(OTHER, 1)]
    for key in keys:
        catalogue.put(key, document(1))
    assert catalogue.about((BLOG.key, 1)) == [PostKey(BLOG, 1)]
    assert catalogue.about((BLOG.key, None)) == [CountsKey(BLOG, None)]


def test_what_is_asked_with_weighs_too() -> None:
    catalogue = DocumentCache(100_000)
    catalogue.put(CountsKey(BLOG, None), document(10))
    light = catalogue.bytes
    catalogue.put(CountsKey(BLOG, tuple(range(500))), document(10))
    assert catalogue.bytes > light + 500 * 28


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 4000), st.booleans()), max_size=60))
def test_it_never_weighs_more_than_its_bound_and_its_index_matches_its_documents(
    acts: list[tuple[int, int, bool]],
) -> None:
    catalogue = DocumentCache(9000)
    for number, size, keep in acts:
        if keep:
            catalogue.put(PostKey(BLOG, number), document(size))
        else:
            catalogue.discard(PostKey(BLOG, number))
        indexed = [key for n in range(1, 10) for key in catalogue.about((BLOG.key, n))]
        assert len(indexed) == len(catalogue)
        assert all(catalogue.get(key) is not None for key in indexed)
        assert catalogue.bytes <= 9000
