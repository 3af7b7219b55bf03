"""The setting of origins: spellings that browsers send, patterns of subdomains, and sentences about everything else."""

from typing import Any

import pytest

from app.domain.errors import InvalidSetting
from app.settings import load
from app.web.document_response import CorsPolicy


def _origins(text: str) -> tuple[str, ...]:
    settings: dict[str, Any] = {"repo": "ada/blog", "origins": text}
    return load(settings, env_file=None).origins


def _allows(pattern: str, origin: str) -> bool:
    policy = CorsPolicy(frozenset(entry.encode() for entry in _origins(pattern)))
    fields = policy.headers(origin.encode())
    assert (b"vary", b"Origin") in fields
    return (b"access-control-allow-origin", origin.encode()) in fields


@pytest.mark.parametrize("text", ["", "*", " * ", "https://blog.example.com, *"])
def test_all_origins_may_read_by_default(text: str) -> None:
    assert _origins(text) == ()


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("https://A.example:443/", "https://a.example"),
        ("HTTPS://Blog.Example.Com", "https://blog.example.com"),
        ("http://blog.example.com:80", "http://blog.example.com"),
        ("http://blog.example.com:0443", "http://blog.example.com:443"),
        ("http://localhost:4000", "http://localhost:4000"),
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
        ("https://straße.example:8443", "https://xn--strae-oqa.example:8443"),
        ("https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example"),
        ("https://my_blog.example", "https://my_blog.example"),
        ("http://[::1]:81", "http://[::1]:81"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        ("http://10.0.0.7", "http://10.0.0.7"),
        ("https://*.Example.com:443/", "https://*.example.com"),
        ("http://*.bücher.example:81", "http://*.xn--bcher-kva.example:81"),
    ],
)
def test_origin_is_written_as_browsers_send_it(text: str, sent: str) -> None:
    assert _origins(text) == (sent,)
    assert _origins(f"{text}, {sent}") == (sent,)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" , ", "no origin is named"),
        ("null", "'null' is the origin of every file and sandboxed frame"),
        ("blog.example.com", "is not an origin. Write it as https://blog.example.com"),
        ("localhost:4000", "is not an origin"),
        ("ftp://blog.example.com", "is not an origin"),
        ("https://blog.example.com/path", "is not an origin"),
        ("https://blog.example.com?x", "is not an origin"),
        ("https://blog.example.com#x", "is not an origin"),
        ("https://me@blog.example.com", "is not an origin"),
        ("https://blog.example.com:0", "is not an origin"),
        ("https://blog.example.com:port", "is not an origin"),
        ("https://blog.example.com https://x.example", "separate several by commas"),
        ("https://blog.exa\tmple.com", "is not an origin"),
        ("https://", "is no host name"),
        ("https://blog.example.com.", "is no host name"),
        ("https://blog..example.com", "is no host name"),
        ("https://blog.example.com;b", "is no host name"),
        ("https://%61.example", "is no host name"),
        ("https://\u2603\ufe0f\u200d.example", "does not exist"),
        ("https://127.1", "does not exist"),
        ("https://0x7f.0.0.1", "does not exist"),
        ("https://2130706433", "does not exist"),
        ("http://[fe80::1%eth0]", "does not exist"),
        ("http://[::ffff:10.0.0.7]", "does not exist"),
        ("*.example.com", "matches no origin"),
        ("https://*", "matches no origin"),
        ("https://*example.com", "matches no origin"),
        ("https://blog.*.example.com", "matches no origin"),
        ("https://*.*.example.com", "matches no origin"),
        ("https://*.example.com:*", "matches no origin"),
        ("https://*.com", "those of too many owners"),
        ("http://*.localhost:4000", "those of too many owners"),
        ("https://*.0.0.1", "the host in 'https://*.0.0.1' does not exist"),
        ("https://*.", "the host in 'https://*.' is no host name"),
        ("https://*.10.0.0.7", "those of too many owners"),
        ("https://*.example.com/path", "'https://*.example.com/path' is not an origin"),
        ("*://blog.example.com", "matches no origin"),
    ],
)
def test_entry_that_matches_nothing_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidSetting) as error:
        _origins(f"https://good.example, {text}" if text.strip(" ,") else text)
    assert error.value.name == "AFTERWORD_ORIGINS"
    assert reason in str(error.value)


@pytest.mark.parametrize(
    "origin", ["https://a.example.com", "https://b.a.example.com", "https://xn--bcher-kva.example.com"]
)
def test_star_allows_subdomains_at_any_depth(origin: str) -> None:
    assert _allows("https://*.example.com", origin)
    assert _allows("https://other.example, https://*.example.com", origin)


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com",
        "https://evilexample.com",
        "https://a.example.com.evil.test",
        "https://example.com.evil.test",
        "https://a.exampleXcom",
        "http://a.example.com",
        "https://a.example.com:8443",
        "https://a.example.com:443",
        "https://.example.com",
        "https://a..example.com",
        "https://evil.test/.example.com",
        "https://evil.test#.example.com",
        "https://evil.test:80.example.com",
        "https://a@b.example.com",
        "https://A.example.com",
        "https://a.example.com\r\nx: y",
        "https://*.example.com.",
        "null",
        "",
    ],
)
def test_star_allows_no_look_alike(origin: str) -> None:
    assert not _allows("https://*.example.com", origin)


def test_star_keeps_scheme_and_port() -> None:
    assert _allows("http://*.example.com:81, https://example.com", "http://a.example.com:81")
    assert not _allows("http://*.example.com:81, https://example.com", "http://a.example.com")
    assert _allows("http://*.example.com:81, https://example.com", "https://example.com")


def test_other_domains_stay_refused() -> None:
    assert not _allows("https://*.example.com", "https://elsewhere.example")
    assert not _allows("https://blog.example.com", "https://a.blog.example.com")
