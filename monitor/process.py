"""What the operating system tells of this process, and what is given back to it."""

import ctypes
import gc
from pathlib import Path

PAGE = 4096


def rss_bytes() -> int | None:
    """Resident memory in bytes; None where the system does not say."""
    try:
        fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(fields[1]) * PAGE


def return_free_memory() -> None:
    """Give back what the C library keeps of freed memory, where it can: between its pieces the process would only grow."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return


_GARBAGE_AT = 100_000
"""Objects that may stand in circles, beyond those that went, before they are looked for: the values of ten pages and more."""


def spare_the_program() -> None:
    """Do not look for garbage among what is loaded by now, nor often: for a process that soon ends, whose thousands of values go
    with their last reference.
    """
    gc.freeze()
    gc.set_threshold(_GARBAGE_AT)
