"""How pictures leave: for long, harmless whatever they are, and never in the place of an error."""

from dataclasses import replace

import httpx
import pytest

from app.domain.errors import AfterwordError, ImageNotFound, ImageRejected, NotReady, StoreUnusable
from app.serving.image_proxy import Image
from app.web.app import create_app
from tests.web.blog import Blog

NAME = "0123456789abcdef01234567"
AVATAR, IMAGE = "/avatars/583231", f"/images/1001/{NAME}"
PNG, SVG = Image(b"\x89PNG", "image/png"), Image(b"<svg/>", "image/svg+xml")
both = pytest.mark.parametrize("path", [AVATAR, IMAGE])


class FakePictures:
    """The engine as the web sees it."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str] | int] = []
        self.picture = PNG
        self.failure: AfterwordError | None = None

    async def avatar(self, user_id: int) -> Image:
        return self._given(user_id)

    async def image(self, comment_id: int, name: str) -> Image:
        return self._given((comment_id, name))

    def _given(self, what: tuple[int, str] | int) -> Image:
        self.asked.append(what)
        if self.failure is not None:
            raise self.failure
        return self.picture


@pytest.fixture
def pictures() -> FakePictures:
    return FakePictures()


@pytest.fixture
def blog(pictures: FakePictures) -> Blog:
    made = Blog()
    made.app = create_app(replace(made.serving, pictures=pictures))
    return made


async def test_an_avatar_is_asked_for_by_the_id_of_its_person(blog: Blog, pictures: FakePictures) -> None:
    answer = await blog.ask(AVATAR)
    assert (answer.status_code, answer.content, pictures.asked) == (200, b"\x89PNG", [583231])
    assert answer.headers["cache-control"] == (
        "public, max-age=86400, stale-while-revalidate=604800, stale-if-error=604800"
    )


async def test_a_picture_is_asked_for_by_its_comment_and_name(blog: Blog, pictures: FakePictures) -> None:
    answer = await blog.ask(IMAGE)
    assert (answer.status_code, answer.content, pictures.asked) == (200, b"\x89PNG", [(1001, NAME)])
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@both
async def test_a_picture_can_do_nothing_in_a_browser(blog: Blog, path: str) -> None:
    headers = (await blog.ask(path)).headers
    assert headers["content-type"] == "image/png"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["content-disposition"] == "inline"
    assert headers["content-length"] == "4"
    assert "set-cookie" not in headers


@both
async def test_an_svg_that_is_opened_by_itself_is_saved_and_not_shown(
    blog: Blog, pictures: FakePictures, path: str
) -> None:
    pictures.picture = SVG
    headers = (await blog.ask(path)).headers
    assert headers["content-type"] == "image/svg+xml"
    assert headers["content-disposition"] == 'attachment; filename="picture.svg"'
    assert "sandbox" in headers["content-security-policy"]


@both
async def test_who_has_a_picture_is_not_sent_it_again(blog: Blog, pictures: FakePictures, path: str) -> None:
    etag = (await blog.ask(path)).headers["etag"]
    for known in (etag, f'W/{etag}, "x"', "*"):
        answer = await blog.ask(path, {"if-none-match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert "max-age" in answer.headers["cache-control"]


async def test_an_avatar_that_has_changed_is_sent_anew(blog: Blog, pictures: FakePictures) -> None:
    etag = (await blog.ask("/avatars/1")).headers["etag"]
    pictures.picture = Image(b"new", "image/png")
    assert (await blog.ask("/avatars/1", {"if-none-match": etag})).status_code == 200


@both
async def test_head_says_what_get_would(blog: Blog, path: str) -> None:
    got, head = await blog.ask(path), await blog.ask(path, method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert {**got.headers, "x-request-id": ""} == {**head.headers, "x-request-id": ""}


@both
@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ImageNotFound(), 404),
        (ImageRejected("https://intranet.example/secret", "it leads to a host of ours"), 404),
        (NotReady("The picture", retry_after=40), 503),
        (StoreUnusable("x.db", "disk I/O error"), 503),
    ],
)
async def test_a_failure_is_a_problem_that_no_cache_keeps(
    blog: Blog, pictures: FakePictures, path: str, failure: AfterwordError, status: int
) -> None:
    pictures.failure = failure
    answer = await blog.ask(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.headers["cache-control"] == "no-store"
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "secret" not in answer.text
    assert "host of ours" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/avatars/",
        "/avatars/octocat",
        "/avatars/0",
        "/avatars/-1",
        f"/avatars/{2**53}",
        "/images/1001",
        "/images/1001/",
        "/images/x/0123456789abcdef01234567",
        "/images/1001/0123456789ABCDEF01234567",
        "/images/1001/short",
        f"/images/1001/{NAME}/more",
        "/images/1001/..%2f..%2fetc%2fpasswd",
    ],
)
async def test_what_is_no_address_of_a_picture_asks_for_none(blog: Blog, pictures: FakePictures, path: str) -> None:
    answer = await blog.ask(path)
    assert answer.status_code in {404, 422}
    assert answer.headers["cache-control"] == "no-store"
    assert pictures.asked == []


@both
async def test_where_the_proxy_is_off_there_is_nothing(path: str) -> None:
    answer: httpx.Response = await Blog().ask(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@both
async def test_pictures_are_described(blog: Blog, path: str) -> None:
    described = (await blog.ask("/openapi.json")).json()["paths"]
    name = "/avatars/{user_id}" if path == AVATAR else "/images/{comment_id}/{name}"
    answers = described[name]["get"]["responses"]
    assert answers["200"]["content"].keys() == {"image/*"}
    assert all(answers[status]["content"].keys() == {"application/problem+json"} for status in ("404", "422", "503"))
