"""GitHub's protocol without I/O: what to ask, and what an answer means."""
