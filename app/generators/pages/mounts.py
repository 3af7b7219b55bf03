"""Pages that Hugo's `module.mounts` takes from other folders than the content folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from app.domain.posts.posts import PostProblem, ProblemKind
from app.generators.inherited.configuration import Configuration
from app.generators.inherited.expressions import UnfollowedPatternError
from app.generators.inherited.scalars import get_any_case, text_of
from app.generators.publication.exclusion.hugo import content_mounts, filter_reason, source_of, target_of
from app.generators.tree import ContentFile, ContentTree

_ADVICE = "Move the pages below the content folder, or publish a list of the posts."


@dataclass(frozen=True, slots=True)
class Mounts:
    """The files of the mounts, by the paths that they would have below the content folder."""

    files: Mapping[PurePosixPath, ContentFile] = field(default_factory=dict)
    problems: tuple[PostProblem, ...] = ()


def read_mounts(tree: ContentTree, configuration: Configuration) -> Mounts:
    """Return the files that mounts add to the content, and the mounts that cannot be followed.

    Of files at the same path, that of the first mount wins; the content folder is a mount, too.
    """
    content = configuration.content
    if configuration.generator != "hugo" or content == PurePosixPath():
        return Mounts()
    own_paths = frozenset[PurePosixPath]()
    files: dict[PurePosixPath, ContentFile] = {}
    problems: list[PostProblem] = []
    for mount in content_mounts(configuration.values):
        source = source_of(mount)
        if not _leads_out(mount) and (source.is_relative_to(content) or content.is_relative_to(source)):
            own_paths = frozenset(file.path for file in tree.files())
            continue
        try:
            new_files = {} if _leads_out(mount) else _files_of(tree, mount, content)
            reason = None if new_files else "is not among the files of the blog"
        except UnfollowedPatternError as error:
            new_files, reason = {}, f"chooses files by a pattern that cannot be followed ({error})"
        if reason:
            problems.append(_problem(mount, configuration, reason))
        files |= {path: file for path, file in new_files.items() if path not in files and path not in own_paths}
    return Mounts(files, tuple(problems))


def _leads_out(mount: Mapping[str, object]) -> bool:
    """Return whether a mount is outside the site's root."""
    source = PurePosixPath(text_of(get_any_case(mount, "source")) or ".")
    return source.is_absolute() or ".." in source.parts


def _files_of(
    tree: ContentTree, mount: Mapping[str, object], content: PurePosixPath
) -> dict[PurePosixPath, ContentFile]:
    source, target = source_of(mount), PurePosixPath(*target_of(mount).parts[1:])
    below = {file.path.relative_to(source): file for file in tree.files() if file.path.is_relative_to(source)}
    return {content / target / path: file for path, file in below.items() if not filter_reason(path.as_posix(), mount)}


def _problem(mount: Mapping[str, object], configuration: Configuration, reason: str) -> PostProblem:
    source = (text_of(get_any_case(mount, "source")) or "")[:200]
    message = f"the folder {source} of module.mounts {reason}, so that its pages are not read"
    return PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, str(configuration.path), message, _ADVICE)
