"""Where a browser finds pictures when the service fetches them in its place."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.images import image_name, image_urls, proxied_avatar_url, proxied_image_url
from app.render.sanitizer.sanitize import sanitize

BASE = "https://github.com/owner/name/issues/41#issuecomment-9"
BASE_URL = "https://comments.example"
UUID = "3f2b8c1e-0d4a-4c7b-9e55-a1b2c3d4e5f6"
STABLE = f"https://github.com/user-attachments/assets/{UUID}"
CAMO = "https://camo.githubusercontent.com/8f1c/68747470733a2f2f"
LAZY = 'loading="lazy" decoding="async"'
REL = 'rel="nofollow ugc noopener"'

proxied: Callable[[str], str] = partial(
    sanitize, source_url=BASE, rewrite_image=partial(proxied_image_url, BASE_URL, 9)
)


def signed(jwt: str, name: str = f"328459472-{UUID}.png") -> str:
    return f"https://private-user-images.githubusercontent.com/583231/{name}?jwt={jwt}"


def ours(address: str) -> str:
    return f"{BASE_URL}/images/9/{image_name(address)}"


def test_an_avatar_lies_at_the_service_under_the_id_of_its_person() -> None:
    assert proxied_avatar_url(BASE_URL, 583231) == "https://comments.example/avatars/583231"


def test_a_picture_lies_at_the_service_under_its_comment_and_a_short_name() -> None:
    address = proxied_image_url(BASE_URL, 9, CAMO)
    assert address is not None
    assert re.fullmatch(r"https://comments\.example/images/9/[0-9a-f]{24}", address)
    assert address == proxied_image_url(BASE_URL, 9, CAMO)
    assert address != proxied_image_url(BASE_URL, 9, f"{CAMO}0")


def test_a_picture_that_lies_at_the_service_already_stays() -> None:
    assert proxied_image_url(BASE_URL, 9, ours(CAMO)) == ours(CAMO)
    assert proxied_image_url(BASE_URL, 10, ours(CAMO)) == ours(CAMO)
    assert proxied_image_url(BASE_URL, 9, f"{BASE_URL}.evil.example/images/9/{image_name(CAMO)}") != ours(CAMO)


@pytest.mark.parametrize(
    "address", ["", "data:image/png;base64,AAAA", "blob:https://a/b", "file:///etc/passwd", "/x.png"]
)
def test_what_is_no_address_of_the_web_is_no_picture(address: str) -> None:
    assert proxied_image_url(BASE_URL, 9, address) is None


def test_without_an_address_of_the_service_there_is_no_place_for_pictures() -> None:
    assert proxied_image_url("", 9, CAMO) is None


EXAMPLES = {
    "a picture from elsewhere": (
        f'<a href="{CAMO}"><img src="{CAMO}" alt="x" data-canonical-src="https://example.com/x.png"></a>',
        f'<a href="{CAMO}" {REL}><img alt="x" {LAZY} src="{ours(CAMO)}"></a>',
    ),
    "an upload, whose name does not change with its signature": (
        f'<img src="{signed("a.b.c")}"><img src="{signed("d.e.f")}">',
        f'<img {LAZY} src="{ours(STABLE)}"><img {LAZY} src="{ours(STABLE)}">',
    ),
    "an upload whose address is of no known form": (
        f'<img src="{signed("a", "x")}" alt="y">',
        f'<img alt="y" {LAZY}>',
    ),
    "addresses that are relative": (
        '<img src="/logo.png"><img src="//example.com/x.png"><img src="?a=1&amp;b=2">',
        (
            f'<img {LAZY} src="{ours("https://github.com/logo.png")}"><img {LAZY} src="{ours("https://example.com/x.png")}">'
            f'<img {LAZY} src="{ours("https://github.com/owner/name/issues/41?a=1&b=2")}">'
        ),
    ),
    "a picture with two colours": (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{CAMO}?d 2x, {CAMO} 1x"><img src="{CAMO}"></picture>',
        (
            f'<picture><source media="(prefers-color-scheme: dark)" srcset="{ours(f"{CAMO}?d")}">'
            f'<img {LAZY} src="{ours(CAMO)}"></picture>'
        ),
    ),
    "a picture that is data": ('<img src="data:image/png;base64,AAAA" alt="x">', f'<img alt="x" {LAZY}>'),
    "a host that is broken": ('<img src="https://[x/y.png" alt="x">', f'<img alt="x" {LAZY}>'),
    "a video": (
        f'<p><video src="{signed("a", f"1-{UUID}.mp4")}" controls="controls"></video></p>',
        f'<p><a href="{STABLE}" {REL}>▶ video</a></p>',
    ),
    "a link to a picture, which nobody fetches unasked": (
        f'<a href="{CAMO}">x</a>',
        f'<a href="{CAMO}" {REL}>x</a>',
    ),
}


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_a_browser_is_led_to_the_service(name: str) -> None:
    given_, made = EXAMPLES[name]
    assert proxied(given_) == made


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_doing_it_twice_changes_nothing(name: str) -> None:
    once = proxied(EXAMPLES[name][0])
    assert proxied(once) == once


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_every_picture_is_found_again_by_its_name_and_no_other(name: str) -> None:
    html = EXAMPLES[name][0]
    named = re.findall(rf"{BASE_URL}/images/9/([0-9a-f]+)", proxied(html))
    assert image_urls(html, source_url=BASE).keys() == set(named)


def test_a_name_leads_to_the_address_at_which_github_has_the_picture() -> None:
    assert image_urls(f'<img src="{signed("a")}"><img src="/x.png?a=1&amp;b=2">', source_url=BASE) == {
        image_name(STABLE): STABLE,
        image_name("https://github.com/x.png?a=1&b=2"): "https://github.com/x.png?a=1&b=2",
    }


def test_without_pictures_nothing_is_moved() -> None:
    html = f'<img src="{CAMO}"><video src="{CAMO}"></video>'
    assert sanitize(html, source_url=BASE).count(CAMO) == 2


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
def test_whatever_an_address_is_a_browser_asks_nobody_but_the_service(addresses: list[tuple[str, str]]) -> None:
    tags = "".join(
        f'<picture><{kind}="{at.replace(chr(34), "")}" media="(prefers-color-scheme: dark)"></picture>'
        for at, kind in addresses
    )
    made = proxied(tags)
    shown = re.findall(r'(?:src|srcset)="([^"]*)"', made)
    assert all(address.startswith(f"{BASE_URL}/images/") for address in shown)
    assert "<video" not in made
    assert proxied(made) == made
    found = image_urls(tags, source_url=BASE)
    asked = {address.rsplit("/", 1)[1] for address in shown if not any(BASE_URL in at for at, _ in addresses)}
    assert asked <= found.keys()
    assert all(image_name(address) == name for name, address in found.items())
