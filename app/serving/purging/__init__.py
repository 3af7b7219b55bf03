"""What documents tell caches about themselves, so that a change can purge them."""
