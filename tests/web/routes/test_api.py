from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from app.domain.errors import InvalidParameter
from app.render.keys import CommentsKey, CountsKey, Key, NewestKey, Order, PostKey
from app.web.routes import api
from app.web.routes.api import LARGEST, MOST_IDS, ids
from tests.web.blog import BIG, GONE, OTHER, POST, SITE, Blog

BAD_NUMBERS = [
    "",
    "0",
    "-1",
    "+1",
    "1.0",
    "1e2",
    "041",
    " 1",
    "1_0",
    "４１",
    "٤١",
    "x",
    "%00",
    "1%00",
    "null",
    "9" * 5000,
]


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/posts/41", PostKey(SITE, 41)),
        (f"/posts/{LARGEST}", PostKey(SITE, LARGEST)),
        ("/posts/41?repo=OWNER/NOTES", PostKey(OTHER, 41)),
        ("/posts/41?_=1593595800&utm=x&utm=y", PostKey(SITE, 41)),
        ("/posts/41/comments", CommentsKey(SITE, 41, Order.OLDEST, 50, None)),
        ("/posts/41/comments?order=newest&limit=1", CommentsKey(SITE, 41, Order.NEWEST, 1, None)),
        ("/posts/41/comments?order=reactions&limit=100", CommentsKey(SITE, 41, Order.REACTIONS, 100, None)),
        ("/comments", NewestKey(SITE, 20, None)),
        ("/comments?limit=7&repo=owner/blog", NewestKey(SITE, 7, None)),
        ("/counts", CountsKey(SITE, None)),
        ("/counts?ids=42,41,42", CountsKey(SITE, (41, 42))),
        ("/counts?ids=41%2C42", CountsKey(SITE, (41, 42))),
    ],
)
async def test_an_address_means_a_document(blog: Blog, target: str, key: Key) -> None:
    answer = await blog.ask(f"/api/v1{target}")
    assert answer.status_code == 200
    assert blog.reads.asked == [key]


async def assert_refused(blog: Blog, target: str, parameter: str, allowed: str) -> None:
    answer = await blog.ask(f"/api/v1{target}")
    body = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert (body["status"], body["parameter"], body["allowed"]) == (422, parameter, allowed)
    assert body["detail"] == f"The parameter `{parameter}` must be {allowed}."
    assert blog.reads.asked == []


@pytest.mark.parametrize("given", [number for number in BAD_NUMBERS if number] + [str(LARGEST + 1)])
async def test_a_post_is_known_by_a_whole_number(blog: Blog, given: str) -> None:
    await assert_refused(blog, f"/posts/{given}", "ghissueid", f"a whole number from 1 to {LARGEST}")


@pytest.mark.parametrize("given", [*BAD_NUMBERS, "101"])
@pytest.mark.parametrize("path", ["/posts/41/comments", "/comments"])
async def test_a_limit_is_from_1_to_100(blog: Blog, path: str, given: str) -> None:
    await assert_refused(blog, f"{path}?limit={given}", "limit", "a whole number from 1 to 100")


@pytest.mark.parametrize("given", ["", "Oldest", "random", "oldest,newest", "%00"])
async def test_an_order_is_one_of_three(blog: Blog, given: str) -> None:
    await assert_refused(blog, f"/posts/41/comments?order={given}", "order", "one of oldest, newest, reactions")


@pytest.mark.parametrize("given", [*BAD_NUMBERS, ",", "41,", "41,,42", "41, 42", "41;42", f"1,{LARGEST + 1}"])
async def test_ids_are_whole_numbers(blog: Blog, given: str) -> None:
    allowed = "at most 500 whole numbers from 1, separated by commas"
    await assert_refused(blog, f"/counts?ids={given}", "ids", allowed)


@pytest.mark.parametrize("given", ["", "blog", "a/b/c", "/", "a/", "%00", "a b/c", "owner/blog%00", "ö/b"])
async def test_a_repo_is_written_owner_name(blog: Blog, given: str) -> None:
    await assert_refused(blog, f"/posts/41?repo={given}", "repo", "a repository, written owner/name")


