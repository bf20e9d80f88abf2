"""What was traded is counted as the venues report it: no venue is cut for its size, however the three compare."""

import numpy as np
import pytest

from tests.integration.engine.market import NAN, Run, token, token_of, universe

DAY = 24
PARTS = {"large": 0.700, "middle": 0.299, "small": 0.001}


class Reported:
    """AIX on three venues, the third with a thousandth of the volume, for two days of whole dollars."""

    def __init__(self, without_takers: tuple[str, ...] = ()) -> None:
        rng = np.random.default_rng(11)
        watched = universe(
            {"ai": ["AIX", "AIY"], "memes": ["DOGE"]}, [token("AIX", list(PARTS)), token("AIY")]
        )
        self.run = Run(watched)
        self.volume: list[float] = []
        self.net: list[float] = []
        self.of_sector: list[float] = []
        self.net_of_sector: list[float] = []
        for _ in range(2 * DAY):
            volume, taker = {}, {}
            for venue, part in PARTS.items():
                name = f"{venue}:AIX/USD"
                volume[name] = float(rng.integers(1_000_000, 9_000_000) * part // 1)
                taker[name] = float(volume[name] * rng.uniform(0.2, 0.8) // 1)
            volume["AIY"], taker["AIY"] = 40_000.0, 25_000.0
            told = taker | {f"{venue}:AIX/USD": NAN for venue in without_takers}
            price = {
                "AIX": float(rng.uniform(0.99, 1.01)), "AIY": 1.0, "DOGE": 1.0, "BTC": 1.0,
            }  # fmt: skip
            self.out = self.run.step(price, volume=volume, taker=told)
            mine = [name for name in volume if name.endswith("AIX/USD")]
            self.volume.append(sum(volume[name] for name in mine))
            self.net.append(sum(2 * taker[name] - volume[name] for name in mine))
            sector = self.out.step.sector("ai")
            assert sector.volume_step_usd == self.volume[-1] + 40_000.0
            self.of_sector.append(sector.volume_step_usd)
            if not without_takers:
                assert sector.net_flow_step_usd == self.net[-1] + 10_000.0


def test_counted_volume_is_what_the_venues_reported_to_the_dollar() -> None:
    reported = Reported()
    found, sector = token_of(reported.out, "AIX"), reported.out.step.sector("ai")
    assert found.volume_24h_usd == sum(reported.volume[-DAY:])
    assert sector.volume_24h_usd == sum(reported.of_sector[-DAY:])
    assert found.venues == tuple(PARTS)


def test_net_flow_is_the_sum_of_the_venues_own_figures_where_all_give_them() -> None:
    reported = Reported()
    found, sector = token_of(reported.out, "AIX"), reported.out.step.sector("ai")
    assert found.net_flow_24h_usd == sum(reported.net[-DAY:])
    assert sector.net_flow_24h_usd == sum(reported.net[-DAY:]) + DAY * 10_000.0
    assert (found.flow_seen, found.flow_grade) == (1.0, "A")


def test_a_small_venue_that_tells_no_takers_moves_flow_by_no_more_than_it_trades() -> None:
    reported = Reported(without_takers=("small",))
    found = token_of(reported.out, "AIX")
    assert found.volume_24h_usd == sum(reported.volume[-DAY:])
    assert found.flow_grade == "A"
    assert found.flow_seen == pytest.approx(0.999, abs=5e-4)
    assert found.net_flow_24h_usd == pytest.approx(
        sum(reported.net[-DAY:]), abs=0.002 * sum(reported.volume[-DAY:])
    )
