"""Images of known size have both lengths; what an author has stated stays."""

import pytest

from app.render.sanitizer.sanitize import image_name, proxied_image_url, sanitize

SOURCE_URL = "https://github.com/owner/name/issues/41#issuecomment-1"
PHOTO, BADGE = "https://camo.githubusercontent.com/photo?a=1&b=2", "https://github.com/owner/name/raw/main/badge.svg"
SIZES = {image_name(PHOTO): (600, 400), image_name(BADGE): (9_000, 3)}
BASE_URL = "https://comments.example"


def _sanitize(html: str) -> str:
    return sanitize(
        html,
        source_url=SOURCE_URL,
        rewrite_image=lambda url: proxied_image_url(BASE_URL, 1, url),
        image_size=lambda url: SIZES.get(image_name(url)),
    )


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("", 'width="600" height="400"'),
        ('width="300"', 'width="300" height="200"'),
        ('height="100"', 'width="150" height="100"'),
        ('width="1"', 'width="1" height="1"'),
        ('width="7" height="9"', 'width="7" height="9"'),
        ('width="50%"', 'width="50%"'),
        ('height="50%"', 'height="50%"'),
        ('width="300px"', 'width="300" height="200"'),
        ('width="auto" height="100"', 'width="150" height="100"'),
        ('height="16000"', 'height="16000"'),
    ],
)
def test_missing_length_follows_from_the_shape(stated: str, expected: str) -> None:
    html = _sanitize(f'<p><img {stated} src="{PHOTO.replace("&", "&amp;")}" alt="a > b"></p>')
    attributes = html.removeprefix("<p><img ").split(" loading=")[0].split(" ")
    assert sorted(set(attributes) - {'alt="a', "&gt;", 'b"'}) == sorted(expected.split(" "))
    assert f'src="{BASE_URL}/images/1/{image_name(PHOTO)}"' in html
    assert _sanitize(html) == html


def test_relative_address_has_its_size() -> None:
    assert 'width="9000" height="3"' in _sanitize('<img src="/owner/name/raw/main/badge.svg">')


def test_tag_within_a_value_is_no_image() -> None:
    html = '<a title="<img a=" href=" src="><a title="> <img src=x>">x</a>'
    assert sanitize(html, source_url=SOURCE_URL, image_size=lambda _: (3, 4)) == sanitize(html, source_url=SOURCE_URL)


def test_only_images_of_known_size_change() -> None:
    html = f"""<p title="<img src='{PHOTO}'>">&lt;img src="{PHOTO}"></p><img src="//[" alt='<img>'><img src="/other.png">"""
    assert _sanitize(html) == sanitize(
        html, source_url=SOURCE_URL, rewrite_image=lambda url: proxied_image_url(BASE_URL, 1, url)
    )
    assert "width" not in _sanitize(html)
