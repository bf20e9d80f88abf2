"""A small stored market of two sectors on two venues, stepped every hour; figures are made up."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.content.report import ReportFacts
from monitor.model.bars import Coverage
from monitor.model.grid import opens_between
from monitor.model.universe import Market, Membership, Sector, Token, Universe
from monitor.reporting.gather import gather_day
from monitor.settings.load import load_settings
from monitor.settings.schema import Settings
from monitor.store import coverage, steps
from monitor.store.database import Database
from tests.integration.store.samples import HOUR, at, output, sector, token

DAY = date(2025, 1, 19)
SINCE, UNTIL = at("2025-01-19"), at("2025-01-20")
MORNING = UNTIL + 7 * HOUR
MINUTE = timedelta(minutes=1)
VENUES = ("bybit", "gate")
NAMES = ("ai-agents", "memes", "benchmark")
TOKENS = {"VIRTUAL": "ai-agents", "PIPPIN": "ai-agents", "DOGE": "memes", "BTC": "benchmark"}


def universe(*, without: Iterable[str] = ()) -> Universe:
    """``without``: markets such as ``bybit:PIPPIN/USDT`` that do not exist."""
    markets = {
        name: tuple(
            market
            for venue in VENUES
            if (market := Market(venue, f"{name}/USDT", name)).id not in without
        )
        for name in TOKENS
    }
    return Universe(
        tuple(
            Sector(
                name,
                name.title(),
                tuple(Membership(t) for t, home in TOKENS.items() if home == name),
                benchmark=name == "benchmark",
            )
            for name in NAMES
        ),
        tuple(Token(name, name, markets[name]) for name in sorted(TOKENS)),
    )


def put_steps(
    database: Database, closes: Iterable[datetime], *, coverage: float = 1.0, **changes: Any
) -> None:
    """A step of an hour that closes at each of the times."""
    tokens = tuple(
        token(name, sector=home, volume_24h_usd=1e7) for name, home in sorted(TOKENS.items())
    )
    states = tuple(
        sector(name, coverage=coverage, share=None if name == "benchmark" else 0.5, **changes)
        for name in NAMES
    )
    with database.write() as conn:
        steps.save_steps(
            conn,
            [(output(close - HOUR, sectors=states, tokens=tokens), close) for close in closes],
        )


def hours(since: datetime, until: datetime) -> list[datetime]:
    """Closes of the hours in ``(since, until]``."""
    return [opened + HOUR for opened in opens_between(since, until, HOUR)]


def answered(
    database: Database, market_id: str, since: datetime, until: datetime, *, late: bool = False
) -> None:
    """The venue spoke for the market; ``late``: long after the hours were over."""
    spoken = [
        Coverage(market_id, HOUR, opened, opened + HOUR)
        for opened in opens_between(since, until, HOUR)
    ]
    with database.write() as conn:
        for piece in spoken:
            fetched = MORNING if late else piece.until + timedelta(seconds=5)
            coverage.save_coverage(conn, [piece], fetched_at=fetched)


def gathered(database: Database, **changes: Any) -> ReportFacts:
    """The facts of 19 January as of the next morning."""
    made: dict[str, Any] = {"day": DAY, "zone": "UTC", "width": HOUR, "now": MORNING}
    return gather_day(database, changes.pop("universe", universe()), **(made | changes))


def config_text(
    *, recipients: Sequence[str] = (), zone: str = "UTC", more: str = "", smtp: str = ""
) -> str:
    """A configuration of this market; ``smtp``: lines of its table."""
    sectors = "".join(
        f'[[sectors]]\nid = "{name}"\nname = "{name.title()}"\nbenchmark = {str(name == "benchmark").lower()}\n'
        f"tokens = {[t for t, home in TOKENS.items() if home == name]}\n"
        for name in NAMES
    )
    tokens = "".join(
        f'[tokens.{name}]\nname = "{name}"\n'
        f'markets = [{", ".join(f"""{{venue = "{v}", symbol = "{name}/USDT"}}""" for v in VENUES)}]\n'
        'supplies = [{from = 2020-01-01, circulating = 1e9, source = "test"}]\n'
        for name in TOKENS
    )
    venues = "".join(f"[venues.{venue}]\n" for venue in VENUES)
    report = f'[report]\ntimezone = "{zone}"\nrecipients = {list(recipients)}\n{more}\n'
    return f'[engine]\ninterval = "1h"\n{sectors}{tokens}{venues}{report}[smtp]\n{smtp}\n'


def settings_of(folder: Path, **changes: Any) -> Settings:
    """The settings of that configuration, with a mail server unless told otherwise."""
    file = folder / "monitor.toml"
    file.write_text(config_text(**({"smtp": 'host = "mail.example"'} | changes)), encoding="utf-8")
    return load_settings(file, {})
