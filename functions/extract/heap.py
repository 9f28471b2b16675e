"""Memory of large blocks goes back to the system when they are freed, and is not kept for blocks like them.

Pages are blocks of up to some megabytes, made and freed by forty threads. Left to itself glibc learns from the first
of them to keep all others in its heaps, a heap a thread, and what is free in one is no use to another.
"""

import ctypes
from contextlib import suppress

# From glibc's malloc.h. Setting the threshold also ends the learning.
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE_BYTES = 256 * 1024
_HEAPS = 2


def give_large_blocks_back() -> None:
    """Where the C library is another one, nothing is changed."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        library.mallopt(_M_ARENA_MAX, _HEAPS)
