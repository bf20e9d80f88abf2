"""What a process waited for a core: how long it takes on a busy machine beyond that is its own doing."""

from contextlib import suppress
from pathlib import Path


def waited_s(process: int) -> float:
    """How long its threads were ready and had no core, together; 0 where the kernel does not say."""
    waited_ns = 0
    for file in Path(f"/proc/{process}/task").glob("*/schedstat"):
        with suppress(OSError):
            waited_ns += int(file.read_text(encoding="ascii").split()[1])
    return waited_ns / 1e9
