import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.document import JSON, Document, encode_body, weak_etag


@given(st.binary(max_size=4000) | st.text(min_size=300, max_size=600).map(str.encode))
def test_every_coding_gives_back_the_body(body: bytes) -> None:
    bodies = encode_body(body)
    undo = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
    assert {undo[coding](coded) for coding, coded in bodies.items()} == {body}


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (b"[]", {"identity"}),
        (b"a" * 255, {"identity"}),
        (b"a" * 256, {"identity", "br", "gzip"}),
        (b'{"a":"b"}' * 1000, {"identity", "br", "gzip"}),
    ],
)
def test_a_body_is_compressed_where_that_pays(body: bytes, codings: set[str]) -> None:
    assert set(encode_body(body)) == codings


def test_compressing_twice_gives_the_same_bytes() -> None:
    assert encode_body(b"again and again " * 100) == encode_body(b"again and again " * 100)


def test_an_etag_is_weak_and_quoted_and_follows_the_bytes() -> None:
    assert weak_etag(b"a").startswith('W/"')
    assert weak_etag(b"a").endswith('"')
    assert weak_etag(b"a", b"b") == weak_etag(b"ab") != weak_etag(b"ba")


def test_a_document_weighs_all_its_encodings_and_itself() -> None:
    document = Document({"identity": b"x" * 300, "br": b"y" * 30}, 'W/"1"', JSON, None)
    assert document.size == 330 + 1024
