"""What the operating system holds a child to: processor time, memory, no files."""

import resource

from extract.limits import Limits


def bound(limits: Limits, size: int) -> None:
    """Bind this process: time to open a file, memory beyond the libraries and the file, no writing, no core dump."""
    spent = _spent()
    seconds = int(spent + limits.cpu_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, int(spent + limits.cpu_for(limits.max_pages)) + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    mapped = _mapped_bytes()
    if mapped:
        ceiling = mapped + size + limits.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))


def allow(limits: Limits, pages: int) -> None:
    """Once the pages are counted, allow each of them its share of time."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if soft == resource.RLIM_INFINITY:
        return
    wanted = int(_spent() + limits.cpu_for(pages)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (min(max(soft, wanted), hard), hard))


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _mapped_bytes() -> int:
    """This process's address space, 0 where the system does not tell (only Linux does, and Lambda is Linux)."""
    try:
        with open("/proc/self/statm") as statm:  # noqa: PTH123 - pathlib would be imported for this alone
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0