@pytest.mark.parametrize(
    ("target", "parameter"),
    [
        ("/posts/41/comments?limit=1&limit=2", "limit"),
        ("/posts/41/comments?limit=1&limit=1", "limit"),
        ("/posts/41/comments?order=oldest&x=1&order=newest", "order"),
        ("/posts/41?repo=owner/blog&repo=owner/notes", "repo"),
        ("/counts?ids=41&ids=42", "ids"),
        ("/comments?cursor=a&cursor=b", "cursor"),
    ],
)
async def test_a_parameter_is_given_once(blog: Blog, target: str, parameter: str) -> None:
    await assert_refused(blog, target, parameter, "given once")


@pytest.mark.parametrize("path", ["/posts/41", "/posts/41/comments", "/counts", "/comments"])
async def test_a_repository_that_is_not_configured_is_not_served(blog: Blog, path: str) -> None:
    answer = await blog.ask(f"/api/v1{path}?repo=someone/else")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "The repository someone/else is not served here."


@pytest.mark.parametrize("cursor", ["", "x", "%00", "A" * 32, "A" * 5000, "é"])
@pytest.mark.parametrize("path", ["/posts/41/comments", "/comments"])
async def test_a_cursor_that_is_not_ours_is_refused(blog: Blog, path: str, cursor: str) -> None:
    answer = await blog.ask(f"/api/v1{path}?cursor={cursor}")
    assert (answer.status_code, answer.json()["parameter"]) == (422, "cursor")


async def test_the_cursor_of_a_page_leads_through_the_list(blog: Blog) -> None:
    seen: list[int] = []
    target = f"/api/v1/posts/{BIG}/comments?limit=30&order=newest"
    page = (await blog.ask(target)).json()
    seen += [comment["id"] for comment in page["comments"]]
    while page["next"] is not None:
        page = (await blog.ask(f"{target}&cursor={page['next']}")).json()
        seen += [comment["id"] for comment in page["comments"]]
    assert seen == list(range(1070, 999, -1))


@pytest.mark.parametrize(("number", "status"), [(42, "missing"), (GONE, "gone")])
async def test_a_post_without_an_issue_is_an_answer_too(blog: Blog, number: int, status: str) -> None:
    answer = await blog.ask(f"/api/v1/posts/{number}")
    assert (answer.status_code, answer.json()["status"]) == (200, status)


def test_ids_may_be_as_many_as_allowed_without_their_repeats() -> None:
    many = ",".join(str(number) for number in range(MOST_IDS, 0, -1))
    assert ids(f"{many},{many}") == tuple(range(1, MOST_IDS + 1))


def test_one_more_id_is_too_many() -> None:
    with pytest.raises(InvalidParameter, match="500"):
        ids(",".join(str(number) for number in range(1, MOST_IDS + 2)))


@given(st.lists(st.integers(1, LARGEST), min_size=1, max_size=MOST_IDS))
def test_ids_come_back_sorted_and_once(numbers: list[int]) -> None:
    assert ids(",".join(map(str, numbers))) == tuple(sorted(set(numbers)))


@given(st.text())
def test_any_text_is_ids_or_a_bad_parameter(text: str) -> None:
    try:
        read = ids(text)
    except InvalidParameter as refused:
        assert refused.name == "ids"  # noqa: PT017 - which text is bad is not known
    else:
        assert read
        assert all(1 <= number <= LARGEST for number in read)


def described(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize(
    ("target", "way", "model"),
    [
        (f"/posts/{POST}", [], api.Post),
        (f"/posts/{POST}", ["reactions"], api.Reactions),
        (f"/posts/{POST}/comments", [], api.Comments),
        (f"/posts/{POST}/comments", ["post"], api.Post),
        (f"/posts/{POST}/comments", ["comments", 0], api.Comment),
        (f"/posts/{POST}/comments", ["comments", 0, "author"], api.Author),
        (f"/posts/{POST}/comments", ["comments", 1, "reactions"], api.Reactions),
        ("/counts", [], api.Counts),
        ("/comments", [], api.Newest),
        ("/comments", ["comments", 0], api.NewComment),
    ],
)
async def test_what_is_described_is_what_is_sent(
    blog: Blog, target: str, way: list[str | int], model: type[BaseModel]
) -> None:
    value: Any = (await blog.ask(f"/api/v1{target}")).json()
    for step in way:
        value = value[step]
    assert set(value) == described(model)
    model.model_validate(value)
