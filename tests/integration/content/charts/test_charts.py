"""What charts say: their bytes are pictures, their alt text carries the figures, and emptiness is said."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from monitor.content.charts import (
    Line,
    Marks,
    Tail,
    flow_chart,
    index_chart,
    note_key,
    relative_chart,
    share_chart,
)
from monitor.content.charts.canvas import (
    legend,
    new_figure,
    paint_marks,
    shown,
    styled,
    tick,
    united,
)
from monitor.content.charts.levels import share_figure
from monitor.content.charts.marks import day_number, rebased
from monitor.content.charts.relative import day_places, name_places

START = datetime(2025, 1, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
AT = [START + k * HOUR for k in range(4)]
Draw = Callable[[Sequence[Line], Marks], tuple[bytes, str]]


def line(*values: float | None, name: str = "AI agents", color: str = "#0072B2") -> Line:
    return Line(name, color, AT[: len(values)], values)


def hour(k: int) -> datetime:
    return START + k * HOUR


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_flow_tells_the_signed_sum_of_the_hours_it_shows() -> None:
    png, alt = flow_chart([line(-20e6, None, -11.2e6), line(88e6, name="Memes")], Marks())
    assert size(png) == (1500, 1170)
    assert (
        alt
        == "Net flow by the hour, sum of the hours shown, roughly: AI agents -$30 M, Memes +$90 M"
    )


def test_flow_that_nobody_told_is_unknown_and_never_zero() -> None:
    png, alt = flow_chart([line(None, None), line(name="Memes")], Marks())
    assert size(png)[0] == 1500
    assert alt == "Net flow by the hour: unknown"
    _, one = flow_chart([line(1e6, 2e6), line(None, None, name="Memes")], Marks())
    assert one.endswith("AI agents +$3 M, Memes unknown")


@pytest.mark.parametrize("draw", [index_chart, share_chart, flow_chart])
def test_no_data_is_a_picture_with_words(draw: Draw) -> None:
    for lines in ([], [line()], [line(None, None)]):
        png, alt = draw(lines, Marks())
        assert size(png)[0] == 1500
        assert "0.0" not in alt


@pytest.mark.parametrize("draw", [index_chart, share_chart, flow_chart])
def test_an_empty_picture_takes_little_room(draw: Draw) -> None:
    png, _ = draw([], Marks())
    assert size(png) == (1500, 390)


def test_each_share_has_a_scale_of_its_own_so_that_a_small_sector_is_seen_to_move() -> None:
    figure = share_figure([line(0.057, 0.06), line(0.943, 0.94, name="Memes")], Marks())
    small, large = figure.axes
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == [
        "AI agents 6.0 % (+0.3 pp)",
        "Memes 94.0 % (-0.3 pp)",
    ]
    for axes, level in ((small, 5.85), (large, 94.15)):
        low, high = axes.get_ylim()
        assert low < level < high
        assert high - low < 1  # per cent


def test_a_sector_without_members_has_no_panel_and_a_blind_hour_is_a_gap() -> None:
    figure = share_figure([line(0.25, None, 0.5), line(None, None, None, name="New")], Marks())
    (axes,) = figure.axes
    (drawn,) = axes.lines
    values = list(map(float, drawn.get_ydata()))  # type: ignore[arg-type]
    assert (values[0], values[2]) == (25.0, 50.0)
    assert math.isnan(values[1])


def test_the_legend_says_what_shade_hatch_and_dashes_mean() -> None:
    marks = Marks(
        spans=[(AT[0], AT[1], "#E69F00")],
        blind=[(AT[1], AT[2])],
        launches=[(AT[2], "TRUMP")],
        notes=[(AT[1], "Stargate")],
    )
    figure = new_figure("")
    axes = styled(figure.add_subplot())
    axes.plot([0.0, 1.0], [0.0, 1.0], label="AI agents")
    legend(axes, marks, window="message's 24 h")
    (drawn,) = figure.legends
    assert [text.get_text() for text in drawn.get_texts()] == [
        "AI agents",
        "message's 24 h",
        "rotation (to)",
        "no data",
        "launch",
        "note",
    ]


def test_shades_of_rotations_into_the_same_sector_do_not_add_up() -> None:
    spans = [(hour(0), hour(9), "#E69F00"), (hour(3), hour(12), "#E69F00"), (hour(3), hour(5), "#0072B2"),
             (hour(14), hour(15), "#E69F00")]  # fmt: skip
    assert united(spans) == [
        (hour(3), hour(5), "#0072B2"),
        (hour(0), hour(12), "#E69F00"),
        (hour(14), hour(15), "#E69F00"),
    ]


def test_names_that_would_cover_each_other_move_apart() -> None:
    placed = name_places({"AI agents": (100.0, 100.0), "Memes": (100.1, 100.02)}, 2.0)
    assert placed["Memes"][1] - placed["AI agents"][1] >= 0.2
    apart = name_places({"AI agents": (98.5, 100.0), "Memes": (101.5, 100.0)}, 2.0)
    assert apart["AI agents"][1] == apart["Memes"][1]


def test_a_day_stands_at_an_oldest_dot_only_where_nothing_else_does() -> None:
    names = {"AI agents": (100.0, 100.2)}
    starts = [("13 Jan", (100.0, 100.1)), ("13 Jan", (98.6, 99.0)), ("14 Jan", (98.7, 99.05))]
    assert day_places(starts, names, 2.0) == [("13 Jan", (98.6, 99.12))]


def test_relative_rotation_names_the_quadrant_of_each_sector() -> None:
    tails = [
        Tail("AI agents", "#0072B2", [(math.nan, math.nan), (100.5, 99.0), (99.2, 98.6)]),
        Tail("Memes", "#E69F00", [(100.1, 100.2), (101.1, 100.4)]),
        Tail("New", "#009E73", [(math.nan, math.nan)]),
    ]
    png, alt = relative_chart(tails, "7 days")
    assert size(png)[0] == 1500
    assert alt == (
        "Relative rotation, where each sector stands:"
        " AI agents lagging (99.2, 98.6), Memes leading (101.1, 100.4)"
    )


def test_relative_rotation_without_history_says_so() -> None:
    _, alt = relative_chart([Tail("AI agents", "#0072B2", [(math.nan, 100.0)])])
    assert alt == "Relative rotation: too little history"


def test_same_facts_give_the_same_bytes() -> None:
    marks = Marks(notes=[(AT[1], "Stargate")], launches=[(AT[2], "TRUMP")], blind=[(AT[0], AT[1])])
    for draw in (index_chart, share_chart, flow_chart):
        assert draw([line(1, 2, 3, 2)], marks) == draw([line(1, 2, 3, 2)], marks)


def test_marks_beyond_the_data_do_not_stretch_the_time_axis() -> None:
    figure = new_figure("")
    axes = styled(figure.add_subplot())
    axes.set_xlim(day_number(AT[0]), day_number(AT[-1]))
    paint_marks(axes, Marks(launches=[(AT[1], "TRUMP")]))
    assert axes.get_xlim() == (day_number(AT[0]), day_number(AT[-1]))


def test_blind_spells_and_launches_are_hatched_and_differ() -> None:
    figure = new_figure("")
    axes = styled(figure.add_subplot())
    axes.set_xlim(day_number(AT[0]), day_number(AT[-1]))
    paint_marks(axes, Marks(blind=[(AT[0], AT[1])], launches=[(AT[2], "TRUMP")]))
    hatches = [patch.get_hatch() for patch in axes.patches]
    assert len(hatches) == 2
    assert None not in hatches
    assert hatches[0] != hatches[1]


def test_every_launch_is_named_and_neighbours_do_not_share_a_level() -> None:
    figure = new_figure("")
    axes = styled(figure.add_subplot())
    axes.set_xlim(day_number(AT[0]), day_number(AT[-1]))
    paint_marks(axes, Marks(launches=[(AT[1], "TRUMP"), (AT[2], "MELANIA\nmeme")]))
    assert [text.get_text() for text in axes.texts] == ["TRUMP", "MELANIA meme"]
    assert all(a.xy[1] != b.xy[1] for a, b in pairwise(axes.texts))  # type: ignore[attr-defined]


def test_rebasing_begins_at_the_first_known_value() -> None:
    values = rebased([None, 50.0, None, 60.0])
    assert values[1] == 100.0
    assert values[3] == 120.0
    assert math.isnan(values[0])
    assert math.isnan(values[2])


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2025, 1, 20, tzinfo=UTC), "20 Jan"),
        (datetime(2025, 1, 20, 6, tzinfo=UTC), "06:00"),
        (datetime(2024, 12, 1, tzinfo=UTC), "1 Dec"),
    ],
)
def test_ticks_name_the_day_at_midnight_and_the_hour_within(
    moment: datetime, expected: str
) -> None:
    assert tick(day_number(moment)) == expected


@pytest.mark.parametrize("nasty", ["$x$ <b>&_*" * 20, "$\\frac{", "漢字", "a\u202e\nb", "\\$^_{"])
def test_no_name_can_break_a_chart_or_be_read_as_a_formula(nasty: str) -> None:
    marks = Marks(
        notes=[(AT[0], nasty)], launches=[(AT[1], nasty)], subtitle=nasty, blind=[(AT[2], AT[3])]
    )
    for draw in (index_chart, share_chart, flow_chart):
        png, alt = draw([line(1, 2, name=nasty)], marks)
        assert size(png)[0] == 1500
        assert "\u202e" not in alt
    png, _ = relative_chart([Tail(nasty, "#0072B2", [(100.5, 99.0)])], nasty)
    assert size(png)[0] == 1500


def test_a_dollar_in_a_name_is_printed_as_one() -> None:
    assert shown("$AI\n$16Z") == r"\$AI \$16Z"


def test_notes_have_their_key_under_the_indices_and_are_on_no_other_level() -> None:
    noted, plain = Marks(notes=[(AT[1], "Stargate")]), Marks()
    assert share_chart([line(0.4, 0.5, 0.6)], noted) == share_chart([line(0.4, 0.5, 0.6)], plain)
    assert index_chart([line(1, 2, 3)], noted) != index_chart([line(1, 2, 3)], plain)
    assert note_key(noted) == "(1) Stargate, 18 Jan 2025, 01:00 UTC"
