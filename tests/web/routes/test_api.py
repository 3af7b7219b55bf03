from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from app.domain.errors import InvalidParameter
from app.render.keys import CommentsKey, CountsKey, Key, NewestKey, Order, PostKey
from app.web.reads.parsing import MAX_IDS, MAX_SAFE_INTEGER, parse_ids
from app.web.routes import models
from tests.web.harness.blog import BIG, GONE, OTHER, POST, SITE, Blog

INVALID_NUMBERS = [
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
        (f"/posts/{MAX_SAFE_INTEGER}", PostKey(SITE, MAX_SAFE_INTEGER)),
        ("/posts/41?repo=OWNER/NOTES", PostKey(OTHER, 41)),
        ("/posts/41?_=1593595800&utm=x&utm=y", PostKey(SITE, 41)),
        ("/posts/41/comments", CommentsKey(SITE, 41, Order.OLDEST, 50, None)),
        ("/posts/41/comments?order=newest&limit=1", CommentsKey(SITE, 41, Order.NEWEST, 1, None)),
        ("/posts/41/comments?order=reactions&limit=100", CommentsKey(SITE, 41, Order.REACTIONS, 100, None)),
        ("/comments", NewestKey(SITE, 20, None)),
        ("/comments?limit=7&repo=owner/blog", NewestKey(SITE, 7, None)),
        ("/comments?hidden=false", NewestKey(SITE, 20, None, with_hidden=False)),
        ("/comments?hidden=true", NewestKey(SITE, 20, None)),
        ("/counts", CountsKey(SITE, None)),
        ("/counts?ids=42,41,42", CountsKey(SITE, (41, 42))),
        ("/counts?ids=41%2C42", CountsKey(SITE, (41, 42))),
    ],
)
async def test_url_selects_a_document(blog: Blog, target: str, key: Key) -> None:
    response = await blog.request(f"/api/v1{target}")
    assert response.status_code == 200
    assert blog.reader.requested_keys == [key]


async def _assert_rejected(blog: Blog, target: str, parameter: str, allowed: str) -> None:
    response = await blog.request(f"/api/v1{target}")
    body = response.json()
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert response.headers["cache-control"] == "no-store"
    assert (body["status"], body["parameter"], body["allowed"]) == (422, parameter, allowed)
    assert body["detail"] == f"The parameter `{parameter}` must be {allowed}."
    assert blog.reader.requested_keys == []


@pytest.mark.parametrize("value", [number for number in INVALID_NUMBERS if number] + [str(MAX_SAFE_INTEGER + 1)])
async def test_ghissueid_is_a_positive_integer(blog: Blog, value: str) -> None:
    await _assert_rejected(blog, f"/posts/{value}", "ghissueid", f"a whole number from 1 to {MAX_SAFE_INTEGER}")


@pytest.mark.parametrize("value", [*INVALID_NUMBERS, "101"])
@pytest.mark.parametrize("path", ["/posts/41/comments", "/comments"])
async def test_limit_is_from_1_to_100(blog: Blog, path: str, value: str) -> None:
    await _assert_rejected(blog, f"{path}?limit={value}", "limit", "a whole number from 1 to 100")


@pytest.mark.parametrize("value", ["", "Oldest", "random", "oldest,newest", "%00"])
async def test_order_is_one_of_three(blog: Blog, value: str) -> None:
    await _assert_rejected(blog, f"/posts/41/comments?order={value}", "order", "one of oldest, newest, reactions")


@pytest.mark.parametrize("value", ["", "0", "False", "no"])
async def test_hidden_is_false_or_true(blog: Blog, value: str) -> None:
    await _assert_rejected(blog, f"/comments?hidden={value}", "hidden", "`false` or `true`")


@pytest.mark.parametrize(
    "value", [*INVALID_NUMBERS, ",", "41,", "41,,42", "41, 42", "41;42", f"1,{MAX_SAFE_INTEGER + 1}"]
)
async def test_ids_are_positive_integers(blog: Blog, value: str) -> None:
    allowed = "at most 500 whole numbers from 1, separated by commas"
    await _assert_rejected(blog, f"/counts?ids={value}", "ids", allowed)


@pytest.mark.parametrize("value", ["", "blog", "a/b/c", "/", "a/", "%00", "a b/c", "owner/blog%00", "ö/b"])
async def test_repo_has_the_form_owner_name(blog: Blog, value: str) -> None:
    await _assert_rejected(blog, f"/posts/41?repo={value}", "repo", "a repository, written owner/name")


