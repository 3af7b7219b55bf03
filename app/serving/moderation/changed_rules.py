"""Other rules than at the last start: each thread has a new version then, because readers are shown something else."""

from collections.abc import Iterable

from app.domain.moderation.rules import ModerationRules
from app.domain.sites import Repository
from app.ports.key_values import KeyValues
from app.ports.mirror import Mirror

_KEY = "moderation rules"


async def renew_if_changed(
    rules: ModerationRules, key_values: KeyValues, mirror: Mirror, sites: Iterable[Repository]
) -> None:
    """Give all threads new versions if the rules are not those that the store was served by. Raises `StoreError`.

    Open pages then read their threads again.
    """
    digest = rules.digest if rules.is_active else None
    if await key_values.get(_KEY) == digest:
        return
    for repo in sites:
        await mirror.renew_versions(repo)
    await key_values.put(_KEY, digest)
