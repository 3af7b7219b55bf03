"""The catalog of posts as JSON, for the store: a new process serves what the last one knew."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.posts.posts import Post, PostCatalog, PostProblem, ProblemKind
from app.domain.records import ThreadRef
from app.domain.sites import Repository, repository

_TEXTS = ("title", "url", "date", "description", "unpublished")


def to_json(catalog: PostCatalog) -> str:
    """Return a catalog as one line of JSON."""
    # an object at a time: one call for all would hold Python's lock for a noticeable moment
    posts = ", ".join(json.dumps(_post_to_dict(post)) for post in catalog.posts)
    problems = ", ".join(json.dumps(_problem_to_dict(problem)) for problem in catalog.problems)
    blog = f'"generator": {json.dumps(catalog.generator)}, "address": {json.dumps(catalog.address)}'
    return f'{{{blog}, "posts": [{posts}], "problems": [{problems}]}}'


def from_json(text: str, sites: Sequence[Repository]) -> PostCatalog | None:
    """Return the catalog of `to_json` with the repositories that are configured now; None for other text."""
    try:
        data = json.loads(text)
        if not isinstance(data.get("posts"), list):
            return _from_numbers(data, sites)
        repositories = {site.full_name: site for site in sites}
        posts = tuple(_post(entry, sites, repositories) for entry in data["posts"])
        problems = tuple(_problem(entry) for entry in data.get("problems", ()))
        return PostCatalog(posts, problems, data.get("generator"), data.get("address"))
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return None


def _post_to_dict(post: Post) -> dict[str, Any]:
    fields = {name: getattr(post, name) for name in (*_TEXTS, "line") if getattr(post, name) is not None}
    threads = sorted((thread.repo.full_name, thread.number) for thread in post.threads)
    return {"source": post.source, "threads": threads, **fields}


def _problem_to_dict(problem: PostProblem) -> dict[str, Any]:
    fields = {"kind": problem.kind.value, "source": problem.source, "message": problem.message}
    return {**fields, "advice": problem.advice, "line": problem.line}


def _post(entry: Mapping[str, Any], sites: Sequence[Repository], repositories: dict[str, Repository]) -> Post:
    threads = [ThreadRef(_repository(name, repositories), _number(number)) for name, number in entry["threads"]]
    texts = {name: entry[name] for name in _TEXTS if isinstance(entry.get(name), str)}
    line = entry.get("line")
    return Post(
        str(entry["source"]),
        frozenset(ref for ref in threads if ref.repo in sites),
        line=line if type(line) is int else None,
        **texts,
    )


def _repository(name: str, repositories: dict[str, Repository]) -> Repository:
    if name not in repositories:
        repositories[name] = repository(name)
    return repositories[name]


def _problem(entry: Mapping[str, Any]) -> PostProblem:
    line = entry["line"]
    source, message, advice = (str(entry[name]) for name in ("source", "message", "advice"))
    return PostProblem(ProblemKind(entry["kind"]), source, message, advice, line if type(line) is int else None)


def _from_numbers(data: Mapping[str, Any], sites: Sequence[Repository]) -> PostCatalog:
    """Return the catalog of a store that an earlier version wrote: only the numbers by repository."""
    refs = [ThreadRef(repository(name), _number(number)) for name, numbers in data.items() for number in numbers]
    return PostCatalog(tuple(Post(f"#{ref.number}", frozenset({ref})) for ref in refs if ref.repo in sites))


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value
