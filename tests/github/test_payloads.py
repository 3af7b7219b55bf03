import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.threads import Author, Reactions
from app.domain.times import epoch
from app.github import payloads
from app.github.payloads import RepositoryInfo
from tests.github.objects import comment_object, issue_object, repository_object, user_object, without

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
GHOST = Author("ghost", "https://github.com/ghost", "https://avatars.githubusercontent.com/u/10137")


def test_all_fields_of_an_issue_are_parsed() -> None:
    obj = issue_object(state="closed", locked=True, reactions={"total_count": 3, "+1": 2, "heart": 1, "-1": 0})

    issue = payloads.issue(obj)

    assert (issue.id, issue.number, issue.comment_count) == (3_000_000_041, 41, 2)
    assert (issue.title, issue.state, issue.locked) == ("The Best Interview is No Interview", "closed", True)
    assert issue.repository_url == "https://api.github.com/repos/octo/blog"
    assert issue.url == "https://github.com/octo/blog/issues/41"
    assert (issue.created_at, issue.updated_at) == ("2020-07-01T09:30:00Z", "2020-07-02T10:00:00Z")
    assert issue.labels == ("comments",)
    assert issue.reactions == Reactions(3, {"+1": 2, "heart": 1})
    assert issue.source is obj


def test_all_fields_of_a_comment_are_parsed() -> None:
    obj = comment_object(5_000_000_007, 123)

    comment = payloads.comment(obj)

    assert (comment.id, comment.number, comment.association) == (5_000_000_007, 123, "OWNER")
    assert (comment.body, comment.body_text) == ("*Hello*", "Hello")
    assert comment.body_html == '<p dir="auto"><em>Hello</em></p>'
    assert comment.url == "https://github.com/octo/blog/issues/123#issuecomment-5000000007"
    assert comment.author == Author(
        "octocat", "https://github.com/octocat", "https://avatars.githubusercontent.com/u/583231?v=4", id=583231
    )
    assert comment.source is obj


def test_all_fields_of_a_repository_are_parsed() -> None:
    obj = repository_object(private=True, has_issues=False, archived=True)

    assert payloads.repository(obj) == RepositoryInfo(
        1296269, "octo/blog", private=True, has_issues=False, archived=True
    )


def test_optional_fields_of_a_repository_have_defaults() -> None:
    info = payloads.repository(without(repository_object(), "has_issues", "archived"))

    assert info == RepositoryInfo(1296269, "octo/blog", private=False, has_issues=True, archived=False)


def test_repository_keeps_only_what_everyone_may_know() -> None:
    public = repository_object(
        archive_url="https://api.github.com/x", stargazers_count=3, topics=["blog"], license=None
    )
    owners = {"permissions": {"admin": True}, "temp_clone_token": "t0ken", "allow_merge_commit": True, "later": 1}

    assert payloads.repository(public | owners).source == public


@pytest.mark.parametrize("obj", [comment_object(user=None), without(comment_object(), "user")])
def test_deleted_account_is_the_ghost(obj: dict[str, Any]) -> None:
    assert payloads.comment(obj).author == GHOST


def test_account_without_addresses_gets_defaults() -> None:
    author = payloads.comment(comment_object(user={"login": "dependabot[bot]", "type": "Bot"})).author

    assert author == Author("dependabot[bot]", "https://github.com/dependabot%5Bbot%5D", GHOST.avatar_url, is_bot=True)


def test_account_links_are_web_addresses_only() -> None:
    hostile = user_object(html_url="javascript:alert(1)", avatar_url="data:image/svg+xml,x")

    author = payloads.comment(comment_object(user=hostile)).author

    assert (author.url, author.avatar_url) == ("https://github.com/octocat", GHOST.avatar_url)


