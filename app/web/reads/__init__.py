"""Reads of documents: what their addresses mean, with the framework and before it."""
