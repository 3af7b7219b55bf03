"""What `--fix` repairs: only what cannot lose anything.

| what                                                                    | why it is safe                             |
|-------------------------------------------------------------------------|--------------------------------------------|
| a webhook gets the events that it lacks                                 | its other settings stay                    |
| a published page without a number gets that of the one unused issue     | it had none; no other byte changes, and no |
| with its title                                                          | other page or issue has that title         |

Everything else needs the owner's decision, and is left.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.cli.doctor.checks.webhook import needed_events, own_hooks
from app.cli.doctor.examination import Examination
from app.cli.doctor.report import CheckResult, Fix
from app.cli.posts.create import page_editor
from app.domain.errors import AfterwordError
from app.domain.posts.findings import Finding
from app.domain.posts.posts import ProblemKind
from app.domain.posts.rules.free_issues import SuggestedThreads
from app.github.hooks import event_addition
from app.outbound.writing.hooks import change_webhook
from app.outbound.writing.pages import FolderPages

_WITHOUT_NUMBER = {ProblemKind.EMPTY_NUMBER, "post-without-number"}


async def fix(examination: Examination, checks: Sequence[CheckResult]) -> tuple[Fix, ...]:
    """Repair what is safe; return what was done, and what could not be."""
    findings = [finding for check in checks for finding in check.findings]
    fixes = [*await _fix_webhooks(examination, findings), *_fix_pages(examination, findings)]
    repaired_findings = {fix.finding for fix in fixes if fix.is_done}
    count = sum(finding not in repaired_findings for finding in findings)
    if count:
        text = f"{count} finding{' needs' if count == 1 else 's need'} your decision: see above what to do."
        fixes.append(Fix(is_done=False, message=text))
    return tuple(fixes)


async def _fix_webhooks(examination: Examination, findings: Sequence[Finding]) -> list[Fix]:
    """Add the events that webhooks lack."""
    fixes = []
    for finding in findings:
        if finding.rule != "webhook-events":
            continue
        try:
            fixes += [Fix(is_done=True, message=text, finding=finding) for text in await _add_events(examination)]
        except AfterwordError as error:
            fixes.append(Fix(is_done=False, message=f"The webhook could not be changed: {error}", finding=finding))
    return fixes


async def _add_events(examination: Examination) -> list[str]:
    """Add the missing events to all webhooks that lead to Afterword; return what was done."""
    settings, texts = examination.settings, []
    for repo in examination.repositories:
        for hook in await own_hooks(examination, repo):
            missing = [event for event in needed_events(settings, repo) if not hook.sends(event)]
            if not missing:
                continue
            request, content = event_addition(examination.requests(repo).hooks(), hook.id, missing)
            now = examination.clock.now()
            await change_webhook(request, content, api=settings.github_api_url, token=settings.token, now=now)
            texts.append(f"The webhook of {repo} sends {', '.join(missing)} now, too.")
    return texts


def _fix_pages(examination: Examination, findings: Sequence[Finding]) -> Iterator[Fix]:
    """Write the numbers of unused issues into the pages whose titles they have."""
    catalog, location = examination.catalog, examination.settings.posts
    if catalog is None or location is None or not Path(location).is_dir():
        return
    numbers = SuggestedThreads(catalog, examination.facts).certain_numbers(examination.settings.repo[0])
    posts = {post.source: post for post in catalog.posts}
    pages, edit = FolderPages(Path(location)), page_editor(examination.settings, catalog.generator)
    for finding in findings:
        post = posts.get(finding.source or "")
        if finding.rule not in _WITHOUT_NUMBER or post is None or post.source not in numbers:
            continue
        number = numbers[post.source]
        try:
            page = pages.read(post.source)
            pages.replace(post.source, page, edit(post, page.content, number))
        except ValueError as error:
            yield Fix(is_done=False, message=f"{post.source}: {error}.", finding=finding)
        else:
            yield Fix(is_done=True, message=f"{post.source} has ghissueid: {number} now.", finding=finding)
