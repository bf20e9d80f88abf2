"""Golden files: what was read once and trusted since.

``MONITOR_GOLDEN=write pytest ...`` writes them anew; the difference is to be read before it is kept.
"""

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """The text is that of the golden file, to the letter."""
    file = GOLDEN / name
    if os.environ.get("MONITOR_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