@pytest.mark.parametrize("name", ["body", "body_text", "body_html"])
@pytest.mark.parametrize("is_null", [False, True])
def test_null_or_missing_body_is_empty(name: str, is_null: bool) -> None:  # noqa: FBT001 - parametrised
    obj = without(comment_object(), name) | dict.fromkeys([name] if is_null else [], None)

    assert getattr(payloads.comment(obj), name) == ""


def test_missing_association_is_none() -> None:
    assert payloads.comment(without(comment_object(), "author_association")).association == "NONE"


@pytest.mark.parametrize(
    ("minimized", "hidden"),
    [
        (None, None),
        (False, None),
        ({"reason": "SPAM"}, "spam"),
        ({"reason": "off-topic"}, "off-topic"),
        ({"reason": "OFF_TOPIC"}, "off-topic"),
        ({"reason": None}, "hidden"),
        ({"reason": ""}, "hidden"),
        ({"reason": 7}, "hidden"),
        ({}, "hidden"),
        (True, "hidden"),
    ],
)
def test_minimised_comment_is_hidden_with_its_reason(minimized: object, hidden: str | None) -> None:
    assert payloads.comment(comment_object(minimized=minimized)).hidden == hidden


def test_comment_is_visible_and_not_pinned_by_default() -> None:
    comment = payloads.comment(comment_object())

    assert (comment.hidden, comment.pinned) == (None, False)


@pytest.mark.parametrize(("pin", "pinned"), [(None, False), ({"pinned_at": "2026-01-01T00:00:00Z"}, True)])
def test_pin_makes_a_comment_pinned(pin: object, pinned: bool) -> None:  # noqa: FBT001 - parametrised
    assert payloads.comment(comment_object(pin=pin)).pinned is pinned


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([{"name": "a"}, "b"], ("a", "b")),
        ([{"name": None}, {}, 7, None, ""], ()),
        (None, ()),
        ("a", ()),
    ],
)
def test_labels_are_objects_or_strings(labels: object, names: tuple[str, ...]) -> None:
    assert payloads.issue(issue_object(labels=labels)).labels == names


@pytest.mark.parametrize(
    ("reactions", "expected"),
    [
        (None, Reactions()),
        ([], Reactions()),
        ({"total_count": 0, "+1": 0}, Reactions()),
        ({"+1": 2, "eyes": 1}, Reactions(3, {"+1": 2, "eyes": 1})),
        ({"total_count": 2, "+1": True, "-1": -4, "heart": "2"}, Reactions(2)),
        ({"total_count": 5, "+1": 2, "starstruck": 3}, Reactions(5, {"+1": 2})),
    ],
)
def test_invalid_reactions_are_ignored(reactions: object, expected: Reactions) -> None:
    assert payloads.issue(issue_object(reactions=reactions)).reactions == expected


@pytest.mark.parametrize(
    ("fields", "is_pull_request"),
    [({"pull_request": {"url": "x"}}, True), ({"pull_request": None}, False), ({}, False)],
)
def test_pull_request_key_makes_a_pull_request(fields: dict[str, Any], is_pull_request: bool) -> None:  # noqa: FBT001
    assert payloads.issue(issue_object(**fields)).is_pull_request is is_pull_request


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020-07-01T09:30:00Z", "2020-07-01T09:30:00Z"),
        ("2020-07-01t09:30:00z", "2020-07-01T09:30:00Z"),
        ("2020-07-01T09:30:00.999Z", "2020-07-01T09:30:00Z"),
        ("2020-07-01T09:30:00.1Z", "2020-07-01T09:30:00Z"),
        ("2020-07-01T09:30:00.123456789+00:00", "2020-07-01T09:30:00Z"),
        ("2020-07-01T01:30:00+02:00", "2020-06-30T23:30:00Z"),
        ("2020-06-30 23:30:00-10:00", "2020-07-01T09:30:00Z"),
    ],
)
def test_times_are_normalised_to_utc_seconds(value: str, expected: str) -> None:
    assert payloads.comment(comment_object(created_at=value)).created_at == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2020-07-01",
        "2020-07-01T09:30:00",
        "2020-07-01T09:30Z",
        "2020-13-01T09:30:00Z",
        "2020-07-01T24:30:00Z",
        "2020-07-01T09:30:00+99:00",
        "0001-01-01T00:00:00+14:00",
        "0900-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "２０２０-07-01T09:30:00Z",
        "2020-07-01T09:30:00Z\n",
        1593595800,
        None,
    ],
)
def test_invalid_time_is_rejected(value: object) -> None:
    with pytest.raises(ValueError, match="updated_at"):
        payloads.comment(comment_object(updated_at=value))


