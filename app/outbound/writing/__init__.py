"""Writes issues to GitHub, numbers to pages, and the journal of both."""
