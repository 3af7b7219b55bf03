"""What asks GitHub who approved comments in a running application."""

from app.domain.moderation.rules import ModerationRules
from app.jobs.approvals.pending import PendingApprovals
from app.ports.clock import Clock
from app.ports.mirror import Notify
from app.ports.store import Store
from app.serving.moderation.holds import Holds
from app.sync.approvals.reactions import ReactionReader
from app.sync.commit import Committer
from app.sync.rate_budget import RateBudget


def make_approvals(
    rules: ModerationRules,
    holds: Holds | None,
    store: Store,
    clock: Clock,
    *,
    budget: RateBudget,
    committer: Committer,
    notify: Notify,
) -> PendingApprovals | None:
    """Return what asks who approved comments; None if no reaction approves."""
    if holds is None or rules.approval is None:
        return None
    reader = ReactionReader(rules, budget, store.mirror, committer, notify, clock)
    return PendingApprovals(rules, reader, store.mirror, holds, store.key_values, clock)
