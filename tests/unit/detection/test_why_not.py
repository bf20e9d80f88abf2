"""Why a pair was not flagged: what lacked, what had not lasted, what stood in the way."""

from dataclasses import replace
from datetime import timedelta

from monitor.content.wording.refusals import refusal_words
from monitor.detection.parameters import DetectionParameters
from monitor.detection.why_not import why_not
from monitor.model.rotation import MARKET, ChangeReason, Condition, PairReading
from tests.kit import rotations as samples

P = DetectionParameters()
FIVE = timedelta(minutes=5)
AT = samples.CONFIRMED + timedelta(hours=2)
MET = (Condition("score", 3.2, 2.4, met=True),)


def reading(minutes_before: int, score: float | None, *, qualified: bool = True) -> PairReading:
    return PairReading(
        from_sector="ai-agents",
        to_sector="memes",
        at=AT - timedelta(minutes=minutes_before),
        window_h=8,
        score=score,
        qualified=qualified,
        conditions=MET,
        price_witness=2.0,
        volume_witness=1.0,
        flow_witness=None,
    )


def test_what_has_held_is_counted_back_to_the_last_break() -> None:
    scores = {25: 3.3, 20: None, 15: 3.1, 10: 2.9, 5: 3.2, 0: 3.4}
    found = why_not([reading(m, s) for m, s in scores.items()], [], P, FIVE)
    assert found.lasted == timedelta(minutes=20)
    assert found.lasted_confirming == timedelta(minutes=10)
    assert (found.needs, found.needs_confirming) == (timedelta(minutes=30), timedelta(minutes=60))
    assert found.lacking == ()


def test_hourly_bars_need_two_of_them() -> None:
    found = why_not([reading(0, 3.4)], [], P, timedelta(hours=1))
    assert found.needs == found.needs_confirming == timedelta(hours=2)


def test_a_rotation_that_is_on_stands_in_the_way() -> None:
    on = samples.confirmed()
    told = [samples.change(on, ChangeReason.CONFIRMED, samples.CONFIRMED)]
    found = why_not([reading(0, 3.4)], told, P, FIVE)
    assert found.on == on
    other = replace(on, from_sector="defi")
    told = [samples.change(other, ChangeReason.CONFIRMED, samples.CONFIRMED)]
    assert why_not([reading(0, 3.4)], told, P, FIVE).on is None


def test_one_that_was_confirmed_lately_and_is_over_cools() -> None:
    gone = samples.faded(confirmed_at=samples.CONFIRMED, closed_at=AT - FIVE)
    found = why_not(
        [reading(0, 3.4)], [samples.change(gone, ChangeReason.FADED, AT - FIVE)], P, FIVE
    )
    assert found.on is None
    assert found.cooling_until == samples.CONFIRMED + timedelta(hours=24)


def test_a_pair_whose_gain_is_told_as_one_on_all_others_says_so() -> None:
    gain = replace(samples.confirmed(), id="rot-all", from_sector=MARKET)
    told = [samples.change(gain, ChangeReason.CONFIRMED, samples.CONFIRMED)]
    found = why_not([reading(0, 3.4)], told, P, FIVE)
    assert (found.on, found.gain) == (None, gain)
    assert "told as a gain on all other sectors: rot-all since" in refusal_words(found)[0]
    watch = replace(samples.confirmed(), confirmed_at=None)
    both = [*told, samples.change(watch, ChangeReason.OPENED, samples.CONFIRMED)]
    already, why = refusal_words(why_not([reading(0, 3.4)], both, P, FIVE))
    assert already.startswith("not flagged anew: already on")
    assert why.startswith("told as a gain")
    over = replace(gain, status=samples.faded().status, closed_at=AT - FIVE)
    gone = [*told, samples.change(over, ChangeReason.FADED, AT - FIVE)]
    assert why_not([reading(0, 3.4)], gone, P, FIVE).gain is None
