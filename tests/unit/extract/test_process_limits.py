"""The memory of a page is returned to the system when it is freed, so that another thread can use it."""

import platform
import subprocess
import sys

import pytest

# Prints how many of 16 blocks are mapped separately (and so returned to the system when freed) after a larger block was
# freed, from which glibc adapts its threshold.
PROGRAM = """
import ctypes, sys
from extract.sandbox import process_limits

if sys.argv[1] == "configured":
    process_limits.configure_malloc()

class MallocInfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks",
                                                 "fsmblks", "uordblks", "fordblks", "keepcost")]

library = ctypes.CDLL(None)
library.mallinfo.restype = MallocInfo
del [bytearray(8_000_000)][:]
before = library.mallinfo().hblks
blocks = [bytearray(1_000_000) for _ in range(16)]
print(library.mallinfo().hblks - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="tests the behaviour of glibc")
@pytest.mark.parametrize(("mode", "mapped"), [("configured", 16), ("default", 0)])
def test_freed_pages_are_returned_to_the_system(mode: str, mapped: int) -> None:
    completed = subprocess.run([sys.executable, "-c", PROGRAM, mode], capture_output=True, text=True, check=True)
    assert int(completed.stdout) == mapped
