"""Implementations of the ports that reach outside the process: HTTP, clock, post sources, images, metrics."""
