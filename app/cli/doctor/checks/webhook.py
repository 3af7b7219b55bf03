"""The check of the webhook: how GitHub has it, and how its last deliveries were answered."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from app.cli.doctor.checks.facts import last_delivery_at
from app.cli.doctor.checks.github import problem_of, without_github
from app.cli.doctor.examination import Examination
from app.cli.doctor.report import CheckResult
from app.domain.errors import GitHubError, NotVisible, RequestRejected
from app.domain.posts.findings import Finding, Severity
from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.github import hooks
from app.github.hooks import Hook, HookDelivery
from app.github.responses import single_line
from app.settings import Settings

WEBHOOK_PATH = "/webhooks/github"
_EVENTS = ("issue_comment", "issues", "repository")
_RIGHT = "The token may not see webhooks: give it “Webhooks: Read-only”, or the classic scope read:repo_hook."
_SETTINGS = "Open the repository's Settings → Webhooks on GitHub."
_REDIRECT_ADVICE = "Write the address to which this one redirects there: GitHub follows none."
_BACKEND_ADVICE = "See whether Afterword runs, and in the proxy's log to which address it passes requests."
_STATUS_ADVICE = {
    **dict.fromkeys((301, 302, 303, 307, 308), _REDIRECT_ADVICE),
    **dict.fromkeys((502, 504), _BACKEND_ADVICE),
    415: "Choose the content type application/json there.",
    429: "Let the proxy or CDN in front of Afterword limit no requests of GitHub.",
    500: "See Afterword's log and that of the proxy.",
    401: "Write the same secret there and into AFTERWORD_WEBHOOK_SECRET.",
    403: "See whether a proxy or firewall in front of Afterword refuses GitHub.",
    404: "Correct the payload URL: it ends in /webhooks/github, and the repository must be in AFTERWORD_REPO.",
    405: "Let the proxy in front of Afterword pass POST requests.",
    413: "Let the proxy in front of Afterword pass bodies of 25 MB.",
    503: "Set AFTERWORD_WEBHOOK_SECRET to the secret of the webhook, and see the log.",
}


async def check_webhook(examination: Examination) -> CheckResult:
    """Check the webhooks of all repositories, as far as the token may see them."""
    settings = examination.settings
    if not examination.token_is_valid:
        if settings.secrets:
            detail = "Without a token GitHub does not show webhooks: set AFTERWORD_GITHUB_TOKEN to see this one."
            return CheckResult("webhook", detail, is_unchecked=True)
        detail = "None is set up (AFTERWORD_WEBHOOK_SECRET): polls find changes."
        return CheckResult("webhook", detail, is_skipped=True)
    if examination.unreachable is not None or not examination.repositories:
        return without_github("webhook", examination)
    findings: list[Finding] = []
    details: list[str] = []
    for repo in examination.repositories:
        try:
            detail, further = await _check_repository(examination, repo)
        except (NotVisible, RequestRejected):
            return CheckResult("webhook", _RIGHT, tuple(findings), is_unchecked=True)
        except GitHubError as error:
            return CheckResult("webhook", problem_of(error), tuple(findings), is_unchecked=True)
        details.append(detail)
        findings += further
    is_skipped = not findings and not settings.secrets
    return CheckResult("webhook", " ".join(details), tuple(findings), is_skipped=is_skipped)


def needed_events(settings: Settings, repo: Repository) -> tuple[str, ...]:
    """Return the events that a repository's webhook must send; pushes only if the posts are in it."""
    content = settings.content_repository
    return (*_EVENTS, "push") if content is not None and content.repo == repo else _EVENTS


async def own_hooks(examination: Examination, repo: Repository) -> list[Hook]:
    """Return the webhooks of a repository that lead to Afterword. Raises `GitHubError`."""
    return [hook for hook in await _all_hooks(examination, repo) if _path_of(hook).endswith(WEBHOOK_PATH)]


async def _all_hooks(examination: Examination, repo: Repository) -> tuple[Hook, ...]:
    return hooks.hooks(await examination.github.send(examination.requests(repo).hooks()))


def _path_of(hook: Hook) -> str:
    """Return the address of a webhook without its query, which may hold a secret."""
    return single_line(hook.url.partition("?")[0].rstrip("/"))


