"""The setting that names a repository with the blog's posts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.posts.content_repository import ContentRepository, content_repository, is_content_repository
from app.domain.sites import repository

WEBSITE = repository("ada/website")


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("github:ada/website", ContentRepository(WEBSITE)),
        ("GitHub:Ada/Website/", ContentRepository(WEBSITE)),
        ("github:ada/website@live", ContentRepository(WEBSITE, "", "live")),
        ("github:ada/website/src/content@feature/x", ContentRepository(WEBSITE, "src/content", "feature/x")),
        ("github:ada/website//content/", ContentRepository(WEBSITE, "content")),
        ("github:ada/website/packages/@ada/site@main", ContentRepository(WEBSITE, "packages/@ada/site", "main")),
        ("github:ada/website@v1.2+x", ContentRepository(WEBSITE, "", "v1.2+x")),
    ],
)
def test_repository_folder_and_branch_are_read(text: str, content: ContentRepository) -> None:
    assert content_repository(text) == content
    assert content_repository(str(content)) == content


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("github:", "names no repository"),
        ("github:ada", "names no repository"),
        ("github:ada/..", "names no repository"),
        ("github:https://github.com/ada/website", "names no repository"),
        ("github:ada/website@", "'' is no branch"),
        ("github:ada/website@a b", "'a b' is no branch"),
        ("github:ada/website@../x", "is no branch"),
        ("github:ada/website@-x", "is no branch"),
        ("github:ada/website@x.lock", "is no branch"),
        ("github:ada/website@x?y#z", "is no branch"),
        ("github:ada/website/../x", "is no folder"),
        ("github:ada/website/./x", "is no folder"),
        ("github:ada/website/a\\b", "is no folder"),
    ],
)
def test_other_text_is_refused_with_an_example(text: str, reason: str) -> None:
    assert is_content_repository(text)
    with pytest.raises(ValueError, match="Write it as github:owner/name, github:owner/name@branch or") as error:
        content_repository(text)
    assert reason in str(error.value)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        content = content_repository(f"github:{text}")
    except ValueError:
        return
    assert content_repository(str(content)) == content
    assert ".." not in content.folder.split("/")


@pytest.mark.parametrize(
    ("branch", "ref", "default_branch", "changes"),
    [
        (None, "refs/heads/main", "main", True),
        (None, "refs/heads/other", "main", False),
        (None, "refs/heads/other", None, True),
        ("live", "refs/heads/live", "main", True),
        ("live", "refs/tags/live", "main", True),
        ("live", "refs/heads/main", "main", False),
        ("live", "refs/heads/x/live", "main", False),
    ],
)
def test_push_changes_the_branch_that_it_names(
    branch: str | None,
    ref: str,
    default_branch: str | None,
    changes: bool,  # noqa: FBT001 - parametrised
) -> None:
    assert ContentRepository(WEBSITE, "", branch).is_changed_by(ref, default_branch) is changes
