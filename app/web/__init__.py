"""What HTTP sees: the native API, the GitHub-compatible API, health, and the edge they share."""
