"""One post and its problems from what the dialects in question make of a page.

| generator | dialects that are relevant | what counts |
|---|---|---|
| known | its versions, the newest first | the newest that can read it; a page that any leaves out is not served |
| unknown | all that differ | what those agree on that can read it; a page that any leaves out is not served |
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.domain.posts.posts import Post, PostProblem, ProblemKind
from app.domain.posts.repositories import UnknownRepositoryError, repository_of
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.texts.excerpts import excerpt
from app.generators.numbers import FIELD
from app.generators.pages.reader import Reading
from app.generators.values import own_value

_MENTION = re.compile(FIELD, re.IGNORECASE)
_PLAIN = re.compile(rf"{FIELD}[\"']?\s*[:=]\s*[\"']?([0-9]+)[\"']?\s*(?:[#,}}].*)?$", re.IGNORECASE | re.MULTILINE)
_AGREE = "Write it so that all agree, as in ghissueid: 41."
_NAME_GENERATOR = "Name the generator in AFTERWORD_GENERATOR, or write it so that all agree."
_CORRECT = "Correct its front matter; until then its posts stay as they were."
_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of a page in the end."""

    reading: Reading
    """The reading that gives title, day and address."""
    issues: frozenset[int] = frozenset()
    unpublished: str | None = None
    is_refused: bool = False
    """Nothing can be read, so that the page keeps what it had."""
    problems: tuple[PostProblem, ...] = ()


def judge(
    readings: Sequence[Reading], source: str, text: str, others: Callable[[], Sequence[Reading]] | None
) -> Judgement:
    """Return what counts of the readings; `others` reads the page as other generators do, None if all are relevant."""
    judgement = _judge_known(readings, source) if others is not None else _judge_unknown(readings, source)
    if others is not None and not readings[0].own and _MENTION.search(text) and (doubt := readings[0].verdict.doubt):
        problem = PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, source, doubt, "Publish a list of the posts instead.")
        return replace(judgement, problems=(*judgement.problems, problem))
    is_found = any(reading.names_field or reading.refusal for reading in readings)
    if others is None or judgement.unpublished or not _MENTION.search(text):
        return judgement
    if is_found:
        return _with_rivals(judgement, source, text, others)
    return _with_hint(judgement, source, others())


def _judge_known(readings: Sequence[Reading], source: str) -> Judgement:
    newest = readings[0]
    problems = list(_refusal(newest, source))
    usable = next((reading for reading in readings if not reading.fails and reading.fields is not None), newest)
    absent = next((reading for reading in readings if reading.unpublished), None)
    concerns_number = any(reading.names_field for reading in readings)
    if concerns_number and len({reading.outcome for reading in readings}) > 1:
        problems.append(_difference(readings, source, _AGREE))
    elif usable.fields is not None:
        problems += _number_problems(usable, source)
    is_refused = usable.fields is None or bool(usable.fails)
    return Judgement(
        usable,
        frozenset() if is_refused else usable.number.issues,
        absent.unpublished if absent else None,
        is_refused=is_refused,
        problems=tuple(problems),
    )


def _refusal(reading: Reading, source: str) -> Sequence[PostProblem]:
    """Return the problem of a page that its generator, or we, cannot read."""
    if not reading.is_followed:
        message = f"its front matter cannot be followed ({reading.refusal})"
        advice = "Write ghissueid in YAML."
        return [PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, source, message, advice, reading.line)]
    if reading.refusal:
        message = f"its front matter cannot be read by {reading.dialect.title}: {_short(reading.refusal)}"
        message += f", so that {reading.dialect.failure}"
    elif reading.fails:
        message = f"{reading.dialect.title} cannot build it: {_short(reading.fails)}"
    else:
        return []
    return [PostProblem(ProblemKind.UNREADABLE, source, message, _CORRECT, reading.line)]


def _number_problems(reading: Reading, source: str) -> list[PostProblem]:
    number = reading.number
    problems = []
    if number.kind is not None:
        problems.append(PostProblem(number.kind, source, number.message, number.advice, reading.line))
    if reading.verdict.doubt and number.issues:
        advice = "Remove the number until the post is published."
        problems.append(
            PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, source, reading.verdict.doubt, advice, reading.line)
        )
    return problems


