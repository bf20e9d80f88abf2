"""Every case that messages must stand, rendered to pictures to look at: ``python -m tests.gallery --out DIR``."""

from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")