async def _check_repository(examination: Examination, repo: Repository) -> tuple[str, list[Finding]]:
    settings = examination.settings
    expected_url = _webhook_url(settings.public_url)
    all_hooks = await _all_hooks(examination, repo)
    candidates = [hook for hook in all_hooks if _path_of(hook).endswith(WEBHOOK_PATH)]
    candidates = candidates or [hook for hook in all_hooks if _has_host_of(hook.url, settings.public_url)]
    if not candidates:
        return await _without_hook(examination, repo)
    is_known = settings.public_url is not None
    matching = [hook for hook in candidates if not is_known or _same_address(_path_of(hook), expected_url)]
    if not matching:
        message = f"The webhook of {repo} leads to {_path_of(candidates[0])}, not to {expected_url}."
        advice = f"Correct the payload URL, or AFTERWORD_PUBLIC_URL. {_SETTINGS}"
        return message, [Finding("webhook-address", Severity.ERROR, message, advice)]
    findings: list[Finding] = []
    details = []
    for hook in matching:
        deliveries = hooks.deliveries(
            await examination.github.send(examination.requests(repo).hook_deliveries(hook.id))
        )
        findings += judge_hook(repo, hook, needed_events(settings, repo), has_secret=bool(settings.secrets))
        findings += judge_deliveries(repo, deliveries)
        details.append(_describe(hook, deliveries))
    active_hooks = [hook for hook in matching if hook.is_active]
    if is_known and len(active_hooks) > 1:
        message = f"{len(active_hooks)} webhooks of {repo} lead to {expected_url}: each change is reported as often."
        findings.append(Finding("webhook-duplicate", Severity.NOTE, message, f"Delete all but one. {_SETTINGS}"))
    return " ".join(details), findings


async def _without_hook(examination: Examination, repo: Repository) -> tuple[str, list[Finding]]:
    """Return what it means that a repository has no webhook: one of its organization or of an App may deliver."""
    settings = examination.settings
    if not settings.secrets:
        return f"{repo} has none: polls find changes.", []
    delivered_at = await last_delivery_at(examination)
    if delivered_at is not None:
        detail = (
            f"{repo} has none of its own, and a delivery came {rfc3339(delivered_at)}: its organization's or an App's."
        )
        return detail, []
    message = f"A secret is set, and {repo} has no webhook that leads to Afterword."
    advice = (
        f"Add it as the README says, with the address {_webhook_url(settings.public_url)}. "
        "If its organization or an App has one, leave this out: --ignore webhook-missing."
    )
    return f"{repo} has none.", [Finding("webhook-missing", Severity.WARNING, message, advice)]


def _has_host_of(url: str, public_url: str | None) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return public_url is not None and host is not None and host == urlsplit(public_url).hostname


def _webhook_url(public_url: str | None) -> str:
    return f"{public_url or 'https://…'}{WEBHOOK_PATH}"


def _same_address(address: str, other_address: str) -> bool:
    return address.rstrip("/").lower() == other_address.rstrip("/").lower()


def judge_hook(repo: Repository, hook: Hook, events: Sequence[str], *, has_secret: bool) -> list[Finding]:
    """Return what is wrong with the settings of a webhook."""
    name = f"The webhook of {repo}"
    missing = [event for event in events if not hook.sends(event)]
    problems = (
        (not hook.is_active, "webhook-inactive", Severity.ERROR, f"{name} is switched off.", "Make it active."),
        (
            bool(missing),
            "webhook-events",
            Severity.WARNING,
            f"{name} does not send {', '.join(missing)}.",
            "Add these events, or run the doctor with --fix and a token that may change webhooks.",
        ),
        (
            not hook.has_secret,
            "webhook-without-secret",
            Severity.ERROR,
            f"{name} has no secret: Afterword refuses its deliveries.",
            "Write the secret of AFTERWORD_WEBHOOK_SECRET there.",
        ),
        (
            hook.has_secret and not has_secret,
            "webhook-secret-unset",
            Severity.ERROR,
            f"{name} signs with a secret that Afterword does not know: its deliveries are refused.",
            "Set AFTERWORD_WEBHOOK_SECRET to the secret of the webhook.",
        ),
        (
            not hook.verifies_tls,
            "webhook-without-tls",
            Severity.WARNING,
            f"{name} does not verify the certificate of Afterword.",
            "Switch SSL verification on.",
        ),
    )
    return [
        Finding(rule, severity, message, f"{advice} {_SETTINGS}")
        for applies, rule, severity, message, advice in problems
        if applies
    ]


def judge_deliveries(repo: Repository, deliveries: Sequence[HookDelivery]) -> list[Finding]:
    """Return what is wrong with the last deliveries, the newest first: an old failure that is over is none."""
    if not deliveries or deliveries[0].is_accepted:
        return []
    failures = [delivery for delivery in deliveries if not delivery.is_accepted]
    newest = deliveries[0]
    outcome = f"got the status {newest.status}" if newest.status is not None else f"had no response ({newest.reason})"
    message = (
        f"The last delivery of the webhook of {repo}, {newest.event} at {newest.at}, {outcome}; "
        f"{len(failures)} of the last {len(deliveries)} failed."
    )
    advice = _STATUS_ADVICE.get(newest.status or 0, "See whether GitHub can reach the address, and Afterword's log.")
    return [Finding("webhook-deliveries", Severity.ERROR, message, f"{advice} {_SETTINGS}")]


def _describe(hook: Hook, deliveries: Sequence[HookDelivery]) -> str:
    if not deliveries:
        return f"{_path_of(hook)}: nothing was delivered yet."
    newest = deliveries[0]
    status = newest.status if newest.status is not None else "no response"
    count = sum(delivery.is_accepted for delivery in deliveries)
    return f"{_path_of(hook)}: last {newest.event} at {newest.at} → {status}; {count} of {len(deliveries)} were taken."
