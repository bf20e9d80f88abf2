"""Each condition by itself turns the verdict at its bound."""

import math
from dataclasses import replace

import numpy as np
import pytest

from monitor.detection import conditions
from monitor.detection.conditions import Judged, hold, holds_nowhere, judge, reading
from monitor.detection.parameters import DetectionParameters
from monitor.detection.rules import PAIR_RULES, Rule
from monitor.detection.seen import Features, Pairs, Seen
from tests.unit.detection.stage import START, Answers

P = DetectionParameters(horizons_h=(4, 24))
PAIRS = Pairs(
    np.array([0, 1]), np.array([1, 0]), np.array([1, 0]), (("ai", "memes"), ("memes", "ai"))
)
PLENTY = np.full((2, 2), 336)
AS_BEHIND = -1.0
AT_BOUND = {
    "drift": -math.log1p(-0.0501),
    "own": math.log1p(-0.0251),
    "volume": 1.0,
    "pressure": 0.0,
    "coverage": 0.7,
    "score": 3.3,
}


def seen(four: dict[str, float] | None = None, day: dict[str, float] | None = None) -> Features:
    """What is seen of ai -> memes at 4 h and at 24 h (nothing unless given); of memes -> ai nothing speaks."""

    def array(name: str, blank: float) -> np.ndarray:
        out = np.full((2, 2), blank)
        for k, values in enumerate((four, day)):
            if values is not None:
                out[k, 0] = values[name]
        return out

    own = np.zeros((2, 3))
    own[:, 0] = array("own", 0.0)[:, 0]
    blank = np.full((2, 2), np.nan)
    return Features(
        drift=array("drift", 0.0),
        price=blank,
        volume=array("volume", 0.0),
        flow=blank,
        pressure=array("pressure", 0.0),
        score=array("score", 0.0),
        own=own,
        own_z=np.zeros((2, 3)),
        coverage=array("coverage", 1.0),
        sector_coverage=np.ones((2, 3)),
    )


def judged(
    four: dict[str, float] | None = None,
    day: dict[str, float] | None = None,
    *,
    breadth: float | None = 0.6,
    ahead: float | None = AS_BEHIND,
    samples: np.ndarray = PLENTY,
    returning: bool = False,
) -> Judged:
    back = np.full(2, returning)
    answers = Answers(breadth=breadth, breadth_ahead=breadth if ahead == AS_BEHIND else ahead)
    return judge(Seen(seen(four, day), PAIRS, answers, P.horizons_h, 2, back), samples, P)


def test_a_pair_whose_conditions_all_stand_at_their_bounds_has_its_score() -> None:
    assert judged(AT_BOUND).score[0] == pytest.approx(3.3)


@pytest.mark.parametrize(
    ("name", "value"),
    [("drift", 0.0512), ("own", -0.0252), ("volume", 0.99), ("coverage", 0.69)],
)
def test_a_single_condition_short_of_its_bound_leaves_no_score(name: str, value: float) -> None:
    assert judged(AT_BOUND | {name: value}).score[0] == -np.inf


@pytest.mark.parametrize("breadth", [0.59, None])
def test_too_few_or_unknown_members_behind_the_market_leave_no_score(breadth: float | None) -> None:
    assert judged(AT_BOUND, breadth=breadth).score[0] == -np.inf


def test_breadth_is_that_of_both_sides_and_of_the_loser_alone_where_nobody_else_can_be_judged() -> (
    None
):
    assert judged(AT_BOUND, breadth=0.2, ahead=1.0).score[0] == pytest.approx(3.3)
    assert judged(AT_BOUND, breadth=1.0, ahead=0.19).score[0] == -np.inf
    assert judged(AT_BOUND, breadth=0.6, ahead=None).score[0] == pytest.approx(3.3)
    assert judged(AT_BOUND, breadth=0.59, ahead=None).score[0] == -np.inf


def test_an_unknown_score_leaves_none_and_the_step_unknown() -> None:
    missing = dict.fromkeys(AT_BOUND, np.nan)
    found = judged(missing, missing)
    assert found.score[0] == -np.inf
    assert not found.known[0]
    assert found.known[1]


def test_the_best_of_the_horizons_whose_conditions_hold_counts() -> None:
    louder = AT_BOUND | {"score": 4.2, "volume": 0.5}
    found = judged(AT_BOUND, louder)
    assert found.score[0] == pytest.approx(3.3)
    assert found.shown.horizon[0] == 0


def test_where_none_qualifies_the_horizon_that_meets_most_is_shown() -> None:
    one_short = AT_BOUND | {"volume": 0.5}
    two_short = AT_BOUND | {"volume": 0.5, "own": 0.0, "score": 5.0}
    assert judged(two_short, one_short).shown.horizon[0] == 1


def test_under_84_hourly_samples_of_either_horizon_nothing_is_flagged() -> None:
    few = PLENTY.copy()
    few[1, 0] = 83
    found = judged(AT_BOUND, samples=few)
    assert found.young[0]
    assert found.score[0] == -np.inf


