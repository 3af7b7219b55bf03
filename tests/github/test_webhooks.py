import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import AfterwordError
from app.domain.webhook_errors import MalformedDelivery, UnsupportedMediaType
from app.github import webhooks
from app.github.webhooks import CommentHint, RefreshHint, RepositoryRef, WebhookEvent
from tests.github.deliveries import GUID, REPO, UPDATED, comment_payload, delivery, issue_payload, repository_payload

BLOG = RepositoryRef("Ada/Blog", 1_296_269)
UPDATED_AT = 1_593_684_000.0
"""Epoch seconds of `UPDATED`."""

TEXT = st.text(st.characters() | st.sampled_from("\ud800\udfff"), max_size=8)
"""With lone surrogates, which the standard library's JSON accepts."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.sampled_from(["ping", "issue_comment", "issues", "repository", "push", "label"])


def _parse(event: str, payload: object, *, form: bool = False) -> WebhookEvent:
    return webhooks.parse_event(*delivery(event, payload, form=form))


def _without(fields: list[tuple[bytes, bytes]], name: bytes) -> list[tuple[bytes, bytes]]:
    return [field for field in fields if field[0] != name]


@pytest.mark.parametrize("form", [False, True])
def test_comment_event_has_issue_number_and_time(*, form: bool) -> None:
    assert _parse("issue_comment", comment_payload("edited", body="é & +"), form=form) == WebhookEvent(
        GUID, "issue_comment", "edited", BLOG, 41, comment=CommentHint(1001, UPDATED_AT, "é & +")
    )


def test_transfer_event_has_the_new_thread() -> None:
    changes = {"new_issue": {"number": 7}, "new_repository": {"id": 9, "full_name": "ada/notes"}}
    assert _parse("issues", issue_payload("transferred", changes=changes)).transferred_to == (
        RepositoryRef("ada/notes", 9),
        7,
    )


@pytest.mark.parametrize(
    "changes",
    [None, [], {}, {"new_issue": {"number": 7}}, {"new_issue": {"number": -1}, "new_repository": {"full_name": "a/b"}}],
)
def test_transfer_with_unreadable_target_is_still_an_event(changes: object) -> None:
    event = _parse("issues", issue_payload("transferred", changes=changes))
    assert (event.number, event.transferred_to) == (41, None)


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
def test_unreadable_comment_does_not_lose_the_event(comment: object) -> None:
    event = _parse("issue_comment", issue_payload("created", comment=comment))
    assert (event.number, event.comment) == (41, None)


def test_comment_without_body_has_no_text() -> None:
    assert _parse("issue_comment", comment_payload("created", body=None)).comment == CommentHint(1001, UPDATED_AT, None)


@pytest.mark.parametrize("key", [{}, {"url": "https://api.github.com/repos/ada/blog/pulls/41"}])
def test_comment_on_a_pull_request_is_recognised(key: object) -> None:
    payload = comment_payload("created")
    payload["issue"]["pull_request"] = key
    assert _parse("issue_comment", payload).is_pull_request


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
        ("issues", issue_payload("opened") | {"action": None}, "action"),
        ("issues", issue_payload("opened") | {"action": "x" * 65}, "action"),
        ("issues", issue_payload("opened") | {"action": ["opened"]}, "action"),
        ("issues", issue_payload("opened", repository=None), "repository is not an object"),
        ("issues", issue_payload("opened", repository={"id": 1}), "full_name"),
        ("issues", issue_payload("opened", repository={"full_name": "ada"}), "full_name"),
        ("issues", issue_payload("opened", repository={"full_name": "ada/../x"}), "full_name"),
        ("issues", issue_payload("opened", repository={"full_name": "a/b", "id": "1"}), "id is not a number"),
        ("issues", issue_payload("opened", issue="41"), "issue is not an object"),
        ("issues", issue_payload("opened", issue={}), "number"),
        ("issues", issue_payload("opened", issue={"number": 0}), "number"),
        ("issues", issue_payload("opened", issue={"number": 2**70}), "number"),
        ("issues", issue_payload("opened", issue={"number": True}), "number"),
        ("issues", issue_payload("opened", issue={"number": 41.0}), "number"),
        ("issue_comment", repository_payload("created"), "issue is not an object"),
        ("repository", {"action": "renamed"}, "repository is not an object"),
    ],
)
@pytest.mark.parametrize("form", [False, True])
def test_undocumented_payload_is_rejected_with_the_reason(
    event: str, payload: object, reason: str, *, form: bool
) -> None:
    with pytest.raises(MalformedDelivery, match=reason):
        _parse(event, payload, form=form)


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
def test_form_without_one_readable_payload_is_rejected(body: bytes, reason: str) -> None:
    fields, _ = delivery("issues", {}, form=True)
    with pytest.raises(MalformedDelivery, match=reason):
        webhooks.parse_event(fields, body)


@pytest.mark.parametrize("name", [b"x-github-event", b"x-github-delivery"])
def test_event_and_id_headers_are_required_once(name: bytes) -> None:
    fields, body = delivery("ping", {})
    with pytest.raises(MalformedDelivery, match="is missing"):
        webhooks.parse_event(_without(fields, name), body)
    with pytest.raises(MalformedDelivery, match="is given twice"):
        webhooks.parse_event([*fields, (name, b"ping")], body)


@pytest.mark.parametrize("event", ["", "two words", "x" * 65, "é"])
def test_invalid_event_name_is_rejected(event: str) -> None:
    with pytest.raises(MalformedDelivery, match="X-GitHub-Event"):
        _parse(event, {})


@pytest.mark.parametrize("guid", ["", "two words", "x" * 129, "\x7f", "é"])
def test_invalid_delivery_id_is_rejected(guid: str) -> None:
    with pytest.raises(MalformedDelivery, match="X-GitHub-Delivery"):
        webhooks.parse_event(*delivery("ping", {}, guid=guid))


@pytest.mark.parametrize("kind", [b"application/json; charset=utf-8", b"Application/JSON"])
def test_json_type_may_have_parameters_and_any_case(kind: bytes) -> None:
    fields, body = delivery("ping", {})
    assert webhooks.parse_event([*_without(fields, b"content-type"), (b"Content-Type", kind)], body).event == "ping"


@pytest.mark.parametrize("kinds", [[], [b""], [b"text/plain"], [b"multipart/form-data"], [b"application/json", b"x/y"]])
def test_other_media_types_are_rejected(kinds: list[bytes]) -> None:
    fields, body = delivery("ping", {})
    with pytest.raises(UnsupportedMediaType, match="application/json"):
        webhooks.parse_event([*_without(fields, b"content-type"), *((b"content-type", kind) for kind in kinds)], body)


@pytest.mark.parametrize(
    ("event", "payload", "repo"),
    [
        ("ping", {"zen": "…", "hook": {}, "repository": REPO}, BLOG),
        ("ping", {"zen": "…", "hook": {}, "organization": {"login": "ada"}}, None),
        ("push", {"repository": REPO, "action": "created", "issue": {"number": 41}}, BLOG),
        ("push", {"repository": "ada/blog", "action": {}}, None),
    ],
)
def test_ping_and_unknown_events_have_only_a_repository(
    event: str, payload: object, repo: RepositoryRef | None
) -> None:
    assert _parse(event, payload) == WebhookEvent(GUID, event, "", repo)


@given(event=EVENTS, body=st.binary(max_size=100), form=st.booleans())
def test_arbitrary_bytes_are_rejected(event: str, body: bytes, *, form: bool) -> None:
    fields, _ = delivery(event, {}, form=form)
    with pytest.raises(MalformedDelivery):
        assert webhooks.parse_event(fields, body + b"\0") is None


@given(event=EVENTS, payload=st.dictionaries(TEXT, JSON, max_size=4), form=st.booleans())
def test_any_object_is_an_event_or_rejected(event: str, payload: dict[str, Any], *, form: bool) -> None:
    try:
        webhook_event = webhooks.parse_event(*delivery(event, json.dumps(payload).encode(), form=form))
    except MalformedDelivery:
        return
    assert webhook_event.repo is None


@given(
    event=EVENTS,
    action=JSON | st.sampled_from(["created", "transferred", "renamed"]),
    number=JSON | st.just(41),
    name=JSON | st.just("ada/blog"),
    comment=JSON,
    at=st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(str) | JSON,
)
def test_payload_with_wrong_values_is_event_or_rejected(
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
        webhook_event = webhooks.parse_event(*delivery(event, json.dumps(payload).encode()))
    except MalformedDelivery:
        return
    assert isinstance(webhook_event.action, str)
    assert webhook_event.number is None or 0 < webhook_event.number < 2**63
    assert webhooks.refresh_hint(webhook_event) is None or event != "push"


@given(st.lists(st.tuples(st.sampled_from([b"X-GitHub-Event", b"X-GitHub-Delivery", b"Content-Type"]), st.binary())))
def test_arbitrary_header_fields_are_rejected(fields: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(AfterwordError):
        assert webhooks.parse_event(fields, b"") is None
    assert webhooks.claimed_event_label(fields) in {"ping", "issue_comment", "issues", "repository", "other"}


# refresh hints


@pytest.mark.parametrize("action", ["created", "edited"])
def test_comment_event_refreshes_its_thread(action: str) -> None:
    assert webhooks.refresh_hint(_parse("issue_comment", comment_payload(action))) == RefreshHint(41, full=False)


ISSUES = (
    "opened edited closed reopened locked unlocked labeled unlabeled pinned unpinned assigned unassigned "
    "milestoned demilestoned typed untyped"
)


@pytest.mark.parametrize("action", ISSUES.split())
def test_visible_issue_change_refreshes_its_thread(action: str) -> None:
    assert webhooks.refresh_hint(_parse("issues", issue_payload(action))) == RefreshHint(41, full=False)


@pytest.mark.parametrize(
    "event",
    [
        _parse("issue_comment", comment_payload("deleted")),
        _parse("issue_comment", comment_payload("pinned")),
        _parse("issue_comment", comment_payload("unpinned")),
        _parse("issues", issue_payload("deleted")),
        _parse("issues", issue_payload("transferred")),
    ],
)
def test_change_missing_from_lists_needs_full_refresh(event: WebhookEvent) -> None:
    assert webhooks.refresh_hint(event) == RefreshHint(41, full=True)


@pytest.mark.parametrize("action", ["renamed", "publicized", "archived", "unarchived", "edited"])
def test_repository_event_refreshes_the_repository(action: str) -> None:
    assert webhooks.refresh_hint(_parse("repository", repository_payload(action))) == RefreshHint(None, full=False)


@pytest.mark.parametrize("action", ["transferred", "privatized", "deleted"])
def test_repository_that_may_disappear_needs_full_refresh(action: str) -> None:
    assert webhooks.refresh_hint(_parse("repository", repository_payload(action))) == RefreshHint(None, full=True)


@pytest.mark.parametrize(
    "event",
    [
        _parse("ping", {"repository": REPO}),
        _parse("push", issue_payload("opened")),
        _parse("star", repository_payload("created")),
        _parse("issues", issue_payload("reacted")),
        _parse("issue_comment", comment_payload("hidden")),
        _parse("repository", repository_payload("created")),
        _parse("issues", issue_payload("edited", issue={"number": 41, "pull_request": {}})),
        _parse("issue_comment", comment_payload("deleted") | {"issue": {"number": 41, "pull_request": {}}}),
    ],
)
def test_irrelevant_event_refreshes_nothing(event: WebhookEvent) -> None:
    assert webhooks.refresh_hint(event) is None


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
def test_event_label_is_from_a_bounded_set(values: list[bytes], label: str) -> None:
    assert webhooks.claimed_event_label([(b"X-GitHub-Event", value) for value in values]) == label
