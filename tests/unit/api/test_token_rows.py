"""What `status` says of a market that gives no bar: each of its states in its own words."""

from datetime import UTC, datetime, timedelta

from monitor.api.token_rows import TokenRow, token_rows
from monitor.model.universe import Market, Membership, Sector, Token, Universe

NOW = datetime(2025, 1, 20, 12, tzinfo=UTC)
WIDTH = timedelta(minutes=5)


def row(
    *markets: Market,
    opened: dict[str, timedelta] | None = None,
    spoken: dict[str, timedelta] | None = None,
) -> TokenRow:
    """Of the token ARC on these markets; ages of the newest bar's open and of the newest answer, by venue."""
    sector = Sector("ai", "AI", (Membership("ARC"),))
    universe = Universe((sector,), (Token("ARC", "ARC", markets),))
    by_market = [
        {f"{venue}:ARC/USDT": NOW - age for venue, age in (ages or {}).items()}
        for ages in (opened, spoken)
    ]
    (found,) = token_rows(universe, WIDTH, NOW, *by_market)
    return found


def arc(venue: str, **more: datetime | bool) -> Market:
    """Its market there."""
    return Market(venue, "ARC/USDT", "ARC", **more)  # type: ignore[arg-type]


def test_a_market_that_traded_lately_has_no_word() -> None:
    found = row(arc("gate"), opened={"gate": 2 * WIDTH})
    assert found == TokenRow("ARC", "ai", 300.0, (), is_never_seen=False)


def test_answers_without_a_trade_are_quiet_and_no_answers_are_unseen_and_covered() -> None:
    found = row(
        arc("gate"),
        arc("mexc"),
        arc("okx"),
        opened={"gate": timedelta(hours=2), "mexc": timedelta(minutes=45), "okx": WIDTH},
        spoken={"mexc": timedelta(minutes=5)},
    )
    assert found.age_s == 0
    assert found.gaps == (
        "gate:ARC/USDT: unseen for 1 h 55 min, covered by mexc and okx",
        "mexc:ARC/USDT: quiet for 40 min: the venue answers, nothing trades",
    )


def test_what_nobody_else_sees_is_said() -> None:
    other = arc("okx", listed_to=NOW - WIDTH)
    found = row(arc("gate"), other, opened={"gate": timedelta(minutes=45), "okx": 2 * WIDTH})
    assert found.gaps == ("gate:ARC/USDT: unseen for 40 min, and nobody else sees it",)


def test_never_seen_differs_from_never_traded() -> None:
    quiet = row(arc("gate"), spoken={"gate": WIDTH})
    assert quiet.gaps == ("gate:ARC/USDT: quiet: the venue answers, nothing trades",)
    assert (quiet.age_s, quiet.is_never_seen) == (None, False)
    never = row(arc("gate"))
    assert (never.gaps, never.is_never_seen) == (("gate:ARC/USDT: never seen",), True)


def test_a_token_without_a_market_any_more_is_unlisted_and_files_have_no_gaps() -> None:
    gone = arc("gate", listed_to=NOW - timedelta(days=2))
    assert row(gone).gaps == ("gate:ARC/USDT: unlisted since 18 Jan 2025",)
    assert row(arc("coinmarketcap", polled=False)).gaps == ()
    assert not row(gone).is_never_seen
    assert not row(arc("coinmarketcap", polled=False)).is_never_seen
