"""The check of the token: its rights, what it may do beyond need, and when it expires. No request writes anything."""

from app.cli.doctor.checks.github import without_github
from app.cli.doctor.examination import Examination
from app.cli.doctor.report import CheckResult
from app.domain.errors import GitHubError, NotVisible, RequestRejected
from app.domain.posts.findings import Finding, Severity
from app.domain.times import rfc3339
from app.github import responses
from app.github.requests import Request

_SOON = 14 * 86_400.0
_READS_HOOKS = frozenset({"read:repo_hook", "write:repo_hook", "admin:repo_hook"})
_FINE_GRAINED_ADVICE = (
    "Make a fine-grained token for this one repository, with “Issues: Read-only” and, for the doctor, "
    "“Webhooks: Read-only”; put it into AFTERWORD_GITHUB_TOKEN and revoke this one."
)


async def check_token(examination: Examination) -> CheckResult:
    """Check the token; a service without one is fine."""
    if examination.settings.token is None:
        return CheckResult("token", "None is set: GitHub allows 60 requests an hour.", is_skipped=True)
    if examination.unreachable is not None:
        return without_github("token", examination)
    if not examination.token_is_valid:
        message = "GitHub refuses the token: it is wrong, expired or revoked."
        advice = "Put a valid one into AFTERWORD_GITHUB_TOKEN, or unset it to go without."
        return CheckResult("token", message, (Finding("token-rejected", Severity.ERROR, message, advice),))
    findings = [*_expiry(examination), *await _rights(examination)]
    access = examination.token_access
    scopes = "none" if not access.scopes else ", ".join(sorted(access.scopes))
    kind = f"Classic, scopes: {scopes}" if access.scopes is not None else "Fine-grained, or of an App"
    expiry = "does not expire" if access.expires_at is None else f"expires {rfc3339(access.expires_at)}"
    return CheckResult("token", f"{kind}; {expiry}.", tuple(findings))


def _expiry(examination: Examination) -> list[Finding]:
    expires_at = examination.token_access.expires_at
    now = examination.date or examination.clock.now()
    if expires_at is None or expires_at - now > _SOON:
        return []
    message = f"The token expires {rfc3339(expires_at)}."
    advice = "Make a new one, and put it into AFTERWORD_GITHUB_TOKEN before that day."
    return [Finding("token-expires", Severity.WARNING, message, advice)]


async def _rights(examination: Examination) -> list[Finding]:
    scopes = examination.token_access.scopes
    findings = await _cannot_read_issues(examination)
    if scopes is None:
        return findings + await _fine_grained(examination)
    is_private = any(info.private for info in examination.repositories.values())
    needless = scopes - _READS_HOOKS - ({"repo"} if is_private else set())
    if needless == {"public_repo"}:
        message = "The token may write to all public repositories of its user (scope public_repo)."
        advice = f"Only `afterword posts create` needs to write. {_FINE_GRAINED_ADVICE}"
        return [*findings, Finding("token-too-powerful", Severity.NOTE, message, advice)]
    if needless:
        message = f"The token may do more than reading issues: {', '.join(sorted(needless))}."
        return [*findings, Finding("token-too-powerful", Severity.WARNING, message, _FINE_GRAINED_ADVICE)]
    return findings


async def _cannot_read_issues(examination: Examination) -> list[Finding]:
    """Ask for one issue of each repository: a fine-grained token may see a repository and not its issues."""
    findings = []
    for repo in examination.repositories:
        request = examination.requests(repo).issues()
        try:
            responses.issues(await examination.github.send(_smaller(request)))
        except (RequestRejected, NotVisible) as error:
            message = f"The token may not read the issues of {repo} ({_status(error)})."
            advice = "Give it the permission “Issues: Read-only” for this repository."
            findings.append(Finding("token-lacks-rights", Severity.ERROR, message, advice))
        except GitHubError:
            continue  # the check of the posts says why
    return findings


async def _fine_grained(examination: Examination) -> list[Finding]:
    """Ask for what only a needless right shows: the repository's administration, and its workflows' secrets."""
    needless = []
    for repo in examination.repositories:
        own = examination.requests(repo)
        for name, request in (("Administration", own.deploy_keys()), ("Secrets", own.secrets())):
            if await _may(examination, request) and name not in needless:
                needless.append(name)
    if not needless:
        return []
    message = f"The token has permissions that Afterword never uses: {', '.join(needless)}."
    return [Finding("token-too-powerful", Severity.WARNING, message, _FINE_GRAINED_ADVICE)]


async def _may(examination: Examination, request: Request) -> bool:
    try:
        await examination.github.send(request)
    except GitHubError:
        return False
    return True


def _smaller(request: Request) -> Request:
    return Request(request.url.replace("per_page=100", "per_page=1"), many=True)


def _status(error: GitHubError) -> str:
    return f"{error.status}: {error.message}" if isinstance(error, RequestRejected) else "404"
