"""What must hold of any market: random prices, supplies, holes and members, stepped through the engine."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.engine import Engine
from monitor.model.interval import IntervalInput
from monitor.model.rotation import StepOutput
from monitor.model.universe import Sector, Universe
from tests.integration.engine.market import HOUR, NAN, Tape, token, universe

NAMES = ("A1", "A2", "M1", "M2", "D1")
WATCHED = universe(
    {"ai": ["A1", "A2"], "defi": ["D1"], "memes": ["M1", "M2"]},
    [token("A1", ["u", "v", "w"]), token("M1", ["u", "v"])],
)
# one more member of ai, a launch or an entry at any step
LARGER = universe(
    {"ai": ["A1", "A2", "A3"], "defi": ["D1"], "memes": ["M1", "M2"]},
    [token("A1", ["u", "v", "w"]), token("M1", ["u", "v"])],
)

returns = st.floats(-0.2, 0.2)
moves = st.fixed_dictionaries(
    {
        "price": st.fixed_dictionaries({name: st.none() | returns for name in (*NAMES, "BTC")}),
        "volume": st.dictionaries(st.sampled_from(NAMES), st.sampled_from([NAN, 0.0, 2500.0])),
        "supply": st.dictionaries(st.sampled_from(NAMES), st.floats(0.5, 2.0)),
        "unseen": st.integers(0, 9).map(lambda n: n == 0),
    }
)
histories = st.lists(moves, min_size=2, max_size=12)


def feed(history: list[dict[str, Any]], watched: Universe = WATCHED, **extra: Any) -> Any:
    """Intervals of a history of log returns (None: not seen)."""
    tape, price = Tape(watched), dict.fromkeys((*NAMES, "BTC"), 10.0)
    opening: dict[str, float | None] = dict(price)
    found = [tape.next(opening)]
    for i, move in enumerate(history):
        now: dict[str, float | None] = {}
        for name, r in move["price"].items():
            if r is not None:
                price[name] *= float(np.exp(r))
            now[name] = None if r is None else price[name]
        now |= extra.get("at", {}).get(i, {})
        found.append(
            tape.next(now, volume=move["volume"], supply=move["supply"], unseen=move["unseen"])
        )
    return found


def run(intervals: list[IntervalInput], watched: Universe = WATCHED) -> list[StepOutput]:
    """All outputs from the start."""
    engine = Engine(watched, HOUR)
    state = engine.new_state()
    return [engine.step(state, interval) for interval in intervals]


@given(histories)
@settings(max_examples=40, deadline=None)
def test_shares_sum_to_one_and_their_changes_to_their_parts(history: list[Any]) -> None:
    outputs = run(feed(history))
    first = outputs[0].step
    for out in outputs:
        watched = out.step.sectors[:-1]
        assert sum(s.share or 0.0 for s in watched) == pytest.approx(1.0, abs=1e-9)
        assert out.step.sector("zz").share is None
    parts = [s.share_split_24h for s in outputs[-1].step.sectors[:-1]]
    known = [p for p in parts if p is not None]
    assert len(known) == 3
    for column in ("price", "supply", "membership", "launch"):
        assert sum(getattr(p, column) for p in known) == pytest.approx(0.0, abs=1e-9)
    for before, after, part in zip(first.sectors, outputs[-1].step.sectors, known, strict=False):
        assert before.share is not None
        assert after.share is not None
        total = part.price + part.supply + part.membership + part.launch
        assert total == pytest.approx(after.share - before.share, abs=1e-9)


@given(histories, st.sampled_from([2.0, 1024.0, 0.3]))
@settings(max_examples=25, deadline=None)
def test_with_all_supplies_scaled_only_caps_change(history: list[Any], scale: float) -> None:
    intervals = feed(history)
    larger = [replace(x, supply=x.supply * scale) for x in intervals]
    for one, other in zip(run(intervals), run(larger), strict=True):
        for a, b in zip(one.step.sectors, other.step.sectors, strict=True):
            assert b.market_cap_usd == pytest.approx((a.market_cap_usd or 0.0) * scale)
            assert b.index == pytest.approx(a.index, rel=1e-9)
            assert (b.share or 0.0) == pytest.approx(a.share or 0.0, abs=1e-9)
            assert b.coverage == pytest.approx(a.coverage)
            assert b.members == a.members


@given(histories, st.integers(0, 11), st.floats(0.1, 1000.0))
@settings(max_examples=25, deadline=None)
def test_a_member_that_joins_moves_no_index_in_that_step(
    history: list[Any], when: int, price: float
) -> None:
    when = min(when, len(history) - 1)
    at = {when: {"A3": price}}
    without = run(feed(history))[: when + 2]
    joined = run(feed(history, LARGER, at=at), LARGER)[: when + 2]
    for one, other in zip(without, joined, strict=True):
        assert [s.index for s in other.step.sectors] == [s.index for s in one.step.sectors]
    if not history[when]["unseen"]:
        assert joined[-1].step.sector("ai").members == without[-1].step.sector("ai").members + 1


def turned(watched: Universe) -> Universe:
    """The same universe written down the other way round."""
    sectors = tuple(
        Sector(s.id, s.name, s.members[::-1], s.color, s.benchmark) for s in watched.sectors[::-1]
    )
    tokens = tuple(replace(t, markets=t.markets[::-1]) for t in watched.tokens[::-1])
    return Universe(sectors, tokens)


@given(histories)
@settings(max_examples=15, deadline=None)
def test_the_order_in_which_things_are_written_down_does_not_matter(history: list[Any]) -> None:
    other = turned(WATCHED)
    assert other != WATCHED
    assert repr(run(feed(history, other), other)) == repr(run(feed(history)))


@given(histories)
@settings(max_examples=25, deadline=None)
def test_the_index_is_the_product_of_its_returns_and_unknown_is_never_a_number_that_is_none(
    history: list[Any],
) -> None:
    level = dict.fromkeys(("ai", "defi", "memes", "zz"), 1000.0)
    for out in run(feed(history)):
        for s in out.step.sectors:
            level[s.id] *= 1.0 + (s.return_step or 0.0)
            assert s.index == pytest.approx(level[s.id], rel=1e-9)
        assert "nan" not in repr(out), "unknown is None outside"
