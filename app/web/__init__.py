"""The HTTP interface: the API, the GitHub-compatible API, the webhook, health, the pages, and the middleware."""
