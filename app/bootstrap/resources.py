"""What a running application uses of the world."""

from dataclasses import dataclass

from app.outbound.metrics import PrometheusMetrics
from app.outbound.purges import HttpPurges
from app.ports.github import GitHub
from app.ports.images import ImageSource, ImageStore
from app.serving.owner.history_recorder import HistoryRecorder


@dataclass(frozen=True, slots=True)
class Resources:
    """What the application uses of the world; `open_rest` opens and closes it."""

    github: GitHub
    image_source: ImageSource
    image_store: ImageStore
    session_secret: bytes
    metrics: PrometheusMetrics
    recorder: HistoryRecorder
    cdn: HttpPurges | None = None
    """Who is called after changes."""
