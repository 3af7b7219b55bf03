"""The addresses of the feeds: what they mean, how they leave, and that they are valid as they leave."""

from dataclasses import replace

import feedparser
import pytest

from app.domain.errors import NotReady
from app.render.keys import Form, Key, SiteFeedKey, ThreadFeedKey
from app.serving.image_proxy import Image
from app.web.app import create_app
from tests.render.feed_judge import atom_faults, json_faults
from tests.web.blog import BIG, GONE, OTHER, POST, SITE, Blog

HOME = "http://blog.test"
PATHS = ["/posts/41.atom", "/posts/41.json", "/comments.atom", "/comments.json"]
on_all = pytest.mark.parametrize("path", PATHS)


class NoPictures:
    """Pictures of which there are none."""

    async def avatar(self, user_id: int) -> Image:
        raise AssertionError(user_id)

    async def image(self, comment_id: int, name: str) -> Image:
        raise AssertionError(comment_id, name)


def of_post(form: Form = Form.ATOM, lang: str = "en") -> ThreadFeedKey:
    return ThreadFeedKey(SITE, POST, form, lang, HOME, pictures=False)


def of_site(form: Form = Form.ATOM, lang: str = "en") -> SiteFeedKey:
    return SiteFeedKey(SITE, form, lang, HOME, pictures=False)


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/posts/41.atom", of_post()),
        ("/posts/41.json", of_post(Form.JSON)),
        ("/comments.atom", of_site()),
        ("/comments.json", of_site(Form.JSON)),
        ("/posts/41.atom?repo=OWNER/notes", replace(of_post(), repo=OTHER)),
        ("/comments.json?repo=owner/notes&utm=x&utm=y", replace(of_site(Form.JSON), repo=OTHER)),
        ("/posts/41.atom?lang=de", of_post(lang="de")),
        ("/posts/41.atom?lang=DE-at", of_post(lang="de")),
        ("/comments.json?lang=zh-hant-tw", of_site(Form.JSON, lang="zh-TW")),
        ("/comments.atom?lang=", of_site()),
        ("/comments.atom?lang=tlh", of_site()),
        ("/posts/41.json?lang=%00%F0%9F%8D%B5", of_post(Form.JSON)),
    ],
)
async def test_an_address_means_a_feed(blog: Blog, target: str, key: Key) -> None:
    answer = await blog.ask(target)
    assert answer.status_code == 200
    assert blog.reads.asked == [key]


@pytest.mark.parametrize("path", ["/posts/41.atom", "/comments.atom", f"/posts/{BIG}.atom", "/posts/42.atom?lang=he"])
async def test_an_atom_feed_leaves_valid(blog: Blog, path: str) -> None:
    answer = await blog.ask(path)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert atom_faults(answer.content) == []
    found = feedparser.parse(answer.content, response_headers=dict(answer.headers))
    assert not found.bozo
    assert {link.rel: link.href for link in found.feed.links}["self"].startswith(
        f"{HOME}{path.partition('?')[0]}?repo="
    )


@pytest.mark.parametrize("path", ["/posts/41.json", "/comments.json", f"/posts/{BIG}.json", "/posts/42.json?lang=he"])
async def test_a_json_feed_leaves_valid(blog: Blog, path: str) -> None:
    answer = await blog.ask(path)
    assert answer.headers["content-type"] == "application/feed+json; charset=utf-8"
    assert json_faults(answer.json()) == []
    assert answer.json()["feed_url"].startswith(f"{HOME}{path.partition('?')[0]}?repo=")


@on_all
async def test_the_address_that_a_feed_names_gives_the_same_feed(blog: Blog, path: str) -> None:
    first = await blog.ask(f"{path}?repo=owner/notes&lang=fr")
    named = f"{path}?repo=owner/notes&lang=fr"
    assert f"{HOME}{named}".replace("&", "&amp;" if path.endswith("atom") else "&") in first.text
    assert (await blog.ask(named)).content == first.content


