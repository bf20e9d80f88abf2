"""The alert's picture tells the same as the message, in its alt text too."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from monitor.content.charts import render_alert_png
from monitor.model.state import SectorState
from monitor.model.universe import Membership, Sector
from tests.integration.content.charts.states import state
from tests.kit import rotations as samples
from tests.kit.rotations import DETECTED

SECTORS = (
    Sector("ai-agents", "AI agents", (Membership("VIRTUAL"),), "#0072B2"),
    Sector("memes", "Memes", (Membership("TRUMP"),), "#E69F00"),
    Sector("benchmark", "Market", (Membership("BTC"),), "#7F7F7F", benchmark=True),
)
HOUR = timedelta(hours=1)
DETECTION_LESS_A_DAY = DETECTED - 24 * HOUR
LEVELS = {"ai-agents": (1000.0, 896.0), "memes": (500.0, 511.5), "benchmark": (100.0, 96.8)}
VOLUMES = {"ai-agents": (0.29, 0.11), "memes": (0.34, 0.52), "benchmark": (None, None)}


def series() -> list[tuple[object, SectorState]]:
    """72 h to the detection; only the ends move."""
    rows: list[tuple[object, SectorState]] = []
    for k in range(73):
        for sector in SECTORS:
            last = k == 72
            made = replace(
                state(sector.id, 0, share=None if sector.benchmark else 0.5),
                index=LEVELS[sector.id][last],
                volume_share=VOLUMES[sector.id][last],
            )
            rows.append((DETECTED + (k - 72) * HOUR, made))
    return rows


def drawn(**changes: object) -> tuple[bytes, str]:
    rows: Sequence[object] = series()
    return render_alert_png(rows, samples.confirmed(**changes), SECTORS)  # type: ignore[arg-type]


def test_alt_text_carries_every_figure_of_the_picture() -> None:
    png, alt = drawn()
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 1500
    assert alt == (
        "Indices from 18 Jan 2025, 11:05 UTC to 19 Jan 2025, 11:05 UTC: AI agents -10.4 %, Memes +2.3 %;"
        " share of traded volume in 24 h: AI agents 29.0 % to 11.0 %, Memes 34.0 % to 52.0 %;"
        " detected 19 Jan 2025, 11:05 UTC; began about 19 Jan 2025, 05:00 UTC"
    )


def test_a_rotation_into_the_rest_of_the_market_is_drawn_against_the_market() -> None:
    _, alt = drawn(to_sector="*")
    assert "AI agents -10.4 %, Market -3.2 %" in alt
    assert "share of traded volume in 24 h: AI agents 29.0 % to 11.0 %;" in alt


def test_the_picture_is_measured_from_where_the_messages_window_begins() -> None:
    rows = [
        (at, replace(s, index=s.index * 2, volume_share=(s.volume_share or 0.0) / 2))
        if at < DETECTION_LESS_A_DAY  # type: ignore[operator]
        else (at, s)
        for at, s in series()
    ]
    _, alt = render_alert_png(rows, samples.confirmed(), SECTORS)  # type: ignore[arg-type]
    assert "AI agents -10.4 %, Memes +2.3 %" in alt
    assert "AI agents 29.0 % to 11.0 %" in alt


def test_an_unknown_beginning_is_left_out() -> None:
    _, alt = drawn(started_at=None)
    assert "began" not in alt


def test_without_history_the_picture_says_so() -> None:
    png, alt = render_alert_png([], samples.confirmed(), SECTORS)
    assert png.startswith(b"\x89PNG")
    assert alt == "AI agents → Memes: no history yet"


def test_a_banner_stands_in_the_alt_text() -> None:
    rows: Sequence[object] = series()
    _, alt = render_alert_png(
        rows,  # type: ignore[arg-type]
        samples.confirmed(),
        SECTORS,
        banner="demo · reconstruction",
    )
    assert alt.startswith("demo · reconstruction; ")
