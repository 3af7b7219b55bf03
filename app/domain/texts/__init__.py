"""Texts that a person reads: how they are shortened, and in which direction they run."""
