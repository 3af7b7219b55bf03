"""GitHub's protocol without I/O: build requests, decipher responses, verify webhooks."""