@pytest.mark.parametrize(
    ("target", "parameter"),
    [
        ("/posts/41/comments?limit=1&limit=2", "limit"),
        ("/posts/41/comments?limit=1&limit=1", "limit"),
        ("/posts/41/comments?order=oldest&x=1&order=newest", "order"),
        ("/posts/41?repo=owner/blog&repo=owner/notes", "repo"),
        ("/counts?ids=41&ids=42", "ids"),
        ("/comments?cursor=a&cursor=b", "cursor"),
        ("/comments?hidden=false&hidden=true", "hidden"),
    ],
)
async def test_repeated_parameter_is_rejected(blog: Blog, target: str, parameter: str) -> None:
    await _assert_rejected(blog, target, parameter, "given once")


@pytest.mark.parametrize("path", ["/posts/41", "/posts/41/comments", "/counts", "/comments"])
async def test_unconfigured_repository_is_not_served(blog: Blog, path: str) -> None:
    response = await blog.request(f"/api/v1{path}?repo=someone/else")
    assert response.status_code == 404
    assert response.json()["detail"] == "The repository someone/else is not served here."


@pytest.mark.parametrize("cursor", ["", "x", "%00", "A" * 32, "A" * 5000, "é"])
@pytest.mark.parametrize("path", ["/posts/41/comments", "/comments"])
async def test_foreign_cursor_is_rejected(blog: Blog, path: str, cursor: str) -> None:
    response = await blog.request(f"/api/v1{path}?cursor={cursor}")
    assert (response.status_code, response.json()["parameter"]) == (422, "cursor")


async def test_next_cursors_lead_through_the_list(blog: Blog) -> None:
    ids: list[int] = []
    target = f"/api/v1/posts/{BIG}/comments?limit=30&order=newest"
    page = (await blog.request(target)).json()
    ids += [comment["id"] for comment in page["comments"]]
    while page["next"] is not None:
        page = (await blog.request(f"{target}&cursor={page['next']}")).json()
        ids += [comment["id"] for comment in page["comments"]]
    assert ids == list(range(1070, 999, -1))


@pytest.mark.parametrize(("number", "status"), [(42, "missing"), (GONE, "gone")])
async def test_post_without_an_issue_has_a_status(blog: Blog, number: int, status: str) -> None:
    response = await blog.request(f"/api/v1/posts/{number}")
    assert (response.status_code, response.json()["status"]) == (200, status)


def test_repeated_ids_count_once_toward_the_limit() -> None:
    text = ",".join(str(number) for number in range(MAX_IDS, 0, -1))
    assert parse_ids(f"{text},{text}") == tuple(range(1, MAX_IDS + 1))


def test_one_id_above_the_limit_is_rejected() -> None:
    with pytest.raises(InvalidParameter, match="500"):
        parse_ids(",".join(str(number) for number in range(1, MAX_IDS + 2)))


@given(st.lists(st.integers(1, MAX_SAFE_INTEGER), min_size=1, max_size=MAX_IDS))
def test_ids_are_sorted_and_unique(numbers: list[int]) -> None:
    assert parse_ids(",".join(map(str, numbers))) == tuple(sorted(set(numbers)))


@given(st.text())
def test_any_text_is_parsed_or_rejected(text: str) -> None:
    try:
        numbers = parse_ids(text)
    except InvalidParameter as error:
        assert error.name == "ids"  # noqa: PT017 - hypothesis chooses which texts are invalid
    else:
        assert numbers
        assert all(1 <= number <= MAX_SAFE_INTEGER for number in numbers)


def _field_names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize(
    ("target", "path_to_value", "model"),
    [
        (f"/posts/{POST}", [], models.Post),
        (f"/posts/{POST}", ["reactions"], models.Reactions),
        (f"/posts/{POST}/comments", [], models.Comments),
        (f"/posts/{POST}/comments", ["post"], models.Post),
        (f"/posts/{POST}/comments", ["comments", 0], models.Comment),
        (f"/posts/{POST}/comments", ["comments", 0, "author"], models.Author),
        (f"/posts/{POST}/comments", ["comments", 1, "reactions"], models.Reactions),
        ("/counts", [], models.Counts),
        ("/comments", [], models.Newest),
        ("/comments", ["comments", 0], models.NewComment),
    ],
)
async def test_response_matches_its_openapi_model(
    blog: Blog, target: str, path_to_value: list[str | int], model: type[BaseModel]
) -> None:
    value: Any = (await blog.request(f"/api/v1{target}")).json()
    for step in path_to_value:
        value = value[step]
    assert set(value) == _field_names(model)
    model.model_validate(value)
