"""The configuration that ships: it loads, it watches what it says, its comments are true."""

import re
import tomllib
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest

from monitor.model.rates import assumed_rates
from monitor.model.universe import BEGINNING
from monitor.settings.load import load_settings
from monitor.settings.schema import Settings

SHIPPED = Path(__file__).parents[3] / "config" / "monitor.toml"
MIGRATION = datetime(2025, 11, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def shipped() -> Settings:
    return load_settings(SHIPPED, {})


def test_it_loads_without_a_warning(shipped: Settings) -> None:
    assert shipped.warnings == ()
    assert [sector.id for sector in shipped.universe.watched] == [
        "ai-agents", "ai-infra", "memes", "political-memes",
    ]  # fmt: skip
    assert [sector.id for sector in shipped.universe.sectors if sector.benchmark] == ["benchmark"]


def test_breadth_has_something_to_count_in_every_watched_sector(shipped: Settings) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    members = {
        sector.id: sum(m.since <= moment < m.until for m in sector.members)
        for sector in shipped.universe.watched
    }
    assert min(members["ai-agents"], members["memes"]) >= 10
    assert min(members.values()) >= 5


def test_the_rate_of_every_quote_is_watched(shipped: Settings) -> None:
    assert assumed_rates(shipped.universe) == []
    assert [m.id for m in shipped.universe.token("USDT").markets] == ["coinbase:USDT/USD"]


def test_every_watched_pair_is_watched_both_ways(shipped: Settings) -> None:
    pairs = set(shipped.detection.pairs or ())
    assert pairs == {(b, a) for a, b in pairs}
    assert len(pairs) == 8


def test_a_migrated_token_hands_its_place_to_its_successor(shipped: Settings) -> None:
    places = {m.token: (m.since, m.until) for m in shipped.universe.sector("ai-agents").members}
    assert places["AI16Z"] == (BEGINNING, MIGRATION)
    assert places["ELIZAOS"][0] == MIGRATION
    (move,) = shipped.universe.redenominations
    assert (move.old, move.new, move.ratio, move.at) == ("AI16Z", "ELIZAOS", 6, MIGRATION)


def test_every_member_has_a_market_an_identity_and_a_dated_supply_with_its_source(
    shipped: Settings,
) -> None:
    for sector in shipped.universe.sectors:
        for member in sector.members:
            token = shipped.universe.token(member.token)
            assert token.markets, token.id
            assert token.contracts, token.id
            assert any(s.token == token.id and len(s.source) > 8 for s in shipped.supplies)


def test_every_agent_of_today_has_two_venues_or_more_so_that_one_dead_venue_blinds_none(
    shipped: Settings,
) -> None:
    moment = datetime(2026, 8, 1, tzinfo=UTC)
    for member in shipped.universe.sector("ai-agents").members:
        if member.since <= moment < member.until:
            markets = shipped.universe.token(member.token).markets
            assert len({m.venue for m in markets if m.listed_at(moment)}) >= 2, member.token


def test_no_venue_has_two_markets_of_a_coin_at_once(shipped: Settings) -> None:
    """Spot and perpetual side by side would count one venue's volume twice."""
    for token in shipped.universe.tokens:
        for a, b in combinations(token.markets, 2):
            apart = a.listed_to <= b.listed_from or b.listed_to <= a.listed_from
            assert a.venue != b.venue or apart, (a.id, b.id)


def test_a_market_of_many_coins_has_its_multiplier_and_no_other_has_one(shipped: Settings) -> None:
    for market in shipped.universe.markets:
        digits = re.match(r"(10+)[A-Z]", market.symbol)
        assert market.multiplier == (int(digits[1]) if digits else 1), market.id


def test_the_worth_of_what_is_watched_in_january_2025_is_of_the_right_size(
    shipped: Settings,
) -> None:
    """Press figures: TRUMP 13 to 15 billion at 70 USD and more, VIRTUAL 5.05 billion at 5.05 USD."""
    supply = {s.token: s.units for s in shipped.supplies if s.valid_from.year < 2025}
    assert supply["VIRTUAL"] * 5.05 == pytest.approx(5.05e9)
    launched = {s.token: s.units for s in shipped.supplies if f"{s.valid_from:%Y%m}" == "202501"}
    assert 13e9 <= launched["TRUMP"] * 73 <= 15e9
    assert 1.5e9 <= launched["MELANIA"] * 12 <= 2.2e9


def test_supplies_of_the_file_are_the_operators_word(shipped: Settings) -> None:
    trump = [s for s in shipped.supplies if s.token == "TRUMP"]
    assert trump[0].units == 200_000_000
    assert trump[0].valid_from == datetime(2025, 1, 17, tzinfo=UTC)
    assert all(s.dated_by_operator and s.source.startswith("config: ") for s in trump)


def test_every_value_it_states_for_a_setting_is_the_default() -> None:
    """So that leaving a line out changes nothing, and the file documents the defaults truly."""
    data = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    stated = load_settings(SHIPPED, {}).tables.model_dump()
    stated["detection"]["pairs"] = None  # of this universe's sectors, as the sectors are
    bare = SHIPPED.read_text(encoding="utf-8")
    for table in ("engine", "database", "schedule", "detection", "alerts", "report", "smtp", "web"):
        bare = re.sub(rf"^\[{table}(\.\w+)?\].*\n(?:(?!\[).*\n)*", "", bare, flags=re.MULTILINE)
        assert table in data
    assert not {"engine", "alerts", "web"} & set(tomllib.loads(bare))
    from monitor.settings.tables import Tables

    assert Tables.model_validate(tomllib.loads(bare)).model_dump() == stated


def test_no_key_is_read_without_being_acted_on() -> None:
    assert "not acted on" not in SHIPPED.read_text(encoding="utf-8")
