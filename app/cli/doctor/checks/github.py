"""Checks of GitHub: reachability, repositories, token, rate limit and clock."""

from app.cli.doctor.examination import Examination
from app.cli.doctor.report import CheckResult
from app.domain.errors import GitHubError, NotVisible, RateLimited, TokenRejected
from app.domain.posts.findings import Finding, Severity
from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.github import requests, responses
from app.github.payloads import RepositoryInfo
from app.github.responses import Response

_LEAST_REMAINING = 10
_MOST_SECONDS_APART = 60.0
_UNREACHABLE_ADVICE = "See whether this machine has a way to GitHub, and whether AFTERWORD_GITHUB_API_URL is right."


async def check_github(examination: Examination) -> CheckResult:
    """Check that GitHub answers and shows each repository."""
    api = examination.settings.github_api_url
    try:
        await _first_contact(examination)
    except GitHubError as error:
        examination.unreachable = error
        finding = Finding("github-unreachable", Severity.ERROR, problem_of(error), _UNREACHABLE_ADVICE)
        return CheckResult("github", problem_of(error), (finding,), is_unchecked=True, is_essential=True)
    findings: list[Finding] = []
    for repo in examination.settings.repo:
        try:
            info = responses.repository(await examination.github.send(examination.requests(repo).repository()))
        except NotVisible:
            findings.append(_invisible(repo, with_token=examination.token_is_valid))
        except GitHubError as error:
            examination.unreachable = error
            return CheckResult("github", problem_of(error), tuple(findings), is_unchecked=True, is_essential=True)
        else:
            examination.repositories[repo] = info
            findings += _judge_repository(repo, info, allow_private=examination.settings.allow_private)
    names = ", ".join(info.full_name for info in examination.repositories.values()) or "no repository"
    return CheckResult("github", f"{api} answers, and shows {names}.", tuple(findings))


async def _first_contact(examination: Examination) -> None:
    """Ask for the rate limit, which costs nothing; an Enterprise server without limits answers 404."""
    request = requests.rate_limit(examination.settings.github_api_url)
    try:
        response = await examination.github.send(request)
    except TokenRejected:
        await examination.give_up_token()
        response = await examination.github.send(request)
    except (NotVisible, RateLimited):
        return
    else:
        examination.token_is_valid = examination.settings.token is not None
    _remember(examination, response)


def _remember(examination: Examination, response: Response) -> None:
    examination.token_access = response.token_access
    examination.rate_limit = response.rate_limit
    examination.date, examination.date_received_at = response.date, examination.clock.now()


def problem_of(error: Exception) -> str:
    """Return what failed, without what that means for a mirror: the doctor has none."""
    return (
        str(error).removesuffix(" The mirror stays as it is.").removesuffix(" Nothing in the mirror was changed by it.")
    )


def _invisible(repo: Repository, *, with_token: bool) -> Finding:
    message = f"GitHub shows no repository {repo}."
    rights = "a token that may read it" if not with_token else "another token: this one may not read it"
    advice = f"Check the spelling in AFTERWORD_REPO. A private repository needs {rights}."
    return Finding("repository-not-visible", Severity.ERROR, message, advice)


def _judge_repository(repo: Repository, info: RepositoryInfo, *, allow_private: bool) -> list[Finding]:
    findings = []
    if info.full_name.lower() != repo.key:
        message = f"The repository {repo} is now called {info.full_name}."
        advice = f"Write AFTERWORD_REPO={info.full_name}: GitHub redirects only until another takes the old name."
        findings.append(Finding("repository-renamed", Severity.WARNING, message, advice))
    if not info.has_issues:
        message, advice = (
            f"Issues are switched off in {info.full_name}.",
            "Switch them on in the repository's settings.",
        )
        findings.append(Finding("issues-disabled", Severity.ERROR, message, advice))
    if info.archived:
        message = f"The repository {info.full_name} is archived: readers cannot comment."
        findings.append(Finding("repository-archived", Severity.WARNING, message, "Unarchive it in its settings."))
    if info.private and not allow_private:
        message = f"The repository {info.full_name} is private, and its comments are not served."
        advice = "Make it public, or see AFTERWORD_ALLOW_PRIVATE in the README."
        findings.append(Finding("repository-private", Severity.ERROR, message, advice))
    return findings


async def check_rate(examination: Examination) -> CheckResult:
    """Check how many requests the hour still allows."""
    limit = examination.rate_limit
    if limit is None and examination.unreachable is not None:
        return without_github("rate", examination)
    if limit is None:
        return CheckResult("rate", "GitHub names no limit.")
    detail = f"{limit.remaining:,} of {limit.limit:,} requests are left until {rfc3339(limit.reset)}."
    if limit.remaining >= _LEAST_REMAINING:
        return CheckResult("rate", detail)
    advice = "Wait until then. A token in AFTERWORD_GITHUB_TOKEN allows 5,000 requests an hour."
    if examination.token_is_valid:
        advice = "Wait until then, and see which other programs use a token of this user: they share the limit."
    return CheckResult("rate", detail, (Finding("rate-limit-low", Severity.WARNING, f"Only {detail}", advice),))


async def check_clock(examination: Examination) -> CheckResult:
    """Compare this machine's clock with GitHub's."""
    if examination.date is None:
        return without_github("clock", examination)
    difference = examination.date_received_at - examination.date
    direction = "ahead of" if difference > 0 else "behind"
    detail = f"The clock is within {_MOST_SECONDS_APART:.0f} seconds of GitHub's."
    if abs(difference) <= _MOST_SECONDS_APART:
        return CheckResult("clock", detail)
    detail = f"This machine's clock is {_duration(abs(difference))} {direction} GitHub's."
    advice = "Set the clock, and let a time service (NTP) keep it."
    return CheckResult("clock", detail, (Finding("clock-wrong", Severity.WARNING, detail, advice),))


def without_github(name: str, examination: Examination) -> CheckResult:
    """Return the result of a check for which GitHub's answer is lacking."""
    detail = "GitHub cannot be asked." if examination.unreachable else "GitHub did not say."
    return CheckResult(name, detail, is_unchecked=True)


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = round(seconds / size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:.0f} seconds"
