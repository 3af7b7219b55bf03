"""The archive of a branch, as GitHub sends it."""
