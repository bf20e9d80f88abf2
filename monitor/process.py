"""What the operating system tells of this process."""

from pathlib import Path

PAGE = 4096


def rss_bytes() -> int | None:
    """Resident memory in bytes; None where the system does not say."""
    try:
        fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(fields[1]) * PAGE
