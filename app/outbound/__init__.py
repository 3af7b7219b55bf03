"""Implementations of the ports that reach outside the process: HTTP, clock, post sources, images, metrics."""

import sys

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # httpx works without its command line, whose libraries take 3 MB
