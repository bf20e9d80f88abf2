"""The quick way through a file takes only what the slow one takes, and reads it alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.files.file_times import TimeForm, microseconds
from monitor.files.plain_rows import plain_times
from monitor.ingest.validation.candles import are_plainly_sound, bar_fault
from monitor.ingest.venues.rows import RawCandle

FIGURE = st.sampled_from(
    [0.0, -1.0, 1e-9, 0.5, 1.0, 1.1, 2.0, 100.0, 1e30, float("nan"), float("inf")]
)
PLAIN = (
    ["2025-01-19T05:00:00Z", "2024-02-29T23:55:00Z"],
    ["2025-01-19 05:00:00+00:00", "2025-01-19T05:05:00+00:00"],
    ["1737262800", "1737263100"],
    ["1737262800000"],
    ["1737262800000000"],
)
OTHER: tuple[list[str], ...] = (
    ["2025-01-19T05:00:00Z", "2025-01-19"],
    ["2025-01-19T05:00:00"],
    ["2025-02-30T05:00:00Z"],
    ["2025-01-19T05:00:00+01:00"],
    ["01/02/2025 05:00:00 Z"],
    ["1737262800", "1737262800000"],
    ["2025-01-19T05:00:00é"],
    [""],
    [],
)


@pytest.mark.parametrize("cells", PLAIN, ids=str)
def test_plain_times_are_read_as_any_others(cells: list[str]) -> None:
    found = plain_times(cells)
    assert found is not None
    assert found.tolist() == [microseconds(cell, TimeForm(naive_utc=True)) for cell in cells]


@pytest.mark.parametrize("cells", OTHER, ids=str)
def test_all_other_times_are_left_to_who_says_what_is_wrong(cells: list[str]) -> None:
    assert plain_times(cells) is None


@given(
    st.lists(FIGURE, min_size=5, max_size=5),
    st.one_of(st.none(), FIGURE),
    st.one_of(st.none(), FIGURE),
)
def test_what_is_plainly_sound_has_no_fault(
    required: list[float], quote: float | None, taker: float | None
) -> None:
    figures = [*required, *(np.nan if v is None else v for v in (quote, taker))]
    given_ = np.array([[quote is not None], [taker is not None]])
    (sound,) = are_plainly_sound(np.array(figures).reshape(7, 1), given_)
    open_, high, low, close, base = required
    fault = bar_fault(RawCandle(None, open_, high, low, close, base, quote, taker))
    assert not (sound and fault), fault


def test_a_usual_bar_is_plainly_sound() -> None:
    figures = np.array([1.0, 1.2, 0.9, 1.1, 100.0, 105.0, 60.0]).reshape(7, 1)
    assert are_plainly_sound(figures, np.array([[True], [True]])).all()
    figures[5:] = np.nan
    assert are_plainly_sound(figures, np.array([[False], [False]])).all()
