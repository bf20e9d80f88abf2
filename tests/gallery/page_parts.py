"""The page with all that it can show, whole, on phone and desk, in light and dark: the market, and one rotation."""

from pathlib import Path

from playwright.sync_api import Browser

from monitor.model.rotation import MARKET
from monitor.store import rotations
from tests.gallery.extras import extras
from tests.kit.page_server import page_server
from tests.kit.waiting import eventually

NAME = "page"
TITLE = (
    "The page, with order books, perpetuals, vendors, headlines and a blind spell beside the bars"
)
WIDTHS = ((360, 1.5), (1200, 1.0))
DRAWN = "[...document.querySelectorAll('[data-chart]')].every(e => e.dataset.drawn || e.querySelector('p.status')?.textContent.startsWith('Too little'))"
THROUGH = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 400) { scrollTo(0, y); await new Promise(requestAnimationFrame); }
  scrollTo(0, 0);
}"""
OPENED = "document.querySelectorAll('details').forEach(part => { part.open = true; })"
OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def page_pictures(taken_by: Browser, made_in: Path, folder: Path) -> list[Path]:
    """Every picture; a page wider than its window is told."""
    folder.mkdir(parents=True, exist_ok=True)
    _, database, around = extras(made_in)
    with database.read() as conn:
        known = rotations.newest_rotations(conn, limit=20)
    pair = next(r for r in known if r.is_on and MARKET not in r.pair)
    single = next(r for r in known if MARKET in r.pair)
    parts = {
        "market": "/?range=7d",
        "rotation": f"/?rotation={pair.id}",
        "one-sided": f"/?rotation={single.id}",
    }
    files = []
    with page_server(around, around.clock) as address:
        for name, path in parts.items():
            for width, scale in WIDTHS:
                for scheme in ("light", "dark"):
                    file = folder / f"{name}-{width}-{scheme}.png"
                    over = _photograph(
                        taken_by, address + path, file, width, scale, dark=scheme == "dark"
                    )
                    if over > 0:
                        print(f"{NAME}: {file.stem} is {over} pixels wider than its window")
                    files.append(file)
    database.close()
    return files


def _photograph(
    taken_by: Browser, address: str, file: Path, width: int, scale: float, *, dark: bool
) -> int:
    context = taken_by.new_context(
        viewport={"width": width, "height": 800},
        device_scale_factor=scale,
        color_scheme="dark" if dark else "light",
    )
    try:
        page = context.new_page()
        page.goto(address)
        page.evaluate(THROUGH)
        eventually(lambda: bool(page.evaluate(DRAWN)), what="every chart is drawn")
        page.evaluate(OPENED)
        over = int(page.evaluate(OVER))
        page.screenshot(path=file, full_page=True)
    finally:
        context.close()
    return over
