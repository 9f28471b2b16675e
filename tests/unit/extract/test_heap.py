"""What a page took is given back when it is done, so that the next page, in another thread, can have it."""

import platform
import subprocess
import sys

import pytest

# How many blocks of 16 are mapped by themselves (and so go back to the system as they are freed), after a larger one
# has been freed, from which glibc learns to keep such blocks.
PROGRAM = """
import ctypes, sys
from extract.sandbox import process_limits

if sys.argv[1] == "given back":
    process_limits.configure_malloc()

class Told(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks",
                                                 "fsmblks", "uordblks", "fordblks", "keepcost")]

library = ctypes.CDLL(None)
library.mallinfo.restype = Told
del [bytearray(8_000_000)][:]
before = library.mallinfo().hblks
blocks = [bytearray(1_000_000) for _ in range(16)]
print(library.mallinfo().hblks - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's own habits")
@pytest.mark.parametrize(("how", "mapped"), [("given back", 16), ("kept", 0)])
def test_pages_are_blocks_that_go_back_to_the_system(how: str, mapped: int) -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
    assert int(told.stdout) == mapped
