"""Image addresses at the service, which fetches images in place of readers' browsers."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.sanitizer.sanitize import image_name, image_urls, proxied_avatar_url, proxied_image_url, sanitize

SOURCE_URL = "https://github.com/owner/name/issues/41#issuecomment-9"
BASE_URL = "https://comments.example"
UUID = "3f2b8c1e-0d4a-4c7b-9e55-a1b2c3d4e5f6"
STABLE = f"https://github.com/user-attachments/assets/{UUID}"
CAMO = "https://camo.githubusercontent.com/8f1c/68747470733a2f2f"
LAZY = 'loading="lazy" decoding="async"'
REL = 'rel="nofollow ugc noopener"'

_sanitize: Callable[..., str] = partial(
    sanitize, source_url=SOURCE_URL, rewrite_image=partial(proxied_image_url, BASE_URL, 9)
)

_sanitize_for_page = partial(_sanitize, for_page=True)


def _signed_url(jwt: str, name: str = f"328459472-{UUID}.png") -> str:
    return f"https://private-user-images.githubusercontent.com/583231/{name}?jwt={jwt}"


def _proxied_url(address: str) -> str:
    return f"{BASE_URL}/images/9/{image_name(address)}"


def test_avatar_url_contains_the_user_id() -> None:
    assert proxied_avatar_url(BASE_URL, 583231) == "https://comments.example/avatars/583231"


def test_image_url_contains_comment_id_and_digest() -> None:
    address = proxied_image_url(BASE_URL, 9, CAMO)
    assert address is not None
    assert re.fullmatch(r"https://comments\.example/images/9/[0-9a-f]{24}", address)
    assert address == proxied_image_url(BASE_URL, 9, CAMO)
    assert address != proxied_image_url(BASE_URL, 9, f"{CAMO}0")


def test_proxied_url_is_not_changed_again() -> None:
    assert proxied_image_url(BASE_URL, 9, _proxied_url(CAMO)) == _proxied_url(CAMO)
    assert proxied_image_url(BASE_URL, 10, _proxied_url(CAMO)) == _proxied_url(CAMO)
    assert proxied_image_url(BASE_URL, 9, f"{BASE_URL}.evil.example/images/9/{image_name(CAMO)}") != _proxied_url(CAMO)


@pytest.mark.parametrize(
    "address", ["", "data:image/png;base64,AAAA", "blob:https://a/b", "file:///etc/passwd", "/x.png"]
)
def test_other_schemes_are_not_proxied(address: str) -> None:
    assert proxied_image_url(BASE_URL, 9, address) is None


def test_without_base_url_no_image_is_proxied() -> None:
    assert proxied_image_url("", 9, CAMO) is None


EXAMPLES = {
    "an image of another host": (
        f'<a href="{CAMO}"><img src="{CAMO}" alt="x" data-canonical-src="https://example.com/x.png"></a>',
        f'<a href="{CAMO}" {REL}><img alt="x" {LAZY} src="{_proxied_url(CAMO)}"></a>',
    ),
    "uploads, whose name does not depend on the signature": (
        f'<img src="{_signed_url("a.b.c")}"><img src="{_signed_url("d.e.f")}">',
        f'<img {LAZY} src="{_proxied_url(STABLE)}"><img {LAZY} src="{_proxied_url(STABLE)}">',
    ),
    "an upload with an unknown URL format": (
        f'<img src="{_signed_url("a", "x")}" alt="y">',
        f'<img alt="y" {LAZY}>',
    ),
    "relative URLs": (
        '<img src="/logo.png"><img src="//example.com/x.png"><img src="?a=1&amp;b=2">',
        (
            f'<img {LAZY} src="{_proxied_url("https://github.com/logo.png")}"><img {LAZY} src="{_proxied_url("https://example.com/x.png")}">'
            f'<img {LAZY} src="{_proxied_url("https://github.com/owner/name/issues/41?a=1&b=2")}">'
        ),
    ),
    "an image with two colour schemes": (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{CAMO}?d 2x, {CAMO} 1x"><img src="{CAMO}"></picture>',
        (
            f'<picture><source media="(prefers-color-scheme: dark)" srcset="{_proxied_url(f"{CAMO}?d")}">'
            f'<img {LAZY} src="{_proxied_url(CAMO)}"></picture>'
        ),
    ),
    "an image in a data URL": ('<img src="data:image/png;base64,AAAA" alt="x">', f'<img alt="x" {LAZY}>'),
    "an invalid host": ('<img src="https://[x/y.png" alt="x">', f'<img alt="x" {LAZY}>'),
    "a video": (
        f'<p><video src="{_signed_url("a", f"1-{UUID}.mp4")}" controls="controls"></video></p>',
        f'<p><a href="{STABLE}" {REL}>▶ video</a></p>',
    ),
    "a link to an image": (
        f'<a href="{CAMO}">x</a>',
        f'<a href="{CAMO}" {REL}>x</a>',
    ),
}


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_images_lead_to_the_service(name: str) -> None:
    html, result = EXAMPLES[name]
    assert _sanitize(html) == result


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_rewriting_twice_changes_nothing(name: str) -> None:
    once = _sanitize(EXAMPLES[name][0])
    assert _sanitize(once) == once


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_image_urls_name_exactly_the_proxied_images(name: str) -> None:
    html = EXAMPLES[name][0]
    names = re.findall(rf"{BASE_URL}/images/9/([0-9a-f]+)", _sanitize(html))
    assert image_urls(html, source_url=SOURCE_URL).keys() == set(names)
    assert set(re.findall(rf"{BASE_URL}/images/9/([0-9a-f]+)", _sanitize_for_page(html))) == set(names)


def test_name_maps_to_the_original_url() -> None:
    assert image_urls(f'<img src="{_signed_url("a")}"><img src="/x.png?a=1&amp;b=2">', source_url=SOURCE_URL) == {
        image_name(STABLE): STABLE,
        image_name("https://github.com/x.png?a=1&b=2"): "https://github.com/x.png?a=1&b=2",
    }


def test_without_rewriting_urls_stay() -> None:
    html = f'<img src="{CAMO}"><video src="{CAMO}"></video>'
    assert sanitize(html, source_url=SOURCE_URL).count(CAMO) == 2


_ADDRESSES = st.one_of(
    st.builds(
        "".join,
        st.lists(
            st.sampled_from(
                [
                    "https:",
                    "http:",
                    "HTTPS:",
                    "/",
                    "//",
                    "\\",
                    "@",
                    "[",
                    "]",
                    ":",
                    "?",
                    "#",
                    "a",
                    ".",
                    " ",
                    "\n",
                    "%",
                    "é",
                    "data:",
                    "&amp;",
                    BASE_URL,
                    "/images/9/",
                ]
            ),
            max_size=9,
        ),
    ),
    st.text(max_size=30),
)


@given(st.lists(st.tuples(_ADDRESSES, st.sampled_from(["img src", "source srcset", "video src"])), max_size=4))
def test_any_url_leads_only_to_the_service(addresses: list[tuple[str, str]]) -> None:
    tags = "".join(
        f'<picture><{kind}="{at.replace(chr(34), "")}" media="(prefers-color-scheme: dark)"></picture>'
        for at, kind in addresses
    )
    result = _sanitize(tags)
    urls = re.findall(r'(?:src|srcset)="([^"]*)"', result + _sanitize_for_page(tags))
    assert all(address.startswith(f"{BASE_URL}/images/") for address in urls)
    assert "<video" not in result
    assert _sanitize(result) == result
    originals = image_urls(tags, source_url=SOURCE_URL)
    names = {address.rsplit("/", 1)[1] for address in urls if not any(BASE_URL in at for at, _ in addresses)}
    assert names <= originals.keys()
    assert all(image_name(address) == name for name, address in originals.items())
