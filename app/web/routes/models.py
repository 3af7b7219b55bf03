"""The models of the API's responses. They only describe them in OpenAPI: documents are rendered in `app.render`."""

from pydantic import BaseModel, ConfigDict, Field

from app.domain.threads import Status


class Reactions(BaseModel):
    """How many of each kind, under GitHub's names."""

    total_count: int
    plus_one: int = Field(alias="+1")
    minus_one: int = Field(alias="-1")
    laugh: int
    hooray: int
    confused: int
    heart: int
    rocket: int
    eyes: int


class Author(BaseModel):
    """Who wrote a comment; a deleted account is `ghost`."""

    login: str = Field(examples=["octocat"])
    url: str
    avatar_url: str
    association: str = Field(description="To the repository, in GitHub's words: `OWNER`, `CONTRIBUTOR`, `NONE`, …")
    is_owner: bool = Field(description="The blog's owner wrote this.")
    is_bot: bool


class Comment(BaseModel):
    """One comment."""

    id: int = Field(description="GitHub's; above 2³¹.", examples=[652730456])
    author: Author
    created_at: str = Field(examples=["2020-07-01T09:30:00Z"])
    edited_at: str | None = Field(description="When its text last changed; null where it stands as first written.")
    html: str | None = Field(description="Safe to insert into a page. Null where the comment is hidden.")
    text: str | None = Field(description="Without markup. Null where the comment is hidden.")
    dir: str | None = Field(
        description="The direction of the text: `ltr` or `rtl`, by its first letter; null where it has none.",
        examples=["ltr"],
    )
    url: str = Field(description="The comment on GitHub.")
    reply_to: int | None = Field(description="The id of the comment that it answers.")
    reactions: Reactions
    pinned: bool
    hidden: str | None = Field(
        description="Why the owner has hidden it: `spam`, `off-topic`, …; null where it is shown."
    )


class Post(BaseModel):
    """A thread without its comments."""

    ghissueid: int = Field(examples=[41])
    repo: str = Field(examples=["owner/blog"])
    status: Status = Field(description="`missing`: GitHub shows no such issue. `gone`: it was deleted.")
    title: str | None
    issue_url: str | None
    comment_url: str | None = Field(description="Where a reader writes a comment.")
    comment_count: int | None = Field(description="Null where there is no issue: there is nothing to count.")
    reactions: Reactions
    updated_at: str | None
    checked_at: str | None = Field(description="When this was last known to be as on GitHub.")
    stale: bool = Field(description="The last check that was due did not succeed; the mirror is served.")
    version: int = Field(description="Grows with each change of the thread; its events have the same numbers.")


class Comments(BaseModel):
    """A page of a post's comments."""

    post: Post
    comments: list[Comment]
    next: str | None = Field(description="The `cursor` of the next page; null on the last.")


class Counts(BaseModel):
    """Comment counts by post."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"counts": {"41": 12, "42": 0, "43": None}}]})

    counts: dict[str, int | None] = Field(description="Null where there is no such post.")


class NewComment(Comment):
    """A comment, and the post that it stands under."""

    ghissueid: int
    post_title: str | None


class Newest(BaseModel):
    """A page of the blog's newest comments."""

    comments: list[NewComment]
    next: str | None = Field(description="The `cursor` of the next page; null on the last.")
