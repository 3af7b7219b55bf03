"""Texts that a person reads, and how they are shortened."""
