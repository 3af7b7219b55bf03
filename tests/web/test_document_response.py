import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.document import JSON, Document, encoded, etag_of
from app.web.document_response import LinkBase, Origins, answer, coding, matches

BODY = b'{"text": "' + b"word " * 100 + b'"}'
DOCUMENT = Document(encoded(BODY), etag_of(BODY), JSON, checked_at=1000.0)
ANYWHERE = Origins()
NAMED = Origins(frozenset({b"https://blog.example", b"https://www.blog.example"}))


def headers_of(
    document: Document = DOCUMENT, *, now: float = 1000.0, origins: Origins = ANYWHERE, **request: bytes
) -> dict[str, str]:
    asked = {name.replace("_", "-").encode(): value for name, value in request.items()}
    _, headers, _ = answer(document, asked, now=now, origins=origins, where=LinkBase("http://blog.test", "/x"))
    return {name.decode(): value.decode() for name, value in headers}


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (None, "identity"),
        (b"", "identity"),
        (b"gzip", "gzip"),
        (b"br", "br"),
        (b"GZip", "gzip"),
        (b"gzip, deflate, br, zstd", "br"),
        (b"br;q=0.5, gzip", "gzip"),
        (b"br; q=0.5, gzip; q=0.4", "br"),
        (b"gzip;q=0", "identity"),
        (b"gzip;q=0, *", "br"),
        (b"*", "br"),
        (b"*;q=0", "identity"),
        (b"br;q=0, *;q=0.1", "gzip"),
        (b"identity", "identity"),
        (b"identity, gzip;q=0.5", "identity"),
        (b"identity, gzip", "gzip"),
        (b"deflate", "identity"),
        (b"gzip;q=high", "identity"),
        (b"gzip;q=nan", "identity"),
        (b"gzip;level=1", "gzip"),
        (b"\xff\xfe", "identity"),
    ],
)
def test_the_reader_gets_the_coding_it_likes_best_among_those_at_hand(accepted: bytes | None, chosen: str) -> None:
    assert coding(accepted, DOCUMENT.bodies) == chosen


def test_a_document_too_small_to_compress_leaves_as_it_is() -> None:
    assert coding(b"br, gzip", {"identity": b"[]"}) == "identity"


@given(st.binary(max_size=60))
def test_any_accept_encoding_finds_a_body_that_is_at_hand(accepted: bytes) -> None:
    assert coding(accepted, DOCUMENT.bodies) in DOCUMENT.bodies


@pytest.mark.parametrize(
    ("accepted", "decoded"),
    [(b"br", brotli.decompress), (b"gzip", gzip.decompress), (b"identity", bytes)],
    ids=["br", "gzip", "identity"],
)
def test_every_coding_holds_the_same_text_and_tells_its_length(accepted: bytes, decoded: object) -> None:
    status, headers, body = answer(DOCUMENT, {b"accept-encoding": accepted}, now=1000.0, origins=ANYWHERE)
    assert status == 200
    assert callable(decoded)
    assert decoded(body) == BODY
    assert dict(headers)[b"content-length"] == str(len(body)).encode()
    assert dict(headers).get(b"content-encoding", b"identity") == accepted


@pytest.mark.parametrize(
    ("given_tags", "same"),
    [
        (None, False),
        (b"*", True),
        (b'W/"a"', True),
        (b'"a"', True),
        (b'"b", W/"a"', True),
        (b'  W/"a"  ', True),
        (b'"b","c"', False),
        (b'W/"A"', False),
        (b"a", False),
        (b"", False),
        (b"\xff", False),
    ],
)
def test_if_none_match_is_compared_weakly_and_with_each_tag_of_the_list(given_tags: bytes | None, same: bool) -> None:  # noqa: FBT001 - the expectation
    assert matches(given_tags, 'W/"a"') is same


def test_an_unchanged_document_is_answered_without_its_body() -> None:
    asked = {b"if-none-match": DOCUMENT.etag.encode(), b"accept-encoding": b"br"}
    status, headers, body = answer(DOCUMENT, asked, now=1005.0, origins=ANYWHERE)
    names = {name for name, _ in headers}
    assert (status, body) == (304, b"")
    assert {b"etag", b"cache-control", b"vary", b"age"} <= names
    assert not {b"content-type", b"content-length", b"content-encoding"} & names


def test_an_error_document_is_never_answered_by_304() -> None:
    gone = Document({"identity": b"{}"}, 'W/"a"', JSON, checked_at=None, status=410)
    assert answer(gone, {b"if-none-match": b"*"}, now=0.0, origins=ANYWHERE)[0] == 410


@pytest.mark.parametrize(("now", "age"), [(1000.0, "0"), (1007.9, "7"), (900.0, "0"), (90_000.0, "89000")])
def test_age_counts_from_the_last_check(now: float, age: str) -> None:
    assert headers_of(now=now)["age"] == age


def test_a_document_that_was_never_checked_has_no_age() -> None:
    assert "age" not in headers_of(Document({"identity": b"{}"}, 'W/"a"', JSON, checked_at=None))


@pytest.mark.parametrize(("now", "until"), [(1000.0, 10), (4600.0, 3610)])
def test_a_shared_cache_may_answer_for_ten_seconds_whatever_age_it_is_told(now: float, until: int) -> None:
    assert f"max-age=0, s-maxage={until}," in headers_of(now=now)["cache-control"]


def test_only_documents_that_follow_accept_vary_by_it() -> None:
    of_github = Document(DOCUMENT.bodies, DOCUMENT.etag, JSON, checked_at=None, media="github.v3; format=json")
    assert headers_of()["vary"] == "Accept-Encoding"
    assert headers_of(of_github)["vary"] == "Accept, Accept-Encoding"
    assert headers_of(of_github)["x-github-media-type"] == "github.v3; format=json"


@pytest.mark.parametrize("where", [None, LinkBase("http://blog.test", "/x")])
def test_a_list_of_one_page_has_no_link(where: LinkBase | None) -> None:
    document = Document({"identity": b"[]"}, 'W/"a"', JSON, checked_at=None, pages=(1, 1))
    _, headers, _ = answer(document, {}, now=0.0, origins=ANYWHERE, where=where)
    assert b"link" not in dict(headers)


@pytest.mark.parametrize("origin", [None, b"https://anyone.example", b"null"])
def test_a_page_of_any_origin_may_read_where_none_are_configured(origin: bytes | None) -> None:
    fields = dict(ANYWHERE.headers(origin))
    assert fields[b"access-control-allow-origin"] == b"*"
    assert b"vary" not in fields


def test_a_configured_origin_may_read_and_the_answer_says_that_it_depends_on_it() -> None:
    fields = dict(NAMED.headers(b"https://www.blog.example"))
    assert fields[b"access-control-allow-origin"] == b"https://www.blog.example"
    assert {b"Link", b"ETag", b"Age"} <= set(fields[b"access-control-expose-headers"].split(b", "))
    assert fields[b"vary"] == b"Origin"


@pytest.mark.parametrize("origin", [None, b"https://evil.example", b"https://blog.example.evil", b"null", b""])
def test_other_origins_may_not_read_where_some_are_configured(origin: bytes | None) -> None:
    assert NAMED.headers(origin) == [(b"vary", b"Origin")]
