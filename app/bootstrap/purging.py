"""What purges caches in front of a running application."""

from collections.abc import Callable

from app.domain.cache_tags import CacheTags
from app.jobs.purging.purges import Cdn, Purges
from app.ports.clock import Clock
from app.ports.store import Store
from app.render.keys import Key
from app.serving.access_policy import AccessPolicy
from app.serving.purging.document_tags import DocumentTags
from app.settings import Settings


def find_document_tags(settings: Settings, access: AccessPolicy) -> Callable[[Key], str] | None:
    """Return what finds the tags of a document; None if documents carry none."""
    return DocumentTags(CacheTags(settings.repo), access).of if settings.has_cache_tags else None


def make_purges(
    settings: Settings, store: Store, cdn: Cdn | None, clock: Clock, *, access: AccessPolicy
) -> Purges | None:
    """Return what calls a CDN after changes; None without the address of one."""
    if cdn is None:
        return None
    return Purges(
        store.mirror,
        store.key_values,
        cdn,
        clock,
        CacheTags(settings.repo),
        sites=settings.repo,
        post_filter=lambda: access.posts,
    )
