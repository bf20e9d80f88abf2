"""What would end a rotation, in one line."""

from dataclasses import replace

from monitor.detection.explanation import what_would_end_it
from monitor.detection.parameters import DetectionParameters
from monitor.model.rotation import MARKET
from tests.unit.detection.stage import Stage

PAIR = ("ai", "memes")


def test_an_open_rotation_ends_after_two_hours_or_by_the_way_back() -> None:
    (opened,) = Stage().steps(2, {PAIR: 2.6})
    text = what_would_end_it(opened.rotation, DetectionParameters())
    assert text == "score under 1.2 for 2 h, or memes → ai confirmed"


def test_a_confirmed_rotation_ends_after_six_hours() -> None:
    confirmed = Stage().hours(1, {PAIR: 3.4})[-1]
    text = what_would_end_it(confirmed.rotation, DetectionParameters(off=1.0))
    assert text == "score under 1.0 for 6 h, or memes → ai confirmed"


def test_a_loss_into_the_market_has_no_way_back_to_name() -> None:
    (opened,) = Stage().steps(2, {PAIR: 2.6})
    lone = replace(opened.rotation, to_sector=MARKET)
    assert "→" not in what_would_end_it(lone, DetectionParameters())
