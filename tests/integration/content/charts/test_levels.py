"""Levels and shares as pictures: their size, their alt text, and that they are the same each time."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.content.charts import Line, Marks, index_chart, note_key, share_chart

START = datetime(2025, 1, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
PNG = b"\x89PNG"


@pytest.mark.parametrize("draw", [index_chart, share_chart])
def test_charts_are_pictures_whose_alt_text_carries_the_figures(draw: object) -> None:
    at = [START + k * HOUR for k in range(30)]
    lines = [Line("AI agents", "#0072B2", at, [0.4 - k / 300 for k in range(30)])]
    lines.append(Line("Memes", "#E69F00", at, [None, *[0.6 + k / 300 for k in range(29)]]))
    png, alt = draw(lines, Marks())  # type: ignore[operator]
    assert png.startswith(PNG)
    width = int.from_bytes(png[16:20], "big")
    assert width == 1500  # twice what a page of 750 shows
    assert "AI agents" in alt
    assert ("-24.2 %" in alt) or ("30.3 %" in alt)


def test_the_same_facts_give_the_same_picture() -> None:
    at = [START, START + HOUR]
    lines = [Line("AI", "#0072B2", at, [1.0, 2.0])]
    assert index_chart(lines, Marks()) == index_chart(lines, Marks())


def test_notes_are_numbered_and_named_in_the_key() -> None:
    marks = Marks(notes=[(START, "TRUMP announced"), (START + HOUR, "Stargate\nannounced")])
    assert note_key(marks) == (
        "(1) TRUMP announced, 18 Jan 2025, 00:00 UTC · (2) Stargate announced, 18 Jan 2025, 01:00 UTC"
    )
