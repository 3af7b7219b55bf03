"""The check of the posts: what their pages name, compared with the issues."""

from app.cli.doctor.checks.catalog import read_posts
from app.cli.doctor.checks.facts import describe_mirror, github_facts, mirror_facts, request_missing
from app.cli.doctor.checks.github import problem_of
from app.cli.doctor.examination import Examination
from app.cli.doctor.report import CheckResult
from app.domain.errors import CannotStart, GitHubError
from app.domain.posts.findings import Finding, Severity
from app.domain.posts.posts import PostCatalog, Posts, group_by_repository
from app.domain.posts.rules.check import post_findings
from app.domain.posts.rules.facts import SiteFacts
from app.domain.sites import Repository

_NAME = "posts"
_NO_NUMBERS = "Write ghissueid: 41 into the front matter of a post, or name the right folder."


async def check_posts(examination: Examination) -> CheckResult:
    """Read the posts, learn what is known of their issues, and apply the rules."""
    location = examination.settings.posts
    if location is None:
        detail = "No posts are named: write afterword doctor FOLDER, or set AFTERWORD_POSTS."
        return CheckResult(_NAME, detail, is_skipped=True)
    try:
        catalog = await read_posts(examination, location)
    except CannotStart as error:
        return CheckResult(_NAME, str(error), is_unchecked=True, is_essential=True)
    examination.catalog = catalog
    numbers = group_by_repository(catalog.threads, examination.settings.repo)
    sources, failures = await _learn(examination, numbers)
    label = examination.settings.post_filter.label
    findings = post_findings(catalog, examination.facts, label=label)
    if not catalog.posts:
        message = f"There is no page in {location}."
        findings = (*findings, Finding("no-posts", Severity.ERROR, message, _NO_NUMBERS))
    detail = f"{_count(catalog)}, compared with {' and '.join(sources) or 'nothing'}."
    if failures:
        detail = f"{detail} {' '.join(failures)}"
    return CheckResult(_NAME, detail, findings, is_unchecked=bool(failures), is_essential=True)


async def _learn(examination: Examination, numbers: Posts) -> tuple[list[str], list[str]]:
    """Fill `examination.facts`; return where they come from, and why some are lacking."""
    site_facts = await mirror_facts(examination, numbers)
    sources = [describe_mirror(site) for site in site_facts.values()]
    failures = []
    for repo in examination.settings.repo:
        before = examination.request_count
        site = site_facts.get(repo)
        if site is None:
            try:
                site = await _request_facts(examination, repo)
            except GitHubError as error:
                failures.append(f"The issues of {repo} could not be read: {problem_of(error)}")
                continue
            sources.append(f"GitHub's list of the issues of {repo}")
        if examination.unreachable is None:
            site = await request_missing(examination, site, numbers[repo])
        if not site.is_listed:
            failures.append(f"{repo} has more issues than are read here.")
        count = examination.request_count - before
        if count:
            sources[-1] += f" ({count} request{'' if count == 1 else 's'})"
        examination.facts.append(site)
    return sources, failures


async def _request_facts(examination: Examination, repo: Repository) -> SiteFacts:
    if examination.unreachable is not None:
        raise examination.unreachable
    return await github_facts(examination, repo)


def _count(catalog: PostCatalog) -> str:
    named_count = sum(bool(post.threads) for post in catalog.posts)
    pages = f"{len(catalog.posts)} page{'' if len(catalog.posts) == 1 else 's'}"
    reader = f" as {catalog.generator} reads {'it' if len(catalog.posts) == 1 else 'them'}" if catalog.generator else ""
    return f"{pages}{reader}, {named_count} with a number"
