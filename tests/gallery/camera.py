"""Pages photographed whole by the real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from tests.gallery import CHROMIUM

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Shot:
    """``name``: of the file; ``width`` in pixels of a page at ``scale`` 1."""

    name: str
    html: str
    width: int
    scheme: Scheme = "light"
    scale: float = 1.0


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium; nothing is downloaded, and a page reaches no network."""
    with sync_playwright() as play:
        opened = play.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield opened
        finally:
            opened.close()


def photograph(taken_by: Browser, shot: Shot, folder: Path) -> tuple[Path, int]:
    """(the picture's file, by how many pixels the page is wider than the window)."""
    context = taken_by.new_context(
        viewport={"width": shot.width, "height": 600},
        device_scale_factor=shot.scale,
        color_scheme=shot.scheme,
        offline=True,
    )
    try:
        page = context.new_page()
        page.set_content(shot.html, wait_until="load")
        over = int(
            page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )
        file = folder / f"{shot.name}.png"
        page.screenshot(path=file, full_page=True)
    finally:
        context.close()
    return file, over
