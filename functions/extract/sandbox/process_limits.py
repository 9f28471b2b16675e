"""Limits of a process: processor time, memory and files by rlimits, and how malloc keeps freed memory."""

import ctypes
import resource
from contextlib import suppress

from extract.limits import DocumentLimits

# From glibc's malloc.h. Setting the threshold also stops glibc from adapting it.
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE_BYTES = 256 * 1024
_MAX_ARENAS = 2


def set_rlimits(limits: DocumentLimits, size: int) -> None:
    """Limit this process before it opens a file of `size` bytes.

    Processor time for opening the file, memory beyond the libraries and the file, no writing of files, no core dump.
    """
    used_seconds = _get_cpu_seconds()
    seconds = int(used_seconds + limits.cpu_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, int(used_seconds + limits.get_cpu_seconds(limits.max_pages)) + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    mapped = _get_mapped_bytes()
    if mapped:
        ceiling = mapped + size + limits.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))


def extend_cpu_limit(limits: DocumentLimits, pages: int) -> None:
    """Allow processor time for each page, once the pages are counted."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if soft == resource.RLIM_INFINITY:
        return
    wanted = int(_get_cpu_seconds() + limits.get_cpu_seconds(pages)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (min(max(soft, wanted), hard), hard))


def _get_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _get_mapped_bytes() -> int:
    """The size of this process's address space; 0 if unknown (only Linux reports it, and Lambda is Linux)."""
    try:
        with open("/proc/self/statm") as statm:  # noqa: PTH123 - pathlib would be imported for this alone
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def configure_malloc() -> None:
    """Return large blocks to the system when they are freed. With a C library other than glibc nothing changes.

    Pages are blocks of up to some megabytes, allocated and freed by forty threads. By default glibc adapts its
    threshold to the first of them and keeps all others in its arenas, one a thread; memory that is free in one arena
    is of no use to another.
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        library.mallopt(_M_ARENA_MAX, _MAX_ARENAS)
