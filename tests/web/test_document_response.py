import gzip
from dataclasses import replace

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.document import JSON, Document, encode_body, weak_etag
from app.web.document_response import CorsPolicy, LinkBase, build_response, choose_coding, etag_matches

BODY = b'{"text": "' + b"word " * 100 + b'"}'
DOCUMENT = Document(encode_body(BODY), weak_etag(BODY), JSON, checked_at=1000.0)
ANY_ORIGIN = CorsPolicy()
CONFIGURED = CorsPolicy(frozenset({b"https://blog.example", b"https://www.blog.example"}))


def _headers(document: Document = DOCUMENT, *, now: float = 1000.0) -> dict[str, str]:
    link_base = LinkBase("http://blog.test", "/x")
    _, headers, _ = build_response(document, {}, now=now, cors=ANY_ORIGIN, link_base=link_base)
    return {name.decode(): value.decode() for name, value in headers}


@pytest.mark.parametrize(
    ("accept", "coding"),
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
def test_best_accepted_coding_is_chosen(accept: bytes | None, coding: str) -> None:
    assert choose_coding(accept, DOCUMENT.bodies) == coding


def test_uncompressed_document_is_sent_unchanged() -> None:
    assert choose_coding(b"br, gzip", {"identity": b"[]"}) == "identity"


@given(st.binary(max_size=60))
def test_any_accept_encoding_chooses_an_available_body(accept: bytes) -> None:
    assert choose_coding(accept, DOCUMENT.bodies) in {"identity", *DOCUMENT.bodies}


@pytest.mark.parametrize(
    ("coding", "decode"),
    [(b"br", brotli.decompress), (b"gzip", gzip.decompress), (b"identity", bytes)],
    ids=["br", "gzip", "identity"],
)
def test_every_coding_has_its_own_length(coding: bytes, decode: object) -> None:
    status, headers, body = build_response(DOCUMENT, {b"accept-encoding": coding}, now=1000.0, cors=ANY_ORIGIN)
    assert status == 200
    assert callable(decode)
    assert decode(body) == BODY
    assert dict(headers)[b"content-length"] == str(len(body)).encode()
    assert dict(headers).get(b"content-encoding", b"identity") == coding


@pytest.mark.parametrize(
    ("if_none_match", "is_same"),
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
def test_if_none_match_is_compared_weakly_with_every_tag(if_none_match: bytes | None, is_same: bool) -> None:  # noqa: FBT001 - the expectation
    assert etag_matches(if_none_match, 'W/"a"') is is_same


def test_unchanged_document_is_sent_without_body() -> None:
    request_headers = {b"if-none-match": DOCUMENT.etag.encode(), b"accept-encoding": b"br"}
    status, headers, body = build_response(DOCUMENT, request_headers, now=1005.0, cors=ANY_ORIGIN)
    names = {name for name, _ in headers}
    assert (status, body) == (304, b"")
    assert {b"etag", b"cache-control", b"vary", b"age"} <= names
    assert not {b"content-type", b"content-length", b"content-encoding"} & names


def test_error_document_is_never_304() -> None:
    gone = Document({"identity": b"{}"}, 'W/"a"', JSON, checked_at=None, status=410)
    assert build_response(gone, {b"if-none-match": b"*"}, now=0.0, cors=ANY_ORIGIN)[0] == 410


@pytest.mark.parametrize(("now", "age"), [(1000.0, "0"), (1007.9, "7"), (900.0, "0"), (90_000.0, "89000")])
def test_age_counts_from_the_last_check(now: float, age: str) -> None:
    assert _headers(now=now)["age"] == age


def test_unchecked_document_has_no_age() -> None:
    assert "age" not in _headers(Document({"identity": b"{}"}, 'W/"a"', JSON, checked_at=None))


@pytest.mark.parametrize(("now", "max_age"), [(1000.0, 10), (4600.0, 3610)])
def test_caches_serve_ten_seconds_at_any_age(now: float, max_age: int) -> None:
    headers = _headers(now=now)
    assert headers["cache-control"].startswith(f"public, max-age={max_age}, ")
    assert headers["x-accel-expires"] == "10"


def test_shared_caches_may_serve_stale_documents() -> None:
    # RFC 9111, 4.2.4: s-maxage, must-revalidate and proxy-revalidate forbid that
    directives = {directive.split("=")[0].strip() for directive in _headers()["cache-control"].split(",")}
    assert directives == {"public", "max-age", "stale-while-revalidate", "stale-if-error"}


def test_address_of_one_request_is_for_no_shared_cache() -> None:
    link_base = LinkBase("http://blog.test", "/x", is_shareable=False)
    headers = dict(build_response(DOCUMENT, {}, now=1000.0, cors=ANY_ORIGIN, link_base=link_base)[1])
    assert headers[b"cache-control"].startswith(b"private, max-age=10, ")
    assert b"x-accel-expires" not in headers


@pytest.mark.parametrize("suffix", ["-gzip", "-br", "/gzip", ";gzip", "-deflate", "-zstd"])
@pytest.mark.parametrize("prefix", ["", "W/"])
def test_etag_with_a_proxys_suffix_matches(prefix: str, suffix: str) -> None:
    assert etag_matches(f'"other", {prefix}"a1{suffix}"'.encode(), 'W/"a1"')
    assert not etag_matches(f'{prefix}"a1{suffix}x"'.encode(), 'W/"a1"')


def test_only_github_documents_vary_by_accept() -> None:
    github_document = Document(
        DOCUMENT.bodies, DOCUMENT.etag, JSON, checked_at=None, github_media_type="github.v3; format=json"
    )
    assert _headers()["vary"] == "Accept-Encoding"
    assert _headers(github_document)["vary"] == "Accept, Accept-Encoding"
    assert _headers(github_document)["x-github-media-type"] == "github.v3; format=json"


@pytest.mark.parametrize("link_base", [None, LinkBase("http://blog.test", "/x")])
def test_single_page_has_no_link_header(link_base: LinkBase | None) -> None:
    document = Document({"identity": b"[]"}, 'W/"a"', JSON, checked_at=None, pages=(1, 1))
    _, headers, _ = build_response(document, {}, now=0.0, cors=ANY_ORIGIN, link_base=link_base)
    assert b"link" not in dict(headers)


@pytest.mark.parametrize("origin", [None, b"https://anyone.example", b"null"])
def test_any_origin_may_read_if_none_is_configured(origin: bytes | None) -> None:
    fields = dict(ANY_ORIGIN.headers(origin))
    assert fields[b"access-control-allow-origin"] == b"*"
    assert b"vary" not in fields


def test_configured_origin_may_read_and_varies_by_origin() -> None:
    fields = dict(CONFIGURED.headers(b"https://www.blog.example"))
    assert fields[b"access-control-allow-origin"] == b"https://www.blog.example"
    assert {b"Link", b"ETag", b"Age"} <= set(fields[b"access-control-expose-headers"].split(b", "))
    assert fields[b"vary"] == b"Origin"


@pytest.mark.parametrize("origin", [None, b"https://evil.example", b"https://blog.example.evil", b"null", b""])
def test_other_origins_may_not_read(origin: bytes | None) -> None:
    assert CONFIGURED.headers(origin) == [(b"vary", b"Origin")]


MODIFIED = replace(DOCUMENT, last_modified="Wed, 01 Jul 2020 09:30:00 GMT")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({b"if-modified-since": b"Wed, 01 Jul 2020 09:30:00 GMT"}, 304),
        ({b"if-modified-since": b"Wed, 01 Jul 2020 11:30:00 +0200"}, 304),
        ({b"if-modified-since": b"Thu, 02 Jul 2020 09:30:00 GMT"}, 304),
        ({b"if-modified-since": b"Wed, 01 Jul 2020 09:29:59 GMT"}, 200),
        ({b"if-modified-since": b"yesterday"}, 200),
        ({b"if-modified-since": b"Wed, 01 Jul 99999 09:30:00 GMT"}, 200),
        ({b"if-modified-since": b"\xff"}, 200),
        ({b"if-modified-since": b"Thu, 02 Jul 2020 09:30:00 GMT", b"if-none-match": b'"other"'}, 200),
        ({b"if-modified-since": b"Wed, 01 Jan 2020 09:30:00 GMT", b"if-none-match": DOCUMENT.etag.encode()}, 304),
    ],
)
def test_time_of_the_last_change_is_compared(headers: dict[bytes, bytes], status: int) -> None:
    response = build_response(MODIFIED, headers, now=1000.0, cors=ANY_ORIGIN)
    assert response[0] == status
    assert dict(response[1])[b"last-modified"] == b"Wed, 01 Jul 2020 09:30:00 GMT"


def test_document_without_a_time_ignores_if_modified_since() -> None:
    headers = {b"if-modified-since": b"Thu, 02 Jul 2099 09:30:00 GMT"}
    assert build_response(DOCUMENT, headers, now=1000.0, cors=ANY_ORIGIN)[0] == 200
