"""What is believed of a vendor's figure, and in which words the rest is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.analytics.vendor_bounds import why_implausible
from monitor.model.vendor_reading import VendorFigure, VendorReading

DAY = datetime(2025, 1, 2, tzinfo=UTC)
ASKED = datetime(2025, 1, 4, 6, tzinfo=UTC)
QUIET = [8e3, 7e3, 9e3, 8.5e3]


def of(
    figure: VendorFigure, value: float, at: datetime = DAY, earlier: list[float] | None = None
) -> str | None:
    return why_implausible(
        VendorReading("VIRTUAL", figure, value, at, "defillama", ASKED), earlier or []
    )


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        (
            VendorFigure.DAILY_REVENUE,
            1_594_093.0,
        ),  # the day of its peak, two hundred times a quiet one
        (VendorFigure.DAILY_FEES, 0.0),
        (VendorFigure.CHANGE_24H, -0.4),
    ],
)
def test_what_happens_is_believed(figure: VendorFigure, value: float) -> None:
    assert of(figure, value, earlier=QUIET) is None


@pytest.mark.parametrize(
    ("figure", "value", "earlier", "words"),
    [
        (VendorFigure.DAILY_FEES, -1.0, [], "found -1, expected 0 to 1e+14"),
        (VendorFigure.DAILY_FEES, float("nan"), [], "found nan, expected 0 to 1e+14"),
        (VendorFigure.DAILY_FEES, float("inf"), [], "found inf, expected 0 to 1e+14"),
        (VendorFigure.CHANGE_24H, -1.5, [], "found -1.5, expected -1 to 10"),
        (VendorFigure.MARKET_CAP, 0.0, [], "found 0, expected a market cap"),
        (
            VendorFigure.DAILY_FEES,
            1e10,
            QUIET,
            "found 10,000,000,000, which is 1.21e+06 times the usual 8,250",
        ),
        (
            VendorFigure.MARKET_CAP,
            1e9,
            [9e9, 9.1e9, 9e9],
            "found 1,000,000,000, which is 0.111 times the usual 9,000,000,000",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    figure: VendorFigure, value: float, earlier: list[float], words: str
) -> None:
    assert of(figure, value, earlier=earlier) == words


@pytest.mark.parametrize(
    "at",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2099, 1, 1, tzinfo=UTC),
        DAY + timedelta(hours=3),
    ],
)
def test_a_day_that_is_none_is_refused(at: datetime) -> None:
    assert of(VendorFigure.DAILY_FEES, 1.0, at) is not None


def test_two_earlier_figures_make_nothing_usual() -> None:
    assert of(VendorFigure.DAILY_FEES, 1e10, earlier=QUIET[:2]) is None
