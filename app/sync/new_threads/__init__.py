"""Threads for posts without one: which posts need one, which threads exist already, and making the others."""