@given(st.datetimes(min_value=datetime(1970, 1, 3), max_value=datetime(9999, 12, 28)), st.integers(-840, 840))  # noqa: DTZ001
def test_any_utc_offset_keeps_the_same_instant(instant: Any, minutes: int) -> None:
    local = instant.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))

    time = payloads.issue(issue_object(created_at=local.isoformat())).created_at

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time)
    assert epoch(time) == local.timestamp()


@pytest.mark.parametrize(
    ("issue_url", "number"),
    [
        ("https://api.github.com/repos/octo/blog/issues/7", 7),
        ("https://ghe.example/api/v3/repos/octo/issues/issues/12", 12),
    ],
)
def test_comment_number_comes_from_issue_url(issue_url: str, number: int) -> None:
    assert payloads.comment(comment_object(issue_url=issue_url)).number == number


WRONG_NUMBERS: list[object] = [None, True, "41", 4.5, 0, -1, 2**63, []]
WRONG_TEXTS: list[object] = [None, 7, [], {}, True]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, value) for name in ("id", "number") for value in WRONG_NUMBERS],
        *[("comments", value) for value in (None, True, "2", -1, 2**63)],
        *[(name, value) for name in ("title", "state", "repository_url", "html_url") for value in WRONG_TEXTS],
        ("html_url", "javascript:alert(1)"),
        ("locked", "yes"),
        ("user", "octocat"),
    ],
)
def test_invalid_issue_is_rejected_with_the_field_name(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        payloads.issue(issue_object() | {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("id", value) for value in WRONG_NUMBERS],
        *[(name, value) for name in ("issue_url", "html_url") for value in WRONG_TEXTS],
        ("issue_url", "https://api.github.com/repos/octo/blog/issues/0"),
        ("issue_url", "https://api.github.com/repos/octo/blog/issues/"),
        ("issue_url", "https://api.github.com/repos/octo/blog/issues/" + "9" * 40),
        ("body", 7),
        ("body_html", ["<p>"]),
    ],
)
def test_invalid_comment_is_rejected_with_the_field_name(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        payloads.comment(comment_object() | {name: value})


def test_author_without_login_is_rejected() -> None:
    with pytest.raises(ValueError, match="login"):
        payloads.comment(comment_object(user={"id": 7}))


@pytest.mark.parametrize(
    ("name", "value"),
    [("id", None), ("full_name", None), ("full_name", "octo"), ("full_name", "octo/../x"), ("private", None)],
)
def test_invalid_repository_is_rejected_with_the_field_name(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        payloads.repository(repository_object(**{name: value}))


@pytest.mark.parametrize(
    ("parse", "valid"),
    [
        (payloads.issue, issue_object()),
        (payloads.comment, comment_object()),
        (payloads.repository, repository_object()),
    ],
)
@given(data=st.data())
def test_arbitrary_json_is_parsed_or_rejected(
    parse: Callable[[Mapping[str, Any]], object], valid: dict[str, Any], data: st.DataObject
) -> None:
    names = st.sampled_from([*valid, "reactions", "minimized", "pin", "pull_request", "labels", "user"])
    changed = valid | data.draw(st.dictionaries(names, JSON, max_size=4))
    obj: Any = data.draw(st.just(changed) | JSON)

    try:
        parse(obj)
    except ValueError:
        return
    assert isinstance(obj, dict)
