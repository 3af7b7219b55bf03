"""The job queue: durable notes that a thread needs a refresh.

A job is stored before anything else happens. Only a run that began after its latest enqueueing removes it, so no
crash of any process loses one. There is at most one job a thread.

| state   | stored as                       | entered by                            | left by                          |
|---------|---------------------------------|---------------------------------------|----------------------------------|
| waiting | `due_at` ahead                  | `retry_at`, `complete` of an older run| time, a more urgent `enqueue`    |
| due     | `due_at` reached, no claim      | `enqueue`, the end of a claim         | `claim`, `cancel`                |
| running | `worker_id` and `claimed_until` | `claim`, extended by `heartbeat`      | `complete`, `retry_at`, `cancel` |
| gone    | no row                          | `complete`, `cancel`                  | `enqueue`                        |

Who changes what: webhook intake and readers enqueue; workers claim, heartbeat and end their own claim; a closing
process releases its claims. Each enqueueing raises the `generation`. A run ends only the generation that it claimed:
a job enqueued during the run stays, and is due again.

What survives a crash: every job, its priority, attempts and `due_at`. A claim ends 15 s after its last heartbeat, and
another worker runs the job again. A doubled run does no harm.
"""

from dataclasses import dataclass, field
from typing import Protocol

from app.domain.priority import Priority
from app.domain.sites import Repository


@dataclass(frozen=True, slots=True)
class Job:
    """A durable note: refresh this thread."""

    repo: Repository
    number: int
    """The thread's number, or `REPOSITORY_NUMBER` for the repository itself."""
    priority: Priority
    """The most urgent one of all its enqueueings."""
    full: bool
    """True if lists of changes cannot tell what happened, for example a deletion: only the thread itself does.
    For a check: even if the thread was checked a moment ago."""
    generation: int
    """Grows with every enqueueing: a run completes only the generation that it claimed."""
    enqueued_at: float
    """When it was first enqueued, epoch seconds."""
    due_at: float
    """It is not run before this time."""
    attempts: int = 0
    """How many runs in a row have failed."""
    worker_id: str | None = field(default=None, compare=False)
    """The worker that claimed it; None if it was only looked up."""


class Jobs(Protocol):
    """The queue, durable and common to all processes. Each method is one transaction and may raise `StoreError`."""

    async def enqueue(
        self, repo: Repository, number: int, priority: Priority, *, at: float, full: bool = False
    ) -> None:
        """Store a job, or raise the generation of the thread's job.

        An existing job keeps the more urgent priority and stays full. A job for both a reader and a delivery is full:
        a complete thread does not answer the delivery. A new job, or one with a more urgent priority, is due at once.
        Otherwise it stays due when it was, but within a minute if no run has failed. After a failed run a delivery
        makes it due within five seconds: GitHub may respond again, and many deliveries must not cost a request each.
        """

    async def due(self, *, at: float) -> tuple[Job, ...]:
        """Return the due jobs without a claim, by priority, then by age.

        A `due_at` or a claim more than an hour after `at` was recorded before the clock was set back. It delays no
        run, here and in `claim`.
        """

    async def find(self, repo: Repository, number: int) -> Job | None:
        """Return the thread's job, claimed or not; None after its completion."""

    async def claim(self, repo: Repository, number: int, *, worker_id: str, at: float, until: float) -> Job | None:
        """Claim the job until `until`; return None if it is not due or another claim lasts."""

    async def heartbeat(self, job: Job, *, until: float) -> bool:
        """Extend the claim; return False, and change nothing, if another worker holds it now."""

    async def complete(self, job: Job, *, next_at: float) -> bool:
        """Remove the job after a successful run and return True.

        A job that was enqueued during the run stays, without a claim, due no earlier than `next_at`, with no attempts:
        then return False. Here and in `retry_at` and `cancel`, a later claim of another worker stays as it is.
        """

    async def retry_at(self, job: Job, until: float) -> None:
        """Release the job after a failed run, due at `until`, with one attempt more."""

    async def release(self, worker_id: str) -> None:
        """Release all claims of a worker that ends."""

    async def cancel(self, job: Job) -> None:
        """Remove the job without a run; one that was enqueued again is only released."""
