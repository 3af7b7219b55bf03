"""What the access log writes, with the request id of each line."""

import logging
from typing import Any

from app.web.context import REQUEST_ID


class LineRecorder(logging.Handler):
    """A handler that records each line with the current request id."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append({**record.__dict__, "request_id": REQUEST_ID.get()})
