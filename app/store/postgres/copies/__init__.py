"""Copies of a store to and from a database."""
