"""Net flow beyond a sector's part of the tide, and the table from losers to gainers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.model.relative_flow import CONVENTION, Passage, relative_flow, relative_flow_to_json
from monitor.model.state import MarketStep, SectorState
from monitor.model.step_json import step_to_json
from tests.unit.model.test_figures import NOTHING_KNOWN

START = datetime(2025, 1, 1, tzinfo=UTC)

EXAMPLE = (("ai", -42.0, 900.0), ("memes", 61.0, 2400.0), ("defi", -4.0, 300.0))


def state(name: str, net: float | None, volume: float | None) -> SectorState:
    """A watched sector of which its day's flow and volume are told."""
    return replace(NOTHING_KNOWN, id=name, share=0.3, net_flow_24h_usd=net, volume_24h_usd=volume)


def test_the_table_from_loser_to_gainer_is_the_worked_example() -> None:
    found = relative_flow(EXAMPLE)
    assert found.by_sector == {"ai": -45.75, "memes": 51.0, "defi": -5.25}
    assert found.passages == (Passage("ai", "memes", 45.75), Passage("defi", "memes", 5.25))


def test_rows_and_columns_add_up_to_the_relative_flow() -> None:
    found = relative_flow([("a", -9.0, 3.0), ("b", 4.0, 5.0), ("c", 7.0, 1.0), ("d", -1.0, 8.0)])
    assert sum(found.by_sector.values()) == pytest.approx(0.0)
    for name, usd in found.by_sector.items():
        out = sum(p.usd for p in found.passages if p.from_sector == name)
        in_ = sum(p.usd for p in found.passages if p.to_sector == name)
        assert in_ - out == pytest.approx(usd)


def test_flow_in_step_with_volume_moves_nothing() -> None:
    found = relative_flow([("a", 9.0, 90.0), ("b", 1.0, 10.0)])
    assert set(found.by_sector.values()) == {0.0}
    assert found.passages == ()


def test_without_volume_there_is_no_tide() -> None:
    assert relative_flow([("a", 0.0, 0.0)]).by_sector == {"a": 0.0}


def test_the_json_of_sectors_tells_it_as_a_convention() -> None:
    benchmark = replace(state("market", 500.0, 900.0), share=None)
    sectors = (*(state(*row) for row in EXAMPLE), benchmark)
    told = step_to_json(MarketStep(START, timedelta(hours=1), sectors, (), ()))
    assert told["relative_flow_24h"] == {
        "window_h": 24,
        "convention": CONVENTION,
        "unknown_of": [],
        "sectors": {"ai": -45.75, "memes": 51.0, "defi": -5.25},
        "table": [
            {"from": "ai", "to": "memes", "usd": 45.75},
            {"from": "defi", "to": "memes", "usd": 5.25},
        ],
    }


def test_an_unknown_flow_leaves_all_untold_and_says_whose_it_is() -> None:
    told = relative_flow_to_json([state("ai", None, 900.0), state("memes", 61.0, 2400.0)])
    assert (told["sectors"], told["table"], told["unknown_of"]) == (None, None, ["ai"])
