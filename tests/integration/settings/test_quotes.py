"""Quotes: a dollar, a coin meant to be one, or a currency whose rate is watched."""

from pathlib import Path

import pytest

from monitor.model.errors import ConfigError
from tests.kit.small_settings import changed, load

LIRA = ('symbol = "DOGE/USDT"', 'symbol = "DOGE/TRY"')
RATE = """
[tokens.TRY]
name = "Turkish lira"
markets = [{venue = "gate", symbol = "TRY/USDT"}]
"""


def test_a_quote_that_is_no_dollar_and_has_no_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, changed(LIRA))
    (fault,) = refused.value.problems
    assert "tokens.DOGE.markets[0].symbol: found 'DOGE/TRY', whose quote is no dollar" in fault
    assert "or [tokens.TRY] with a market such as TRY/USDT" in fault


def test_a_quote_with_a_watched_rate_is_taken(tmp_path: Path) -> None:
    settings = load(tmp_path, changed(LIRA, more=RATE))
    assert not any(
        "counts as 1 dollar" in warning for warning in settings.warnings if "TRY" in warning
    )


def test_one_dollar_coin_alone_moves_no_sector_and_two_are_asked_about(tmp_path: Path) -> None:
    alone = load(tmp_path, changed())
    assert not any("counts as 1 dollar" in warning for warning in alone.warnings)
    two = load(tmp_path, changed(('symbol = "DOGE/USDT"', 'symbol = "DOGE/USDC"')))
    asked = [warning for warning in two.warnings if "counts as 1 dollar" in warning]
    assert [warning.split()[1] for warning in asked] == ["USDC", "USDT"]


def test_a_configuration_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + changed()).universe.has("ai")
