from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github import rate_limits
from app.github.rate_limits import LONGEST_WAIT, SHORTEST_WAIT, ExceededLimit, RateLimit

NOW = 1_600_000_000.0
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
ABUSE = "You have triggered an abuse detection mechanism."


def _http_date(epoch: float) -> str:
    return formatdate(epoch, usegmt=True)


def _rate_headers(remaining: int, reset: float, **others: str) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(int(reset)),
        **others,
    }


@pytest.mark.parametrize("skew", [0.0, 600.0, -600.0, 7200.0])
def test_reset_is_by_our_clock_despite_skew(skew: float) -> None:
    headers = _rate_headers(4321, NOW + skew + 900, Date=_http_date(NOW + skew))

    assert rate_limits.parse_rate_limit(headers, now=NOW) == RateLimit(5000, 4321, NOW + 900)


def test_without_a_date_the_clocks_agree() -> None:
    assert rate_limits.parse_rate_limit(_rate_headers(1, NOW + 60), now=NOW) == RateLimit(5000, 1, NOW + 60)


@pytest.mark.parametrize(("reset", "expected"), [(NOW - 500, NOW), (NOW + 10**9, NOW + LONGEST_WAIT)])
def test_implausible_reset_is_bounded(reset: float, expected: float) -> None:
    assert rate_limits.parse_rate_limit(_rate_headers(1, reset), now=NOW) == RateLimit(5000, 1, expected)


@pytest.mark.parametrize("name", ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"])
@pytest.mark.parametrize("value", [None, "", "many", "-1", "1.5", "9" * 40, "٣"])
def test_incomplete_rate_limit_is_unknown(name: str, value: str | None) -> None:
    headers = {key: text for key, text in _rate_headers(1, NOW).items() if key != name}

    assert rate_limits.parse_rate_limit(headers | ({name: value} if value is not None else {}), now=NOW) is None


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("headers", "message", "expected"),
    [
        ({"Retry-After": "30"}, SECONDARY, ExceededLimit(NOW + 30, "secondary")),
        ({"retry-after": "30"}, "", ExceededLimit(NOW + 30, "secondary")),
        ({"Retry-After": "30", **_rate_headers(4000, NOW + 900)}, "", ExceededLimit(NOW + 30, "secondary")),
        ({"Retry-After": "30", **_rate_headers(0, NOW + 900)}, "", ExceededLimit(NOW + 30, "primary")),
        ({"Retry-After": _http_date(NOW + 45)}, "", ExceededLimit(NOW + 45, "secondary")),
        (
            {"Retry-After": _http_date(NOW + 645), "Date": _http_date(NOW + 600)},
            "",
            ExceededLimit(NOW + 45, "secondary"),
        ),
        (_rate_headers(0, NOW + 900), "API rate limit exceeded", ExceededLimit(NOW + 900, "primary")),
        (_rate_headers(0, NOW + 1500, date=_http_date(NOW + 600)), "", ExceededLimit(NOW + 900, "primary")),
        (_rate_headers(4000, NOW + 900), SECONDARY, ExceededLimit(NOW + 60, "secondary")),
        ({}, ABUSE, ExceededLimit(NOW + 60, "secondary")),
        ({"X-RateLimit-Remaining": "0"}, "", ExceededLimit(NOW + 60, "primary")),
        ({"Retry-After": "soon"}, "", ExceededLimit(NOW + 60, "secondary")),
        ({"Retry-After": "-5"}, "", ExceededLimit(NOW + 60, "secondary")),
        ({"Retry-After": "soon", **_rate_headers(0, NOW + 900)}, "", ExceededLimit(NOW + 900, "primary")),
        ({"Retry-After": "0"}, "", ExceededLimit(NOW + SHORTEST_WAIT, "secondary")),
        ({"Retry-After": "999999"}, "", ExceededLimit(NOW + LONGEST_WAIT, "secondary")),
        (_rate_headers(0, NOW - 900), "", ExceededLimit(NOW + SHORTEST_WAIT, "primary")),
    ],
)
def test_exceeded_limit_has_its_end_and_kind(
    status: int, headers: dict[str, str], message: str, expected: ExceededLimit
) -> None:
    assert rate_limits.exceeded_limit(status, headers, message, now=NOW) == expected


def test_403_without_a_limit_is_a_refusal() -> None:
    headers = _rate_headers(4999, NOW + 900)

    assert rate_limits.exceeded_limit(403, headers, "Resource not accessible by personal access token", now=NOW) is None


def test_429_is_a_limit_even_without_a_message() -> None:
    assert rate_limits.exceeded_limit(429, {}, "", now=NOW) == ExceededLimit(NOW + 60, "secondary")


@pytest.mark.parametrize("status", [200, 401, 404, 422, 500, 503])
def test_no_other_status_is_a_limit(status: int) -> None:
    assert rate_limits.exceeded_limit(status, _rate_headers(0, NOW, **{"Retry-After": "9"}), SECONDARY, now=NOW) is None


@pytest.mark.parametrize(
    ("attempt", "wait"), [(0, 60), (1, 120), (2, 240), (5, 1920), (6, LONGEST_WAIT), (10**6, LONGEST_WAIT), (-1, 60)]
)
def test_wait_without_a_time_is_a_doubling_minute(attempt: int, wait: float) -> None:
    assert rate_limits.exceeded_limit(403, {}, SECONDARY, now=NOW, attempt=attempt) == ExceededLimit(
        NOW + wait, "secondary"
    )


@pytest.mark.parametrize("text", ["Tue, 31 Feb 2026 10:00:00 GMT", "Tue, 10 Feb 0000 10:00:00 GMT", "today", "", "1"])
def test_invalid_date_counts_as_absent(text: str) -> None:
    assert rate_limits.parse_rate_limit(_rate_headers(1, NOW + 60, Date=text), now=NOW) == RateLimit(5000, 1, NOW + 60)


VALUES = st.text(max_size=12) | st.integers().map(str) | st.floats(0, 4e10).map(_http_date)
NAMES = ["Retry-After", "X-RateLimit-Limit", "x-ratelimit-remaining", "X-RATELIMIT-RESET", "date"]


@given(
    st.sampled_from([403, 429]),
    st.dictionaries(st.sampled_from(NAMES), VALUES),
    st.sampled_from(["", SECONDARY, ABUSE, "Forbidden"]),
    st.integers(),
)
def test_wait_is_positive_and_at_most_an_hour(status: int, headers: dict[str, str], message: str, attempt: int) -> None:
    limit = rate_limits.exceeded_limit(status, headers, message, now=NOW, attempt=attempt)
    rate_limit = rate_limits.parse_rate_limit(headers, now=NOW)

    assert limit is None or NOW + SHORTEST_WAIT <= limit.until <= NOW + LONGEST_WAIT
    assert rate_limit is None or (rate_limit.remaining >= 0 and NOW <= rate_limit.reset <= NOW + LONGEST_WAIT)