def test_a_young_yardstick_asks_half_a_point_more_to_confirm() -> None:
    young, nearly = PLENTY.copy(), PLENTY.copy()
    young[:, 0], nearly[:, 0] = 84, 330
    assert judged(AT_BOUND, samples=young).on[0] == pytest.approx(3.5)
    assert judged(AT_BOUND, samples=young).score[0] == pytest.approx(3.3)
    assert judged(AT_BOUND, samples=nearly).on[0] == pytest.approx(3.0)


def test_on_the_way_back_the_loser_must_only_not_gain() -> None:
    still = AT_BOUND | {"own": 0.0}
    assert judged(still).score[0] == -np.inf
    assert judged(still, returning=True).score[0] == pytest.approx(3.3)
    assert judged(AT_BOUND | {"own": 0.001}, returning=True).score[0] == -np.inf
    bound = {c.name: c.bound for c in judged(still, returning=True).shown.held.conditions(0, 0)}
    assert bound["from_own_return"] == 0.0


def test_where_the_flow_says_where_capital_went_half_of_the_trading_has_to_have_moved() -> None:
    half = AT_BOUND | {"volume": 0.5}
    assert judged(half | {"pressure": 2.99}).score[0] == -np.inf
    found = judged(half | {"pressure": 3.0})
    assert found.score[0] == pytest.approx(3.3)
    bounds = {c.name: c.bound for c in found.shown.held.conditions(0, 0)}
    assert bounds["volume_shift"] == 0.5
    assert judged(half | {"pressure": 3.0, "volume": 0.49}).score[0] == -np.inf


def test_a_seventh_condition_gates_if_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = Rule(
        name="seventh",
        words="seventh",
        unit="z",
        key="min_volume_shift",
        default=1.0,
        value=lambda s: s.features.volume - 10.0,
    )
    for gates, score in ((True, -np.inf), (False, pytest.approx(3.3))):
        row = replace(extra, gates=gates)
        monkeypatch.setattr(conditions, "PAIR_RULES", (*PAIR_RULES, row))
        found = judged(AT_BOUND)
        assert found.score[0] == score
        assert found.shown.held.conditions(0, 0)[-1].name == "seventh"


def test_people_are_told_from_less_to_so_a_loss_reads_negative() -> None:
    values = AT_BOUND | {"drift": -math.log1p(-0.12), "own": math.log1p(-0.03)}
    told = {c.name: c for c in judged(values).shown.held.conditions(0, 0)}
    assert told["relative_return"].value == pytest.approx(-0.12)
    assert told["relative_return"].bound == pytest.approx(-0.05)
    assert told["from_own_return"].value == pytest.approx(-0.03)
    assert told["from_own_return"].bound == pytest.approx(-0.025)
    assert all(c.met for c in told.values())


def test_a_reading_names_the_pair_and_shows_unknown_values_as_none() -> None:
    features = seen(AT_BOUND)
    found = reading(judged(AT_BOUND, breadth=None), features, PAIRS, 0, START, P)
    assert (found.from_sector, found.to_sector, found.at) == ("ai", "memes", START)
    assert (found.window_h, found.score, found.qualified) == (4, 3.3, False)
    breadth = next(c for c in found.conditions if c.name == "breadth")
    assert (breadth.value, breadth.bound, breadth.met) == (None, 0.6, False)
    assert [c.name for c in found.conditions if not c.met] == ["breadth"]
    assert found.price_witness is None


def test_no_member_is_looked_at_while_an_earlier_condition_holds_nowhere() -> None:
    class Asked(Answers):
        asked = 0

        def breadth_from(self, sector_index: int, window_h: int) -> float | None:
            self.asked += 1
            return super().breadth_from(sector_index, window_h)

    answers = Asked(breadth=0.6)
    for values, looked_at in ((AT_BOUND | {"drift": 0.0}, False), (AT_BOUND, True)):
        view = Seen(seen(values), PAIRS, answers, P.horizons_h, 2, np.zeros(2, dtype=np.bool_))
        found = judge(view, PLENTY, P)
        assert bool(answers.asked) is looked_at
        assert np.isfinite(found.score[0]) == hold(PAIR_RULES, view, P).gates[:, 0].any()


@pytest.mark.parametrize("seed", range(20))
def test_a_family_holds_nowhere_exactly_where_all_its_gates_leave_nothing(seed: int) -> None:
    dice = np.random.default_rng(seed)
    about = {name: value * float(dice.uniform(0.9, 1.6)) for name, value in AT_BOUND.items()}
    about["pressure"] = float(dice.uniform(2.0, 4.0))
    view = Seen(
        seen(about),
        PAIRS,
        Answers(breadth=float(dice.uniform(0.4, 1.0))),
        P.horizons_h,
        2,
        dice.random(2) < 0.5,
    )
    nowhere = not hold(PAIR_RULES, view, P).gates.any()
    assert holds_nowhere(PAIR_RULES, view, P) is nowhere
