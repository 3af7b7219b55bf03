"""What the C library keeps of the memory that was freed."""

import ctypes
from contextlib import suppress

_M_ARENA_MAX = -8
"""The number of this option in glibc."""


def share_free_memory() -> None:
    """Let all threads allocate from one arena: what one has freed serves the others.

    By default glibc gives each thread an arena of its own, which keeps its largest size. With Python's lock two threads
    hardly ever allocate at the same time. https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def return_free_memory() -> None:
    """Return all free memory to the system; glibc itself only returns what is at the end.

    It takes about a millisecond for ten megabytes. https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    """
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
