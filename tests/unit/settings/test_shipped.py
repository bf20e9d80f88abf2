"""The configuration that ships: it loads, it watches what it says, its comments are true."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
    assert [sector.id for sector in shipped.universe.watched] == ["ai-agents", "memes"]
    assert [sector.id for sector in shipped.universe.sectors if sector.benchmark] == ["benchmark"]


def test_breadth_has_something_to_count_in_every_watched_sector(shipped: Settings) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for sector in shipped.universe.watched:
        assert sum(m.since <= moment < m.until for m in sector.members) >= 10


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


def test_supplies_of_the_file_are_the_operators_word(shipped: Settings) -> None:
    trump = [s for s in shipped.supplies if s.token == "TRUMP"]
    assert trump[0].units == 200_000_000
    assert trump[0].valid_from == datetime(2025, 1, 17, tzinfo=UTC)
    assert all(s.dated_by_operator and s.source.startswith("config: ") for s in trump)


def test_every_value_it_states_for_a_setting_is_the_default() -> None:
    """So that leaving a line out changes nothing, and the file documents the defaults truly."""
    data = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    stated = load_settings(SHIPPED, {}).tables.model_dump()
    bare = SHIPPED.read_text(encoding="utf-8")
    for table in ("engine", "database", "schedule", "detection", "alerts", "report", "smtp", "web"):
        bare = re.sub(rf"^\[{table}(\.\w+)?\].*\n(?:(?!\[).*\n)*", "", bare, flags=re.MULTILINE)
        assert table in data
    assert not {"engine", "alerts", "web"} & set(tomllib.loads(bare))
    from monitor.settings.tables import Tables

    assert Tables.model_validate(tomllib.loads(bare)).model_dump() == stated


def test_keys_that_nothing_acts_on_say_so() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    for name in ("reminder_after", "messages_per_hour", "digest_above", "bot_token", "recipients"):
        line = next(
            line for line in text.splitlines() if name in line and "not acted on yet" in line
        )
        assert line
