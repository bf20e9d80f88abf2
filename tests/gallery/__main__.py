"""``python -m tests.gallery --out DIR [--only CASE]``: every case to pictures, contact sheets and an index.

``python -m tests.gallery --readme`` draws the README's pictures anew.
"""

import argparse
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Browser

from tests.gallery import page_parts
from tests.gallery.camera import Scheme, Shot, browser, photograph
from tests.gallery.case import Case
from tests.gallery.channel_play import channel_of
from tests.gallery.january import january_cases
from tests.gallery.made_up import made_up_cases
from tests.gallery.mail_pages import letters_of, mail_html
from tests.gallery.readme import readme_pictures
from tests.gallery.sheets import contact_sheet, index_html
from tests.gallery.slack_layout import page
from tests.gallery.terminal import WIDTHS, screens_of, terminal_html

REAL = ("january", "launch-day")
MAIL_WIDTHS = ((360, 2.0), (600, 1.0), (1200, 1.0))
SLACK_WIDTHS = ((360, 2.0), (700, 1.0))
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
LONGEST_MAIL = 100_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what is too wide or too long; looking at the rest is for people."""
    parser = argparse.ArgumentParser(prog="python -m tests.gallery", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, help="folder of the pictures")
    where.add_argument("--readme", action="store_true", help="the pictures of the README alone")
    parser.add_argument("--only", help="one case")
    chosen = parser.parse_args(arguments)
    if chosen.readme:
        with browser() as taken_by:
            for file in readme_pictures(taken_by):
                print(f"{file.name}: {file.stat().st_size // 1000} kB")
        return
    with tempfile.TemporaryDirectory(prefix="gallery-") as folder, browser() as taken_by:
        shown = {}
        for case, shots in drawn_ahead(cases(Path(folder), chosen.only)):
            files = render(case, shots, chosen.out / case.name, taken_by)
            contact_sheet(files, chosen.out / f"sheet-{case.name}.png")
            shown[case.name] = (case.title, files)
            print(f"{case.name}: {len(files)} pictures")
        if chosen.only in (None, page_parts.NAME):
            files = page_parts.page_pictures(taken_by, Path(folder), chosen.out / page_parts.NAME)
            shown[page_parts.NAME] = (page_parts.TITLE, files)
            print(f"{page_parts.NAME}: {len(files)} pictures")
    (chosen.out / "index.html").write_text(index_html(shown), encoding="utf-8")


def cases(folder: Path, only: str | None) -> list[Case]:
    """Those to render; the real episode is run only where it is wanted."""
    if only == page_parts.NAME:
        return []
    found = january_cases(folder) if only is None or only in REAL else []
    found += made_up_cases()
    wanted = [case for case in found if only in (None, case.name)]
    if not wanted:
        raise SystemExit(f"found {only!r}, expected one of {', '.join(c.name for c in found)}")
    return wanted


def drawn_ahead(found: Sequence[Case]) -> Iterator[tuple[Case, list[Shot]]]:
    """Each case with its pages; those of the next are made while the browser is at work."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        made = [beside.submit(shots_of, case) for case in found]
        for case, pages in zip(found, made, strict=True):
            yield case, pages.result()


def render(case: Case, shots: Sequence[Shot], folder: Path, taken_by: Browser) -> list[Path]:
    """Every picture of a case; a page wider than its window is told."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for shot in shots:
        file, over = photograph(taken_by, shot, folder)
        files.append(file)
        if over > 0:
            print(f"{case.name}: {shot.name} is {over} pixels wider than its window")
    return files


def shots_of(case: Case) -> list[Shot]:
    """Slack at two widths, both mails at three, the terminal at two; all but the terminal on two grounds."""
    shots = []
    posts = channel_of(case)
    if posts:
        shots += _on_both_grounds("slack", page(posts), SLACK_WIDTHS)
    letters = letters_of(case)
    for name, letter in letters.items():
        html = mail_html(letter)
        size = len(html.encode()) - sum(4 * len(p.png) // 3 for p in letter.pictures)
        if size > LONGEST_MAIL:
            print(f"{case.name}: the {name}'s HTML has {size} bytes")
        shots += _on_both_grounds(name, html, MAIL_WIDTHS)
    screens = screens_of(case, letters)
    for columns in WIDTHS:
        shots.append(Shot(f"terminal-{columns}", terminal_html(screens, columns), 10 * columns))
    return shots


def _on_both_grounds(name: str, html: str, widths: Iterable[tuple[int, float]]) -> list[Shot]:
    return [
        Shot(f"{name}-{width}-{scheme}", html, width, scheme, scale)
        for width, scale in widths
        for scheme in SCHEMES
    ]


if __name__ == "__main__":
    main()
