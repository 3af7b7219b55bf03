"""The models of the API's responses. They only describe them in OpenAPI: documents are rendered in `app.render`."""

from pydantic import BaseModel, ConfigDict, Field

from app.domain.threads import Status


class Reactions(BaseModel):
    """How many reactions there are of each kind, under GitHub's names."""

    total_count: int = Field(description="All kinds together.", examples=[3])
    plus_one: int = Field(alias="+1", description="👍", examples=[2])
    minus_one: int = Field(alias="-1", description="👎", examples=[0])
    laugh: int = Field(description="😄", examples=[0])
    hooray: int = Field(description="🎉", examples=[0])
    confused: int = Field(description="😕", examples=[0])
    heart: int = Field(description="❤️", examples=[1])
    rocket: int = Field(description="🚀", examples=[0])
    eyes: int = Field(description="👀", examples=[0])


class Author(BaseModel):
    """Who wrote a comment; a deleted account is `ghost`."""

    login: str = Field(description="The account's name on GitHub.", examples=["octocat"])
    url: str = Field(description="The account's page on GitHub.", examples=["https://github.com/octocat"])
    avatar_url: str = Field(
        description="The account's picture: served by this service, or by GitHub if pictures are switched off.",
        examples=["https://comments.example.com/avatars/583231"],
    )
    association: str = Field(
        description="To the repository, in GitHub's words: `OWNER`, `CONTRIBUTOR`, `NONE`, …", examples=["OWNER"]
    )
    is_owner: bool = Field(description="The blog's owner wrote this.")
    is_bot: bool = Field(description="A program wrote this.")


class Comment(BaseModel):
    """One comment."""

    id: int = Field(description="GitHub's; above 2³¹.", examples=[652730456])
    author: Author = Field(description="Who wrote it.")
    created_at: str = Field(description="When it was written.", examples=["2020-07-01T09:30:00Z"])
    edited_at: str | None = Field(description="When its text last changed; null if it stands as first written.")
    html: str | None = Field(
        description="Safe to insert into a page. Null if the comment is hidden.", examples=["<p>Well said.</p>"]
    )
    text: str | None = Field(description="Without markup. Null if the comment is hidden.", examples=["Well said."])
    dir: str | None = Field(
        description="The direction of the text: `ltr` or `rtl`, by its first letter; null if it has none.",
        examples=["ltr"],
    )
    url: str = Field(
        description="The comment on GitHub.",
        examples=["https://github.com/owner/blog/issues/41#issuecomment-652730456"],
    )
    reply_to: int | None = Field(description="The id of the comment that it answers; null if it answers none.")
    reactions: Reactions = Field(description="The reactions to it.")
    pinned: bool = Field(description="The owner has pinned it on GitHub.")
    hidden: str | None = Field(description="Why the owner has hidden it: `spam`, `off-topic`, …; null if it is shown.")


class Post(BaseModel):
    """A thread without its comments."""

    ghissueid: int = Field(description="The number of its issue.", examples=[41])
    repo: str = Field(description="The repository that the issue belongs to.", examples=["owner/blog"])
    status: Status = Field(description="`missing`: GitHub shows no such issue. `gone`: it was deleted.")
    title: str | None = Field(
        description="The issue's title; null if there is no issue.", examples=["The Best Interview is No Interview"]
    )
    issue_url: str | None = Field(
        description="The issue on GitHub; null if there is none.", examples=["https://github.com/owner/blog/issues/41"]
    )
    comment_url: str | None = Field(
        description="Where a reader writes a comment; null if there is no issue.",
        examples=["https://github.com/owner/blog/issues/41#new_comment_field"],
    )
    comment_count: int | None = Field(
        description="How many comments there are; null if there is no issue: nothing can be counted.", examples=[12]
    )
    reactions: Reactions = Field(description="The reactions to the issue.")
    updated_at: str | None = Field(
        description="When the issue or a comment of it last changed; null if there is no issue.",
        examples=["2020-07-02T11:00:00Z"],
    )
    checked_at: str | None = Field(
        description="When this was last known to be as on GitHub.", examples=["2020-07-03T08:15:30Z"]
    )
    stale: bool = Field(description="The last check that was due did not succeed; the mirror is served.")
    version: int = Field(
        description="Grows with each change of the thread; its events have the same numbers.", examples=[1041]
    )


class Comments(BaseModel):
    """A page of a post's comments."""

    post: Post = Field(description="The post that they stand under.")
    comments: list[Comment] = Field(description="In the order that was asked for.")
    next: str | None = Field(description="The `cursor` of the next page; null on the last.")


class PostOfTerm(Post):
    """A thread that was searched for, without its comments."""

    ghissueid: int | None = Field(description="The number of its issue; null if there is none yet.", examples=[41])  # type: ignore[assignment]


class CommentsOfTerm(BaseModel):
    """A page of the comments of a post that was searched for."""

    post: PostOfTerm = Field(description="The post. Its status is `missing` as long as it has no thread.")
    comments: list[Comment] = Field(description="In the order that was asked for.")
    next: str | None = Field(description="The `cursor` of the next page; null on the last.")


class Counts(BaseModel):
    """Comment counts by post."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"counts": {"41": 12, "42": 0, "43": None}}]})

    counts: dict[str, int | None] = Field(
        description="How many comments each post has, by the number of its issue or its term; null if there is none."
    )


class NewComment(Comment):
    """A comment, and the post that it stands under."""

    ghissueid: int = Field(description="The number of the post's issue.", examples=[41])
    post_title: str | None = Field(
        description="The title of the post's issue.", examples=["The Best Interview is No Interview"]
    )


class Newest(BaseModel):
    """A page of the blog's newest comments."""

    comments: list[NewComment] = Field(description="The newest first.")
    next: str | None = Field(description="The `cursor` of the next page; null on the last.")


class SiteState(BaseModel):
    """How far the mirror of a repository is."""

    repo: str = Field(description="The repository.", examples=["owner/blog"])
    listed: bool = Field(description="The list of its issues is mirrored.")
    threads: int = Field(description="How many issues are posts.", examples=[57])
    threads_complete: int = Field(description="How many of them are mirrored with all comments.", examples=[57])
    checked_at: str | None = Field(
        description="When GitHub last said what changed; null before the first time.",
        examples=["2020-07-03T08:15:30Z"],
    )
    failure: str | None = Field(description="Why the last poll failed; null if it did not.")


class PostsState(BaseModel):
    """Whether the posts of the blog are known."""

    ready: bool = Field(description="It is known which issues are posts.")
    failure: str | None = Field(
        description="Why the posts in `AFTERWORD_POSTS` could not be read the last time; null if they could, or none "
        "are named. What was read before is served."
    )


class State(BaseModel):
    """Whether the service is ready for traffic."""

    ready: bool = Field(description="The list of issues of every repository is mirrored, and the posts are known.")
    sites: list[SiteState] = Field(description="The repositories, in the order of the setting.")
    posts: PostsState = Field(description="The posts of the blog.")
