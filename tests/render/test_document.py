import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.document import JSON, Document, encode_body, weak_etag


@given(st.binary(max_size=4000) | st.text(min_size=300, max_size=600).map(str.encode))
def test_every_coding_decodes_to_the_body(body: bytes) -> None:
    bodies = encode_body(body)
    undo = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
    assert {undo[coding](coded) for coding, coded in bodies.items()} | {bodies["identity"]} == {body}


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (b"[]", {"identity"}),
        (b"a" * 255, {"identity"}),
        (b"a" * 256, {"br", "gzip"}),
        (b'{"a":"b"}' * 1000, {"br", "gzip"}),
    ],
)
def test_only_larger_bodies_are_compressed(body: bytes, codings: set[str]) -> None:
    assert set(encode_body(body)) == codings


def test_compression_is_deterministic() -> None:
    assert encode_body(b"again and again " * 100) == encode_body(b"again and again " * 100)


def test_quick_encoding_has_the_same_content() -> None:
    body = b"again and again " * 100
    bodies = encode_body(body, quick=True)
    assert gzip.decompress(bodies["gzip"]) == brotli.decompress(bodies["br"]) == bodies["identity"] == body


def test_identity_is_made_from_gzip_when_it_is_read() -> None:
    large = [encode_body(f"{n} ".encode() * 500_000) for n in range(4)]
    for _ in range(2):
        assert [bodies["identity"][:2] for bodies in large] == [b"0 ", b"1 ", b"2 ", b"3 "]
    assert large[0]["identity"] is large[0]["identity"]
    assert set(large[0]) == {"br", "gzip"}
    with pytest.raises(KeyError):
        large[0]["zstd"]


def test_etag_is_weak_and_depends_on_the_bytes() -> None:
    assert weak_etag(b"a").startswith('W/"')
    assert weak_etag(b"a").endswith('"')
    assert weak_etag(b"a", b"b") == weak_etag(b"ab") != weak_etag(b"ba")


def test_document_size_includes_all_kept_bodies() -> None:
    document = Document({"identity": b"x" * 300, "br": b"y" * 30}, 'W/"1"', JSON, None)
    assert document.size == 330 + 1024