@on_all
async def test_a_feed_is_cached_and_compared_as_any_read(blog: Blog, path: str) -> None:
    first = await blog.ask(path)
    assert first.headers["cache-control"] == (
        "public, max-age=0, s-maxage=17, stale-while-revalidate=10, stale-if-error=86400"
    )
    assert (first.headers["age"], first.headers["vary"]) == ("7", "Accept-Encoding")
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["content-security-policy"] == "default-src 'none'; sandbox"
    again = await blog.ask(path, {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await blog.ask(path, method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    packed = await blog.ask(path, {"accept-encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.content) == ("gzip", first.content)


@on_all
async def test_the_next_reader_is_answered_by_the_front(blog: Blog, path: str) -> None:
    first, second = await blog.ask(path), await blog.ask(path)
    assert len(blog.reads.asked) == 1
    assert second.content == first.content


@pytest.mark.parametrize("form", Form)
async def test_a_post_without_an_issue_is_an_empty_feed_and_a_deleted_one_ends_it(blog: Blog, form: Form) -> None:
    missing, gone = await blog.ask(f"/posts/42.{form}"), await blog.ask(f"/posts/{GONE}.{form}")
    assert (missing.status_code, gone.status_code) == (200, 410)
    assert gone.headers["content-type"] == missing.headers["content-type"]
    assert "octocat" not in missing.text + gone.text
    again = await blog.ask(f"/posts/{GONE}.{form}", {"if-none-match": gone.headers["etag"]})
    assert again.status_code == 410, "a program that has the feed must learn that it ends"


@pytest.mark.parametrize("form", Form)
async def test_hidden_comments_do_not_leave(blog: Blog, form: Form) -> None:
    answer = await blog.ask(f"/posts/{POST}.{form}")
    assert "issuecomment-3" in answer.text
    assert "issuecomment-2" not in answer.text


@on_all
async def test_pictures_lie_at_the_service_where_it_has_them(blog: Blog, path: str) -> None:
    blog.app = create_app(replace(blog.serving, pictures=NoPictures()))
    answer = await blog.ask(path)
    assert all(getattr(key, "pictures", False) for key in blog.reads.asked)
    assert path.endswith("atom") or f'"{HOME}/avatars/' in answer.text


@on_all
async def test_the_address_of_the_service_is_the_configured_one(path: str) -> None:
    answer = await Blog(public_url="https://c.example.org/c").ask(path)
    assert f'"https://c.example.org/c{path}?repo=Owner/Blog"' in answer.text
    assert "blog.test" not in answer.text


@on_all
async def test_a_host_that_is_no_address_is_not_repeated(blog: Blog, path: str) -> None:
    assert "script" not in (await blog.ask(path, {"host": 'x"><script>'})).text
    answer = await blog.ask(path, {"host": "script" * 50})
    assert "script" not in answer.text
    assert "?repo=" not in answer.text, "no address of its own"
    assert not (atom_faults(answer.content) if path.endswith("atom") else json_faults(answer.json()))


@on_all
@pytest.mark.parametrize(
    ("query", "parameter"),
    [("lang=de&lang=en", "lang"), ("repo=owner/blog&repo=owner/notes", "repo"), ("repo=blog", "repo")],
)
async def test_a_parameter_with_a_value_that_is_not_allowed_is_named(
    blog: Blog, path: str, query: str, parameter: str
) -> None:
    answer = await blog.ask(f"{path}?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (422, parameter)
    assert answer.headers["content-type"] == "application/problem+json"
    assert blog.reads.asked == []


@pytest.mark.parametrize(
    "target", ["/posts/0.atom", "/posts/041.json", "/posts/x.atom", f"/comments.atom?lang={'x' * 36}"]
)
async def test_a_value_out_of_bounds_is_refused(blog: Blog, target: str) -> None:
    answer = await blog.ask(target)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@on_all
async def test_a_repository_that_is_not_configured_is_not_served(blog: Blog, path: str) -> None:
    answer = await blog.ask(f"{path}?repo=someone/else")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@on_all
async def test_before_the_mirror_is_there_the_feed_is_a_failure_and_not_empty(blog: Blog, path: str) -> None:
    blog.reads.failure = NotReady("Post 41", retry_after=10)
    answer = await blog.ask(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_later_check_alone_changes_no_etag(blog: Blog) -> None:
    first = await blog.ask("/comments.atom")
    blog.clock.advance(1000)
    later = await blog.ask("/comments.atom", {"if-none-match": first.headers["etag"]})
    assert (later.status_code, later.headers["age"]) == (304, "1007")


async def test_the_feeds_are_described(blog: Blog) -> None:
    paths = (await blog.ask("/openapi.json")).json()["paths"]
    for path in ("/posts/{ghissueid}.atom", "/posts/{ghissueid}.json", "/comments.atom", "/comments.json"):
        described = paths[path]["get"]
        kind = "application/atom+xml" if path.endswith("atom") else "application/feed+json"
        assert described["tags"] == ["Feeds"]
        assert list(described["responses"]["200"]["content"]) == [kind]
        assert set(described["responses"]) >= {"404", "422", "503"}
        assert ("410" in described["responses"]) == path.startswith("/posts/")
        assert {each["name"] for each in described["parameters"]} >= {"repo", "lang"}