def _judge_unknown(readings: Sequence[Reading], source: str) -> Judgement:
    relevant = [reading for reading in readings if reading.names_field or not reading.dialect.only_table]
    able = [reading for reading in relevant if reading.fields is not None and not reading.fails]
    if not able:
        reading = next((reading for reading in readings if reading.refusal), readings[0])
        return Judgement(reading, is_refused=True, problems=tuple(_refusal(reading, source)))
    absent = next((reading for reading in able if reading.unpublished), None)
    published = [reading for reading in able if not reading.unpublished]
    best = next((reading for reading in published if reading.names_field), (published or able)[0])
    reason = f"{absent.dialect.title}: {absent.unpublished}" if absent else None
    judgement = Judgement(best, best.number.issues, reason)
    numbers = {reading.number.issues for reading in published}
    if len(numbers - {frozenset()}) > 1:
        judgement = replace(judgement, issues=frozenset())
    if len(numbers) > 1 or (absent and any(numbers)):
        problems = [_difference(able, source, _NAME_GENERATOR)]
    else:
        problems = _number_problems(best, source)
    return replace(judgement, problems=tuple(problems))


def _difference(readings: Sequence[Reading], source: str, advice: str) -> PostProblem:
    groups: dict[str, list[str]] = {}
    for reading in readings:
        groups.setdefault(reading.result_text, []).append(reading.dialect.title)
    parts = [f"{text} {_enumeration(titles)}" for text, titles in groups.items()]
    line = next((reading.line for reading in readings if reading.line), None)
    return PostProblem(ProblemKind.GENERATORS_DIFFER, source, ", ".join(parts), advice, line)


def _enumeration(titles: Sequence[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"


def _with_hint(judgement: Judgement, source: str, others: Sequence[Reading]) -> Judgement:
    """Add a problem if a page has a number that only other generators find."""
    finding = [reading for reading in others if reading.number.issues]
    if not finding:
        return judgement
    difference = _difference([judgement.reading, *finding[:2]], source, "Write the field as its generator reads it.")
    return replace(judgement, problems=(*judgement.problems, difference))


def _with_rivals(judgement: Judgement, source: str, text: str, others: Callable[[], Sequence[Reading]]) -> Judgement:
    """Add a problem if other generators read another number, as 41 for `041` where this one reads 33."""
    known = {problem.kind for problem in judgement.problems}
    if not judgement.issues or ProblemKind.GENERATORS_DIFFER in known or _is_plain_number(judgement, text):
        return judgement
    readings = [reading for reading in others() if not reading.dialect.only_table]
    rivals = [reading for reading in readings if reading.number.issues - judgement.issues]
    if not rivals:
        return judgement
    difference = _difference([judgement.reading, *rivals], source, _AGREE)
    return replace(judgement, problems=(*judgement.problems, difference))


def _is_plain_number(judgement: Judgement, text: str) -> bool:
    """Return whether the field stands once, with its number as a template prints it: all generators agree."""
    mentions = text.lower().count(FIELD) if text.isascii() else len(_MENTION.findall(text))  # the former is fast
    line = _PLAIN.search(text) if mentions == 1 else None
    return line is not None and line[1] == judgement.reading.number.output


def _short(text: str) -> str:
    return excerpt(text, _MAX_SHOWN)


def threads_of(
    judgement: Judgement, sites: Sequence[Repository], source: str
) -> tuple[frozenset[ThreadRef], PostProblem | None]:
    """Return the threads of a page, in the repository that it names or the first one, or what is wrong with it."""
    if not judgement.issues:
        return frozenset(), None
    fields, dialect = judgement.reading.fields or {}, judgement.reading.dialect
    try:
        repo = repository_of(lambda name: own_value(fields, name, dialect)[1], sites)
    except UnknownRepositoryError as error:
        return frozenset(), PostProblem(ProblemKind.UNKNOWN_REPOSITORY, source, error.message, error.advice)
    return frozenset(ThreadRef(repo, number) for number in judgement.issues), None


def last_good_post(post: Post, previous: Post | None) -> Post:
    """Return a page that cannot be read as it was when it last could."""
    if previous is None or post.unpublished:
        return post
    return replace(post, threads=previous.threads, title=post.title or previous.title, unpublished=previous.unpublished)
