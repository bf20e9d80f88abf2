"""`monitor demo`, as a stranger types it first: a story on 100 columns, and the whole report of a day beside it."""

import re
from pathlib import Path

import pytest

from tests.integration.commands.stage import ROOT, Market


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """(folder, lines on standard output)."""
    out = tmp_path_factory.mktemp("demo") / "out"
    config = ROOT / "config" / "monitor.toml"
    market = Market(server=None, config=config, folder=out, now=None)  # type: ignore[arg-type]
    lines = market.monitor("demo", "--out", str(out)).stdout.splitlines()
    return out, lines


def test_the_first_line_says_that_it_is_a_reconstruction(
    shown: tuple[Path, list[str]],
) -> None:
    _, lines = shown
    assert lines[0].startswith("demo: January 2025, a reconstruction")
    assert "not a live feed" in lines[0]


def test_the_story_has_a_dozen_lines_and_fits_a_hundred_columns_without_colours(
    shown: tuple[Path, list[str]],
) -> None:
    out, lines = shown
    story = lines[2 : lines.index("", 2)]
    assert 6 < sum(line.startswith("2025-01-") for line in story) <= 12
    assert max(len(line) for line in lines if str(out) not in line) <= 100
    assert not any("\x1b" in line for line in lines)


def test_it_shows_the_alert_that_would_have_come_and_whose_figures_it_tells(
    shown: tuple[Path, list[str]],
) -> None:
    _, lines = shown
    begin = lines.index("The alert of 2025-01-19 06:00 UTC:")
    assert [line.strip() for line in lines[begin + 2 : begin + 4]] == [
        "Demo · reconstruction",
        "AI agents → Memes · WARNING · confirmed",
    ]
    assert any("monitor explain rot-" in line for line in lines[begin:])


def test_report_and_charts_lie_where_it_says(shown: tuple[Path, list[str]]) -> None:
    out, lines = shown
    assert f"The daily report of 20 January 2025: {out / 'report.html'}" in lines
    assert f"Its charts: {out / 'charts'}" in lines
    html = (out / "report.html").read_text(encoding="utf-8")
    assert re.search(r"<title>\[rotation\] demo · reconstruction: 20 Jan 2025: ", html)
    for title in ("To quote", "Sectors", "Rotations", "Charts", "Movers", "Launches and members", "Scorecard",
                  "Nearest misses", "Notes", "Data"):  # fmt: skip
        assert f"<h2>{title}</h2>" in html
    charts = sorted(file.name for file in (out / "charts").iterdir())
    assert charts == ["flows.png", "indices.png", "relative.png", "shares.png"]
    assert all((out / "charts" / name).read_bytes().startswith(b"\x89PNG") for name in charts)
