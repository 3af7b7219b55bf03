"""The models of the owner's API. They only describe it in OpenAPI: `app.serving.owner.as_json` makes the responses."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from app.domain.posts.findings import Severity
from app.serving.owner.checks import CheckOutcome

Time = Annotated[str, Field(description="RFC 3339, UTC.", examples=["2020-07-01T09:30:00Z"])]


class ThreadStatus(StrEnum):
    """The state of a thread that a post names."""

    OPEN = "open"
    CLOSED = "closed"
    LOCKED = "locked"
    MISSING = "missing"
    GONE = "gone"
    TRANSFERRED = "transferred"
    PULL_REQUEST = "pull request"
    UNKNOWN = "unknown"


class OwnerFinding(BaseModel):
    """One thing that is wrong or doubtful."""

    rule: str = Field(description="Its kind.", examples=["duplicate-number"])
    severity: Severity = Field(description="How much it matters.")
    message: str = Field(description="What was found.")
    advice: str = Field(description="What to do.")
    source: str | None = Field(description="The page or list entry that it concerns.")
    line: int | None = Field(description="The line in that page.")
    repo: str | None = Field(description="The repository of the thread that it concerns.")
    ghissueid: int | None = Field(description="The number of that thread.")


class OwnerThread(BaseModel):
    """A thread that a post names."""

    repo: str = Field(description="Its repository.", examples=["owner/blog"])
    ghissueid: int = Field(description="Its number.", examples=[41])
    title: str | None = Field(description="The title of the issue; null if there is none.")
    url: str = Field(description="The issue on GitHub.")
    status: ThreadStatus = Field(description="`unknown` until its repository is mirrored.")
    complete: bool = Field(description="All its comments are mirrored.")
    comment_count: int | None = Field(description="Null if there is no such issue.", examples=[16])
    held_count: int = Field(description="How many further comments are held back.")
    last_comment_at: Time | None
    checked_at: Time | None


class OwnerPost(BaseModel):
    """A post of the blog; without AFTERWORD_POSTS, a thread."""

    title: str = Field(description="The title of the post, else of its thread.")
    source: str | None = Field(description="The page in the content folder, or the entry of the list.")
    url: str | None = Field(description="Its address on the blog.")
    date: str | None = Field(description="Its date, as the page gives it.")
    unpublished_reason: str | None = Field(description="Why the generator makes no page of it; null if it makes one.")
    comment_count: int | None = Field(description="The comments of all its threads.", examples=[16])
    held_count: int = Field(description="How many further comments are held back.")
    last_comment_at: Time | None
    checked_at: Time | None
    threads: list[OwnerThread] = Field(description="The threads that it names.")
    findings: list[OwnerFinding] = Field(description="What is wrong with it.")


class OwnerCounts(BaseModel):
    """The posts with their comment counts."""

    at: Time
    posts: list[OwnerPost] = Field(description="All posts.")


class OwnerSite(BaseModel):
    """A repository."""

    repo: str = Field(description="Its configured name.", examples=["owner/blog"])
    listed: bool = Field(description="Its list of issues is mirrored.")
    private: bool = Field(description="It is private on GitHub.")
    threads: int = Field(description="How many threads are served.", examples=[61])
    threads_complete: int = Field(description="How many of them have all their comments.")
    comments: int = Field(description="How many comments readers see of them.")
    held_count: int = Field(description="How many further comments are held back.")
    checked_at: Time | None
    reconciled_at: Time | None
    last_delivery_at: Time | None
    failure: str | None = Field(description="Why the last poll failed.")


class OwnerWeek(BaseModel):
    """The comments of a week."""

    start: str = Field(description="Its Monday.", examples=["2020-06-29"])
    comments: int = Field(description="How many were written.")


class OwnerComment(BaseModel):
    """One of the newest comments."""

    repo: str = Field(description="Its repository.")
    ghissueid: int = Field(description="The number of its thread.")
    post_title: str = Field(description="The title of its thread.")
    author: str = Field(description="Who wrote it.")
    created_at: Time
    url: str = Field(description="The comment on GitHub, where it can be hidden or deleted.")
    text: str = Field(description="Its first words.")
    hidden: str | None = Field(description="Why it is hidden on GitHub.")
    hold_reason: str | None = Field(description="Why your settings hold it back from readers.")


class OwnerHour(BaseModel):
    """The requests to GitHub of an hour."""

    start: Time
    requests: int = Field(description="How many left.")
    least_remaining: int | None = Field(description="The fewest that GitHub said were left; null if it said nothing.")


class OwnerBudget(BaseModel):
    """The requests to GitHub: now, and over a day."""

    token: bool = Field(description="Requests carry a token.")
    limit: int | None = Field(description="How many GitHub allows in an hour.", examples=[5000])
    remaining: int | None = Field(description="How many of them are left.")
    reset: Time | None
    blocked_until: Time | None
    hours: list[OwnerHour] = Field(description="The last 24 hours.")


class OwnerOutcome(BaseModel):
    """How often something ended in one way."""

    count: int = Field(description="Within the last day.")
    last_at: Time


class OwnerEvent(BaseModel):
    """A poll, a delivery or a difference."""

    at: Time
    repo: str | None = Field(description="The repository, in lower case.")
    outcome: str = Field(description="How it ended.", examples=["ok"])
    detail: str = Field(description="What failed, or what was reported.")


class OwnerHistory(BaseModel):
    """What happened within the last day."""

    outcomes: dict[str, OwnerOutcome] = Field(description="By outcome.")
    latest: list[OwnerEvent] = Field(description="The latest ones, newest first.")


class OwnerStorage(BaseModel):
    """How much is kept."""

    store_kind: str = Field(description="What keeps the mirror: `memory`, `sqlite` or `postgresql`.")
    store_bytes: int | None = Field(description="The store on the disk; null in memory.")
    cache_bytes: int | None = Field(description="The finished documents of the process that answers.")
    cached_documents: int | None = Field(description="How many there are.")
    subscribers: int | None = Field(description="The open pages that listen to it.")


class OwnerStatus(BaseModel):
    """Everything but the posts."""

    at: Time
    version: str = Field(description="The version of Afterword.", examples=["0.4.0"])
    has_post_list: bool = Field(description="The blog has told which posts it has (AFTERWORD_POSTS).")
    is_post_list_missing: bool = Field(
        description="Nothing is served: AFTERWORD_SERVE is posts, and the list of posts could not be read yet."
    )
    post_list_failure: str | None = Field(
        description="Why the posts in AFTERWORD_POSTS could not be read the last time; null if they could."
    )
    foreign_worker: str | None = Field(
        description="Which process with other settings, or of another version, polls GitHub in place of this service."
    )
    generator: str | None = Field(description="The site generator whose rules were followed.")
    posts: int = Field(description="How many posts there are.")
    comments: int = Field(description="How many comments there are.")
    sites: list[OwnerSite] = Field(description="The repositories.")
    findings: list[OwnerFinding] = Field(description="What is wrong or doubtful.")
    weeks: list[OwnerWeek] = Field(description="The last 52 weeks.")
    newest: list[OwnerComment] = Field(description="The newest comments.")
    held_comments: list[OwnerComment] = Field(description="The comments that the settings hold back.")
    budget: OwnerBudget = Field(description="The requests to GitHub.")
    polls: OwnerHistory = Field(description="The polls.")
    deliveries: OwnerHistory = Field(description="GitHub's webhook deliveries.")
    drift: OwnerHistory = Field(description="How the mirror differed from GitHub without any report.")
    storage: OwnerStorage = Field(description="Store and cache.")


class OwnerCheck(BaseModel):
    """The outcome of a check."""

    outcome: CheckOutcome = Field(
        description="`done`; `waiting` for the budget; `polling`; or `recent`: it was checked a moment ago."
    )
