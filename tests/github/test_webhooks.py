import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import AfterwordError
from app.domain.webhook_errors import MalformedDelivery, UnsupportedMediaType
from app.github import webhooks
from app.github.webhooks import CommentHint, RepositoryRef, RefreshHint, WebhookEvent
from tests.github.deliveries import GUID, REPO, UPDATED, delivery, of_comment, of_issue, of_repository

BLOG = RepositoryRef("Ada/Blog", 1_296_269)
TEN = 1_593_684_000.0
"""The time of `UPDATED`."""

TEXT = st.text(st.characters() | st.sampled_from("\ud800\udfff"), max_size=8)
"""With surrogates that stand alone, as the standard library's JSON lets them pass."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.sampled_from(["ping", "issue_comment", "issues", "repository", "push", "label"])


def told(event: str, payload: object, *, form: bool = False) -> WebhookEvent:
    return webhooks.parse_event(*delivery(event, payload, form=form))


def without(fields: list[tuple[bytes, bytes]], name: bytes) -> list[tuple[bytes, bytes]]:
    return [field for field in fields if field[0] != name]


@pytest.mark.parametrize("form", [False, True])
def test_a_comment_is_told_with_its_issue_and_time(*, form: bool) -> None:
    assert told("issue_comment", of_comment("edited", body="é & +"), form=form) == WebhookEvent(
        GUID, "issue_comment", "edited", BLOG, 41, comment=CommentHint(1001, TEN, "é & +")
    )


def test_a_transferred_issue_is_told_with_its_new_place() -> None:
    changes = {"new_issue": {"number": 7}, "new_repository": {"id": 9, "full_name": "ada/notes"}}
    assert told("issues", of_issue("transferred", changes=changes)).transferred_to == (RepositoryRef("ada/notes", 9), 7)


@pytest.mark.parametrize(
    "changes",
    [None, [], {}, {"new_issue": {"number": 7}}, {"new_issue": {"number": -1}, "new_repository": {"full_name": "a/b"}}],
)
def test_a_transfer_to_a_place_that_cannot_be_read_is_a_transfer_all_the_same(changes: object) -> None:
    notice = told("issues", of_issue("transferred", changes=changes))
    assert (notice.number, notice.transferred_to) == (41, None)


@pytest.mark.parametrize(
    "comment",
    [
        None,
        [],
        {},
        {"id": 1},
        {"id": True, "updated_at": UPDATED},
        {"id": 2**63, "updated_at": UPDATED},
        {"id": 1, "updated_at": "yesterday"},
        {"id": 1, "updated_at": "2020-07-02T10:00:00"},
        {"id": 1, "updated_at": 1_593_684_000},
    ],
)
def test_a_comment_that_cannot_be_read_is_no_reason_to_lose_the_hint(comment: object) -> None:
    notice = told("issue_comment", of_issue("created", comment=comment))
    assert (notice.number, notice.comment) == (41, None)


def test_a_comment_without_text_is_told_without() -> None:
    assert told("issue_comment", of_comment("created", body=None)).comment == CommentHint(1001, TEN, None)


@pytest.mark.parametrize("mark", [{}, {"url": "https://api.github.com/repos/ada/blog/pulls/41"}])
def test_a_pull_request_is_told_by_its_mark(mark: object) -> None:
    payload = of_comment("created")
    payload["issue"]["pull_request"] = mark
    assert told("issue_comment", payload).is_pull_request


@pytest.mark.parametrize(
    ("event", "payload", "reason"),
    [
        ("issues", [], "not an object"),
        ("issues", 41, "not an object"),
        ("issues", b"", "not JSON|one field"),
        ("issues", b"{", "not JSON"),
        ("issues", b"\xff{}", "not JSON|no form"),
        ("issues", b'{"a": NaN}', "not JSON"),
        ("issues", b'{"a": "\\ud800"}', "not JSON"),
        ("issues", b"[" * 200_000, "not JSON"),
        ("issues", b'{"a":' * 200_000, "not JSON"),
        ("issues", b'{"a":' + b"9" * 10_000 + b"}", "not JSON"),
        ("issues", {}, "action"),
        ("issues", of_issue("opened") | {"action": None}, "action"),
        ("issues", of_issue("opened") | {"action": "x" * 65}, "action"),
        ("issues", of_issue("opened") | {"action": ["opened"]}, "action"),
        ("issues", of_issue("opened", repository=None), "repository is not an object"),
        ("issues", of_issue("opened", repository={"id": 1}), "full_name"),
        ("issues", of_issue("opened", repository={"full_name": "ada"}), "full_name"),
        ("issues", of_issue("opened", repository={"full_name": "ada/../x"}), "full_name"),
        ("issues", of_issue("opened", repository={"full_name": "a/b", "id": "1"}), "id is not a number"),
        ("issues", of_issue("opened", issue="41"), "issue is not an object"),
        ("issues", of_issue("opened", issue={}), "number"),
        ("issues", of_issue("opened", issue={"number": 0}), "number"),
        ("issues", of_issue("opened", issue={"number": 2**70}), "number"),
        ("issues", of_issue("opened", issue={"number": True}), "number"),
        ("issues", of_issue("opened", issue={"number": 41.0}), "number"),
        ("issue_comment", of_repository("created"), "issue is not an object"),
        ("repository", {"action": "renamed"}, "repository is not an object"),
    ],
)
@pytest.mark.parametrize("form", [False, True])
def test_what_is_not_as_documented_is_refused_with_what_is_wrong(
    event: str, payload: object, reason: str, *, form: bool
) -> None:
    with pytest.raises(MalformedDelivery, match=reason):
        told(event, payload, form=form)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "one field named payload"),
        (b"payload=", "one field named payload"),
        (b"other=1", "one field named payload"),
        (b"payload={}&payload={}", "one field named payload"),
        (b"payload=%ff", "no form"),
        (b"payload=\xff", "no form"),
        (b"&a=1" * 50, "no form"),
        (b"payload=%22%5Cud800%22", "not JSON"),
        (b"payload=%ED%A0%80", "no form"),
    ],
)
def test_a_form_without_one_readable_payload_is_refused(body: bytes, reason: str) -> None:
    fields, _ = delivery("issues", {}, form=True)
    with pytest.raises(MalformedDelivery, match=reason):
        webhooks.parse_event(fields, body)


@pytest.mark.parametrize("name", [b"x-github-event", b"x-github-delivery"])
def test_an_event_and_an_id_are_given_once(name: bytes) -> None:
    fields, body = delivery("ping", {})
    with pytest.raises(MalformedDelivery, match="is missing"):
        webhooks.parse_event(without(fields, name), body)
    with pytest.raises(MalformedDelivery, match="is given twice"):
        webhooks.parse_event([*fields, (name, b"ping")], body)


@pytest.mark.parametrize("event", ["", "two words", "x" * 65, "é"])
def test_an_event_that_is_no_name_is_refused(event: str) -> None:
    with pytest.raises(MalformedDelivery, match="X-GitHub-Event"):
        told(event, {})


@pytest.mark.parametrize("guid", ["", "two words", "x" * 129, "\x7f", "é"])
def test_an_id_that_is_none_is_refused(guid: str) -> None:
    with pytest.raises(MalformedDelivery, match="X-GitHub-Delivery"):
        webhooks.parse_event(*delivery("ping", {}, guid=guid))


@pytest.mark.parametrize("kind", [b"application/json; charset=utf-8", b"Application/JSON"])
def test_json_may_come_with_parameters_and_in_any_case(kind: bytes) -> None:
    fields, body = delivery("ping", {})
    assert webhooks.parse_event([*without(fields, b"content-type"), (b"Content-Type", kind)], body).event == "ping"


@pytest.mark.parametrize("kinds", [[], [b""], [b"text/plain"], [b"multipart/form-data"], [b"application/json", b"x/y"]])
def test_neither_json_nor_a_form_is_refused(kinds: list[bytes]) -> None:
    fields, body = delivery("ping", {})
    with pytest.raises(UnsupportedMediaType, match="application/json"):
        webhooks.parse_event([*without(fields, b"content-type"), *((b"content-type", kind) for kind in kinds)], body)


@pytest.mark.parametrize(
    ("event", "payload", "repo"),
    [
        ("ping", {"zen": "…", "hook": {}, "repository": REPO}, BLOG),
        ("ping", {"zen": "…", "hook": {}, "organization": {"login": "ada"}}, None),
        ("push", {"repository": REPO, "action": "created", "issue": {"number": 41}}, BLOG),
        ("push", {"repository": "ada/blog", "action": {}}, None),
    ],
)
def test_of_a_ping_and_of_unknown_events_only_the_repository_is_read(
    event: str, payload: object, repo: RepositoryRef | None
) -> None:
    assert told(event, payload) == WebhookEvent(GUID, event, "", repo)


@given(event=EVENTS, body=st.binary(max_size=100), form=st.booleans())
def test_no_bytes_crash_the_reading(event: str, body: bytes, *, form: bool) -> None:
    fields, _ = delivery(event, {}, form=form)
    with pytest.raises(MalformedDelivery):
        assert webhooks.parse_event(fields, body + b"}") is None


@given(event=EVENTS, payload=st.dictionaries(TEXT, JSON, max_size=4), form=st.booleans())
def test_any_object_is_a_notice_or_refused(event: str, payload: dict[str, Any], *, form: bool) -> None:
    try:
        notice = webhooks.parse_event(*delivery(event, json.dumps(payload).encode(), form=form))
    except MalformedDelivery:
        return
    assert notice.repo is None


@given(
    event=EVENTS,
    action=JSON | st.sampled_from(["created", "transferred", "renamed"]),
    number=JSON | st.just(41),
    name=JSON | st.just("ada/blog"),
    comment=JSON,
    at=st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(str) | JSON,
)
def test_a_payload_of_the_right_shape_with_wrong_values_is_a_notice_or_refused(
    event: str, action: object, number: object, name: object, comment: object, at: object
) -> None:
    repo = {"id": number, "full_name": name}
    payload = {
        "action": action,
        "issue": {"number": number, "pull_request": comment},
        "repository": repo,
        "comment": {"id": number, "updated_at": at, "body": comment},
        "changes": {"new_repository": repo, "new_issue": {"number": number}},
    }
    try:
        notice = webhooks.parse_event(*delivery(event, json.dumps(payload).encode()))
    except MalformedDelivery:
        return
    assert isinstance(notice.action, str)
    assert notice.number is None or 0 < notice.number < 2**63
    assert webhooks.refresh_hint(notice) is None or event != "push"


@given(st.lists(st.tuples(st.sampled_from([b"X-GitHub-Event", b"X-GitHub-Delivery", b"Content-Type"]), st.binary())))
def test_no_header_fields_crash_the_reading(fields: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(AfterwordError):
        assert webhooks.parse_event(fields, b"") is None
    assert webhooks.claimed_event_label(fields) in {"ping", "issue_comment", "issues", "repository", "other"}


# what is to be looked at


@pytest.mark.parametrize("action", ["created", "edited"])
def test_a_comment_has_its_thread_looked_at(action: str) -> None:
    assert webhooks.refresh_hint(told("issue_comment", of_comment(action))) == RefreshHint(41, full=False)


ISSUES = (
    "opened edited closed reopened locked unlocked labeled unlabeled pinned unpinned assigned unassigned "
    "milestoned demilestoned typed untyped"
)


@pytest.mark.parametrize("action", ISSUES.split())
def test_whatever_shows_in_an_issue_has_its_thread_looked_at(action: str) -> None:
    assert webhooks.refresh_hint(told("issues", of_issue(action))) == RefreshHint(41, full=False)


@pytest.mark.parametrize(
    "notice",
    [
        told("issue_comment", of_comment("deleted")),
        told("issue_comment", of_comment("pinned")),
        told("issue_comment", of_comment("unpinned")),
        told("issues", of_issue("deleted")),
        told("issues", of_issue("transferred")),
    ],
)
def test_what_lists_of_changes_do_not_tell_is_looked_at_thoroughly(notice: WebhookEvent) -> None:
    assert webhooks.refresh_hint(notice) == RefreshHint(41, full=True)


@pytest.mark.parametrize("action", ["renamed", "publicized", "archived", "unarchived", "edited"])
def test_what_happens_to_the_repository_has_it_looked_at_itself(action: str) -> None:
    assert webhooks.refresh_hint(told("repository", of_repository(action))) == RefreshHint(None, full=False)


@pytest.mark.parametrize("action", ["transferred", "privatized", "deleted"])
def test_a_repository_that_may_not_be_shown_any_more_is_told_thoroughly(action: str) -> None:
    assert webhooks.refresh_hint(told("repository", of_repository(action))) == RefreshHint(None, full=True)


@pytest.mark.parametrize(
    "notice",
    [
        told("ping", {"repository": REPO}),
        told("push", of_issue("opened")),
        told("star", of_repository("created")),
        told("issues", of_issue("reacted")),
        told("issue_comment", of_comment("hidden")),
        told("repository", of_repository("created")),
        told("issues", of_issue("edited", issue={"number": 41, "pull_request": {}})),
        told("issue_comment", of_comment("deleted") | {"issue": {"number": 41, "pull_request": {}}}),
    ],
)
def test_nothing_is_looked_at_for_what_changes_nothing_here(notice: WebhookEvent) -> None:
    assert webhooks.refresh_hint(notice) is None


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ([b"issues"], "issues"),
        ([b"push"], "other"),
        ([], "other"),
        ([b"issues", b"issues"], "other"),
        ([b"\xff"], "other"),
    ],
)
def test_an_event_is_counted_under_a_name_from_a_bounded_set(values: list[bytes], label: str) -> None:
    assert webhooks.claimed_event_label([(b"X-GitHub-Event", value) for value in values]) == label
