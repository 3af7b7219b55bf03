"""Purging caches in front: who calls the owner's CDN after a change, and when."""
