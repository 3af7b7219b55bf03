from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github import rate_limits
from app.github.rate_limits import LONGEST_WAIT, SHORTEST_WAIT, Limit, RateLimit

NOW = 1_600_000_000.0
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
ABUSE = "You have triggered an abuse detection mechanism."


def http_date(moment: float) -> str:
    return formatdate(moment, usegmt=True)


def counted(remaining: int, reset: float, **others: str) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(int(reset)),
        **others,
    }


@pytest.mark.parametrize("skew", [0.0, 600.0, -600.0, 7200.0])
def test_the_reset_is_told_by_our_clock_whatever_the_clock_of_github_says(skew: float) -> None:
    headers = counted(4321, NOW + skew + 900, Date=http_date(NOW + skew))

    assert rate_limits.parse_rate_limit(headers, now=NOW) == RateLimit(5000, 4321, NOW + 900)


def test_without_a_date_both_clocks_are_taken_to_agree() -> None:
    assert rate_limits.parse_rate_limit(counted(1, NOW + 60), now=NOW) == RateLimit(5000, 1, NOW + 60)


@pytest.mark.parametrize(("reset", "expected"), [(NOW - 500, NOW), (NOW + 10**9, NOW + LONGEST_WAIT)])
def test_a_reset_that_is_nonsense_is_bounded(reset: float, expected: float) -> None:
    assert rate_limits.parse_rate_limit(counted(1, reset), now=NOW) == RateLimit(5000, 1, expected)


@pytest.mark.parametrize("name", ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"])
@pytest.mark.parametrize("value", [None, "", "many", "-1", "1.5", "9" * 40, "٣"])
def test_an_allowance_that_is_not_told_whole_is_not_known(name: str, value: str | None) -> None:
    headers = {key: text for key, text in counted(1, NOW).items() if key != name}

    assert rate_limits.parse_rate_limit(headers | ({name: value} if value is not None else {}), now=NOW) is None


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("headers", "message", "expected"),
    [
        ({"Retry-After": "30"}, SECONDARY, Limit(NOW + 30, "secondary")),
        ({"retry-after": "30"}, "", Limit(NOW + 30, "secondary")),
        ({"Retry-After": "30", **counted(4000, NOW + 900)}, "", Limit(NOW + 30, "secondary")),
        ({"Retry-After": "30", **counted(0, NOW + 900)}, "", Limit(NOW + 30, "primary")),
        ({"Retry-After": http_date(NOW + 45)}, "", Limit(NOW + 45, "secondary")),
        (
            {"Retry-After": http_date(NOW + 645), "Date": http_date(NOW + 600)},
            "",
            Limit(NOW + 45, "secondary"),
        ),
        (counted(0, NOW + 900), "API rate limit exceeded", Limit(NOW + 900, "primary")),
        (counted(0, NOW + 1500, date=http_date(NOW + 600)), "", Limit(NOW + 900, "primary")),
        (counted(4000, NOW + 900), SECONDARY, Limit(NOW + 60, "secondary")),
        ({}, ABUSE, Limit(NOW + 60, "secondary")),
        ({"X-RateLimit-Remaining": "0"}, "", Limit(NOW + 60, "primary")),
        ({"Retry-After": "soon"}, "", Limit(NOW + 60, "secondary")),
        ({"Retry-After": "-5"}, "", Limit(NOW + 60, "secondary")),
        ({"Retry-After": "soon", **counted(0, NOW + 900)}, "", Limit(NOW + 900, "primary")),
        ({"Retry-After": "0"}, "", Limit(NOW + SHORTEST_WAIT, "secondary")),
        ({"Retry-After": "999999"}, "", Limit(NOW + LONGEST_WAIT, "secondary")),
        (counted(0, NOW - 900), "", Limit(NOW + SHORTEST_WAIT, "primary")),
    ],
)
def test_a_limit_is_told_with_until_when(status: int, headers: dict[str, str], message: str, expected: Limit) -> None:
    assert rate_limits.exceeded_limit(status, headers, message, now=NOW) == expected


def test_a_403_that_names_no_limit_is_a_plain_refusal() -> None:
    headers = counted(4999, NOW + 900)

    assert rate_limits.exceeded_limit(403, headers, "Resource not accessible by personal access token", now=NOW) is None


def test_a_429_is_a_limit_even_without_a_word() -> None:
    assert rate_limits.exceeded_limit(429, {}, "", now=NOW) == Limit(NOW + 60, "secondary")


@pytest.mark.parametrize("status", [200, 401, 404, 422, 500, 503])
def test_no_other_status_is_a_limit(status: int) -> None:
    assert rate_limits.exceeded_limit(status, counted(0, NOW, **{"Retry-After": "9"}), SECONDARY, now=NOW) is None


@pytest.mark.parametrize(
    ("attempt", "wait"), [(0, 60), (1, 120), (2, 240), (5, 1920), (6, LONGEST_WAIT), (10**6, LONGEST_WAIT), (-1, 60)]
)
def test_without_a_time_the_wait_is_a_minute_that_doubles(attempt: int, wait: float) -> None:
    assert rate_limits.exceeded_limit(403, {}, SECONDARY, now=NOW, attempt=attempt) == Limit(NOW + wait, "secondary")


@pytest.mark.parametrize("text", ["Tue, 31 Feb 2026 10:00:00 GMT", "Tue, 10 Feb 0000 10:00:00 GMT", "today", "", "1"])
def test_a_date_that_is_none_is_as_if_it_were_not_there(text: str) -> None:
    assert rate_limits.parse_rate_limit(counted(1, NOW + 60, Date=text), now=NOW) == RateLimit(5000, 1, NOW + 60)


VALUES = st.text(max_size=12) | st.integers().map(str) | st.floats(0, 4e10).map(http_date)
NAMES = ["Retry-After", "X-RateLimit-Limit", "x-ratelimit-remaining", "X-RATELIMIT-RESET", "date"]


@given(
    st.sampled_from([403, 429]),
    st.dictionaries(st.sampled_from(NAMES), VALUES),
    st.sampled_from(["", SECONDARY, ABUSE, "Forbidden"]),
    st.integers(),
)
def test_a_wait_is_never_negative_and_never_longer_than_the_hour(
    status: int, headers: dict[str, str], message: str, attempt: int
) -> None:
    limit = rate_limits.exceeded_limit(status, headers, message, now=NOW, attempt=attempt)
    rate_limit = rate_limits.parse_rate_limit(headers, now=NOW)

    assert limit is None or NOW + SHORTEST_WAIT <= limit.until <= NOW + LONGEST_WAIT
    assert rate_limit is None or (rate_limit.remaining >= 0 and NOW <= rate_limit.reset <= NOW + LONGEST_WAIT)
