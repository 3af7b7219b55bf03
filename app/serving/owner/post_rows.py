"""The posts of the blog beside what the mirror has of their threads. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.posts.findings import Finding
from app.domain.posts.posts import Post, PostCatalog
from app.domain.posts.rules.facts import IssueFacts, SiteFacts
from app.domain.posts.thread_text import page_address
from app.domain.records import SiteRecord, ThreadRef, Tombstone
from app.domain.sites import PostFilter, Repository
from app.domain.thread_state import latest, site_checked_at
from app.domain.transfers import MAX_TRANSFERS, transfer_target
from app.ports.owner.overviews import SiteOverview, ThreadOverview
from app.serving.owner.model import PostRow, ThreadRow


@dataclass(frozen=True, slots=True)
class KnownSite:
    """An overview of a site with its threads and tombstones by number."""

    repo: Repository
    overview: SiteOverview
    threads: Mapping[int, ThreadOverview]
    tombstones: Mapping[int, Tombstone]
    held_counts: Mapping[int, int]
    """How many comments of a thread the settings hold back, for those that have some."""

    def shown_count(self, thread: ThreadOverview) -> int:
        """Return the count that readers are shown."""
        return max(0, thread.shown_count - self.held_counts.get(thread.number, 0))

    @property
    def record(self) -> SiteRecord | None:
        """Return the record of the repository."""
        return self.overview.site

    @property
    def is_listed(self) -> bool:
        """Return True once the list of all issues was read to its end."""
        return self.record is not None and self.record.issues_listed_at is not None


def known_site(repo: Repository, overview: SiteOverview, held_counts: Mapping[int, int]) -> KnownSite:
    """Return an overview with what it has by number."""
    threads = {thread.number: thread for thread in overview.threads}
    return KnownSite(repo, overview, threads, {item.number: item for item in overview.tombstones}, held_counts)


def site_facts(site: KnownSite) -> SiteFacts:
    """Return what the rules for findings need of a site."""
    issues = {
        number: IssueFacts(
            thread.title,
            thread.is_pull_request,
            thread.state == "closed",
            thread.locked,
            thread.labels,
            thread.comment_count,
        )
        for number, thread in site.threads.items()
    }
    return SiteFacts(site.repo, issues, site.tombstones, is_listed=site.is_listed, record=site.record)


def is_post(filter_: PostFilter, repo: Repository, thread: ThreadOverview) -> bool:
    """Return True if readers are served this thread."""
    return not thread.is_pull_request and filter_.includes(repo, thread.number, thread.labels)


class PostRows:
    """Makes the rows of the posts, from overviews of all sites."""

    def __init__(self, sites: Sequence[KnownSite], filter_: PostFilter, blog_address: str | None = None) -> None:
        self._blog_address = blog_address
        self._sites = {site.repo: site for site in sites}
        self._filter = filter_

    def of_catalog(self, catalog: PostCatalog, findings: Sequence[Finding]) -> list[PostRow]:
        """Return a row for each page that names an issue or has a finding."""
        by_source: defaultdict[str, list[Finding]] = defaultdict(list)
        for finding in findings:
            if finding.source is not None:
                by_source[finding.source].append(finding)
        known_sources = {post.source for post in catalog.posts}
        rows = [self._row(post, by_source.get(post.source, ())) for post in catalog.posts]
        unread = (source for source in by_source if source not in known_sources)
        return rows + [PostRow(source, source, None, None, None, (), by_source[source]) for source in unread]

    def of_threads(self) -> list[PostRow]:
        """Return a row for each thread that is served: the blog has told of no posts."""
        return [
            PostRow(thread.title, None, None, None, None, (self.thread(ThreadRef(site.repo, thread.number)),))
            for site in self._sites.values()
            for thread in site.overview.threads
            if is_post(self._filter, site.repo, thread)
        ]

    def thread(self, ref: ThreadRef) -> ThreadRow:
        """Return what is known of a number, at the end of its transfers."""
        target = self._resolve(ref)
        site = self._sites.get(target.repo)
        thread = site.threads.get(target.number) if site else None
        if site is None or thread is None:
            return self._without_issue(ref, target, site)
        is_covered = thread.complete and not thread.count_mismatch and site.record is not None
        return ThreadRow(
            ref,
            thread.title,
            thread.url,
            "transferred" if target != ref else _status(thread),
            None if thread.is_pull_request else site.shown_count(thread),
            site.held_counts.get(thread.number, 0),
            thread.complete,
            thread.last_comment_at,
            latest((thread.checked_at, site.record.checked_at if is_covered and site.record else None)),
        )

    def _row(self, post: Post, findings: Sequence[Finding]) -> PostRow:
        threads = [self.thread(ref) for ref in sorted(post.threads)]
        title = post.title or next((thread.title for thread in threads if thread.title), None) or post.source
        return PostRow(
            title,
            post.source,
            page_address(post.url, self._blog_address),
            post.date,
            post.unpublished,
            threads,
            findings,
        )

    def _without_issue(self, ref: ThreadRef, target: ThreadRef, site: KnownSite | None) -> ThreadRow:
        tombstone = site.tombstones.get(target.number) if site else None
        status = "unknown"
        if tombstone is not None:
            status = "transferred" if tombstone.transferred_to else "gone" if tombstone.gone else "missing"
        elif site is not None and site.is_listed:
            status = "missing"
        by_site = site_checked_at(site.record) if site and site.record else None
        checked_at = latest((tombstone.checked_at if tombstone else None, by_site))
        url = f"https://github.com/{ref.repo}/issues/{ref.number}"
        return ThreadRow(
            ref, None, url, status, None, 0, is_complete=False, last_comment_at=None, checked_at=checked_at
        )

    def _resolve(self, ref: ThreadRef) -> ThreadRef:
        for _ in range(MAX_TRANSFERS):
            site = self._sites.get(ref.repo)
            tombstone = site.tombstones.get(ref.number) if site and ref.number not in site.threads else None
            if tombstone is None or tombstone.transferred_to is None:
                break
            records = ((other.repo, other.record) for other in self._sites.values())
            target = transfer_target(tombstone.transferred_to, records)
            if target is None:
                break
            ref = target
        return ref


def _status(thread: ThreadOverview) -> str:
    if thread.is_pull_request:
        return "pull request"
    return "locked" if thread.locked else thread.state
