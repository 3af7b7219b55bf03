"""What the owner should know of the terms, labels and markers that pages asked with.

Only what this process was asked lately: it is bounded, and searched again each time, so that nothing repaired stays.
"""

from collections.abc import Mapping, Sequence

from app.domain.errors import ReadError
from app.domain.posts.findings import Finding, Severity
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.terms.index import Resolution, SearchOutcome, ThreadQuery
from app.serving.terms.searches import Search
from app.serving.terms.terms import Terms

_MISSING_ADVICE = (
    "If the page has no comments yet, do nothing. Otherwise give its issue exactly that title or label, or name the "
    "issue's number in the page."
)
_ADVICE: Mapping[SearchOutcome, str] = {
    SearchOutcome.SEVERAL: (
        "Close and rename the others if they belong to no page, or name the issue's number in the page."
    ),
    SearchOutcome.AMBIGUOUS: "Give only the right issue exactly that title or label, or name its number in the page.",
    SearchOutcome.MISSING: _MISSING_ADVICE,
}


class TermFindings:
    """Tells which terms are ambiguous or missing."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    async def findings(self) -> Sequence[Finding]:
        """Return one finding for each term that pages asked with and that does not mean exactly one post.

        Ambiguous ones come first. Sites that cannot be searched now are left out. May raise `StoreError`.
        """
        searches: list[Search] = [*self._terms.doubtful, *self._terms.missing]
        findings: list[Finding] = []
        for repo, query in dict.fromkeys(searches):
            try:
                resolution, _ = await self._terms.resolve(repo, query)
            except ReadError:
                continue
            if resolution.outcome is not SearchOutcome.FOUND:
                findings.append(_finding(repo, query, resolution))
        return sorted(findings, key=lambda finding: list(Severity).index(finding.severity))


def _finding(repo: Repository, query: ThreadQuery, resolution: Resolution) -> Finding:
    outcome, candidates, names = resolution.outcome, resolution.candidates, resolution.names
    match outcome:
        case SearchOutcome.SEVERAL:
            severity = Severity.WARNING
            message = f"Several posts of {repo} have {query}: {names}. #{resolution.number} is shown."
        case SearchOutcome.AMBIGUOUS:
            severity = Severity.ERROR
            message = f"Several posts of {repo} could be meant by {query}: {names}. None is shown."
        case _:
            severity = Severity.WARNING if candidates else Severity.NOTE
            similar = f" Similar ones are {names}." if candidates else ""
            message = f"No post of {repo} has {query}.{similar}"
    number = resolution.number or (candidates[0] if candidates else None)
    thread = None if number is None else ThreadRef(repo, number)
    return Finding(outcome.value, severity, message, _ADVICE[outcome], thread=thread)
