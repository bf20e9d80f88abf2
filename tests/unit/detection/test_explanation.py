"""What would end a rotation."""

from monitor.detection.explanation import ends_at
from monitor.detection.parameters import DetectionParameters
from tests.unit.detection.stage import Stage

PAIR = ("ai", "memes")


def test_an_open_rotation_ends_after_two_hours_under_the_bound() -> None:
    (opened,) = Stage().steps(2, {PAIR: 2.6})
    assert ends_at(opened.rotation, DetectionParameters()) == (1.2, 2.0)


def test_a_confirmed_rotation_ends_when_the_hours_that_are_set_are_over() -> None:
    confirmed = Stage().hours(1, {PAIR: 3.4})[-1]
    assert ends_at(confirmed.rotation, DetectionParameters(off=1.0)) == (1.0, 18.0)
