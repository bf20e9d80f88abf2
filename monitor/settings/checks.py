"""All rules across keys, and what is allowed but unwise."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

from monitor.model.universe import DOLLARS, quote_of
from monitor.settings import table_rules, universe_rules
from monitor.settings.tables import SectorTable, Tables, TokenTable

Fault = tuple[str, str]
USUAL_SECURITY = {465: "tls", 587: "starttls"}
"""By the mail server's port."""
_RULES = (*table_rules.RULES, *universe_rules.RULES)


def all_faults(tables: Tables, *, broken: AbstractSet[str] = frozenset()) -> list[Fault]:
    """Every fault of every rule as (key, found and expected); a rule that reads a broken table is not asked."""
    return [fault for rule, reads in _RULES if not reads & broken for fault in rule(tables)]


def warnings_of(tables: Tables) -> list[str]:
    """What is allowed but unwise."""
    found = []
    zone = ZoneInfo(tables.report.timezone)
    if 1 <= tables.report.time.hour < 3 and zone.key != "UTC":
        found.append(
            f"report.time: {tables.report.time:%H:%M} in {zone.key} may be skipped or doubled when the clocks change"
        )
    if tables.smtp.password is not None and tables.smtp.security == "none":
        found.append("smtp.security: none: the password travels in the clear")
    port, security = tables.smtp.port, tables.smtp.security
    usual = USUAL_SECURITY.get(port)
    if usual is not None and security not in (usual, "none"):
        found.append(
            f'smtp.security: {security}, though port {port} is used with "{usual}" nearly everywhere'
        )
    if not any(sector.benchmark for sector in tables.sectors):
        found.append(
            "sectors: none has benchmark = true: the other sectors together stand for the market, with beta 1"
        )
    enabled = {venue for venue, table in tables.venues.items() if table.enabled}
    traded_on = {m.venue for table in tables.tokens.values() for m in table.markets}
    if not traded_on & enabled:
        found.append("venues: none that has markets is enabled: no bars are asked for")
    found += [
        f"sectors: {a.id} and {b.id} have the same color {a.color}: charts cannot tell them apart"
        for a, b in combinations([s for s in tables.sectors if not s.benchmark], 2)
        if a.color.lower() == b.color.lower()
    ]
    for sector in tables.sectors:
        found += _few_members(sector)
    for token, table in tables.tokens.items():
        found += _leaps(token, table)
    return found + _assumed_rates(tables)


def _assumed_rates(tables: Tables) -> list[str]:
    """Coins that count as one dollar though nothing watches them: a depeg would look like a move of what they quote.

    With one such coin alone every price is off by the same factor, and no sector moves against another.
    """
    watched = {token for token, table in tables.tokens.items() if table.markets}
    quotes = {quote_of(m.symbol) for table in tables.tokens.values() for m in table.markets}
    assumed = sorted((quotes & DOLLARS) - {"USD"} - watched)
    if len(quotes) < 2:
        return []
    return [
        f"tokens: {quote} counts as 1 dollar: add [tokens.{quote}] with a market of its rate, such as {quote}/USD"
        for quote in assumed
    ]


def future_supplies(tables: Tables, now: datetime) -> list[str]:
    """Tokens whose first dated supply has not begun: until then they have no cap and enter nothing."""
    return [
        f"tokens.{token}.supplies[0]: begins {table.supplies[0].since:%Y-%m-%d}, which is to come: no cap until then"
        for token, table in tables.tokens.items()
        if table.supplies and table.supplies[0].since > now
    ]


def _few_members(sector: SectorTable) -> list[str]:
    if sector.benchmark or len(sector.tokens) >= 5:
        return []
    return [
        f"sectors: {sector.id} has {len(sector.tokens)} tokens: breadth and concentration say little under five"
    ]


def _leaps(token: str, table: TokenTable) -> list[str]:
    """A typed zero too many: dated entries are believed as they stand, so it is said here or nowhere."""
    return [
        f"tokens.{token}.supplies[{i}]: {after.circulating:g} after {before.circulating:g}: a digit too many or too few?"
        for i, (before, after) in enumerate(pairwise(table.supplies), start=1)
        if not 1 / 6 < after.circulating / before.circulating < 6
    ]
