"""Every figure of the sector state and every witness, worked out a second time from the method in plain pandas."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from monitor.engine import Engine
from monitor.model.state import MemberEventKind
from tests.integration.commands.real_bars import MISSING, RealBars
from tests.integration.research.independent import made_up
from tests.integration.research.independent.comparison import differences, engine_of

JANUARY = slice(500, 1100)
"""Hours of the real history, 30 December to 24 January: a venue comes in, two launches, the way out and back."""


def test_nothing_of_the_engine_is_used() -> None:
    here = Path(__file__).parent
    for name in ("frames", "prices", "sectors", "volumes", "witnesses", "made_up"):
        tree = ast.parse((here / f"{name}.py").read_text())
        modules = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        modules |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        ours = {m for m in modules if m.startswith("monitor.")}
        assert all(m.startswith("monitor.model.") for m in ours), (name, ours)


def test_the_made_up_market_agrees() -> None:
    """Launches, outages, restatements and a depeg."""
    intervals = list(made_up.intervals())
    found, compared = differences(made_up.universe(), intervals)
    assert not found, "\n".join(found)
    assert compared > 300_000


def test_the_made_up_market_has_all_that_can_go_wrong() -> None:
    watched, intervals = made_up.universe(), list(made_up.intervals())
    engine = Engine(watched, made_up.WIDTH)
    state = engine.new_state()
    steps = [engine.step(state, interval).step for interval in intervals]
    kinds = Counter(event.kind for step in steps for event in step.events)
    assert set(kinds) == set(MemberEventKind), kinds
    states = [sector for step in steps for sector in step.sectors]
    assert {str(s.flow_grade) for s in states} >= {"A", "C"}
    assert any(s.venue_conflict for s in states)
    assert any(s.stale_weight > 0.9 for s in states)
    assert any(s.volume_step_usd is None for s in states)
    dollar = [x.price_usd or 1.0 for step in steps for x in step.tokens if x.id == "USDC"]
    assert min(dollar) < 0.88


@pytest.mark.skipif(
    bool(MISSING),
    reason=f"no real bars beside the project (../shared/data/real lacks {', '.join(MISSING)})",
)
def test_real_bars_agree(tmp_path: Path) -> None:
    history = RealBars(tmp_path).history
    intervals = history.intervals[JANUARY]
    found, compared = differences(history.universe, intervals)
    assert not found, "\n".join(found)
    assert compared > 150_000
    assert engine_of(history.universe, intervals).confirmations >= 2
