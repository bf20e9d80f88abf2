"""Rules across sectors, tokens, markets and venues; each yields its faults as (key, found and expected)."""

import difflib
import re
from collections.abc import Iterator
from itertools import combinations
from typing import get_args

from monitor.model.universe import BEGINNING, DOLLARS, END, quote_of
from monitor.settings.tables import ChainName, Tables, member_of
from monitor.settings.venue_names import nearest_venue, venue_names

Fault = tuple[str, str]
NODES_TO_NAME = frozenset(get_args(ChainName)) - {"solana"}
_FILE_VENUE = re.compile(r"[^\s:]+")  # a market's id is venue:symbol


def _venues(tables: Tables) -> Iterator[Fault]:
    for venue, table in tables.venues.items():
        if not table.polled:
            if _FILE_VENUE.fullmatch(venue) is None:
                yield (
                    f"venues.{venue}",
                    f"found {venue!r}, expected a name without spaces and colons",
                )
        elif venue not in venue_names():
            yield (
                f"venues.{venue}",
                f"found {venue!r}, expected {_venue_hint(venue)}",
            )


def _venue_hint(venue: str) -> str:
    near = nearest_venue(venue)
    files = "polled = false if it is known from files only"
    return f"{near!r}?" if near else f"the id of a venue of ccxt, or {files}"


def _venue_with_table(venue: str) -> str:
    if venue in venue_names():
        return f"expected a venue that has a table (add [venues.{venue}])"
    return f"expected {_venue_hint(venue)}"


def _markets(tables: Tables) -> Iterator[Fault]:
    seen: dict[tuple[str, str], str] = {}
    for token, table in tables.tokens.items():
        for i, market in enumerate(table.markets):
            key = f"tokens.{token}.markets[{i}]"
            if market.venue not in tables.venues:
                yield (
                    f"{key}.venue",
                    f"found {market.venue!r}, {_venue_with_table(market.venue)}",
                )
            name = (market.venue, market.symbol)
            if name in seen:
                yield (
                    key,
                    f"found {market.symbol!r} of {market.venue}, expected each market once (it stands at {seen[name]})",
                )
            seen.setdefault(name, key)
            if market.since and market.until and market.since >= market.until:
                yield key, "found an end before the beginning, expected from < to"


def _perpetuals(tables: Tables) -> Iterator[Fault]:
    """Read for funding and open interest alone; their bars are not asked."""
    for token, table in tables.tokens.items():
        named = {(m.venue, m.symbol) for m in table.markets}
        for i, market in enumerate(table.perpetuals):
            key = f"tokens.{token}.perpetuals[{i}]"
            venue = tables.venues.get(market.venue)
            if venue is None or not venue.polled:
                yield f"{key}.venue", f"found {market.venue!r}, {_venue_with_table(market.venue)}"
            if ":" not in market.symbol:
                yield (
                    f"{key}.symbol",
                    f"found {market.symbol!r}, expected a perpetual such as VIRTUAL/USDT:USDT",
                )
            if (market.venue, market.symbol) in named:
                yield key, f"found {market.symbol!r}, which is in markets already, expected it once"


def _any_market(tables: Tables) -> Iterator[Fault]:
    if not any(table.markets for table in tables.tokens.values()):
        yield (
            "tokens",
            "found no market of any token, expected markets = [{venue = ..., symbol = ...}]",
        )


def _quotes(tables: Tables) -> Iterator[Fault]:
    """Only the dollar and its coins may count as one dollar; any other quote needs a rate."""
    watched = {token for token, table in tables.tokens.items() if table.markets}
    for token, table in tables.tokens.items():
        for i, market in enumerate(table.markets):
            quote = quote_of(market.symbol)
            if quote not in DOLLARS | watched:
                wanted = f"a market in {', '.join(sorted(DOLLARS))}, or [tokens.{quote}] with a market such as {quote}/USDT"
                yield (
                    f"tokens.{token}.markets[{i}].symbol",
                    f"found {market.symbol!r}, whose quote is no dollar and has no rate, expected {wanted}",
                )


def _members(tables: Tables) -> Iterator[Fault]:
    used = set()
    for i, sector in enumerate(tables.sectors):
        for j, entry in enumerate(sector.tokens):
            member = member_of(entry)
            used.add(member.id)
            key = f"sectors[{i}].tokens[{j}]"
            if member.id not in tables.tokens:
                near = difflib.get_close_matches(member.id, tables.tokens, n=1)
                yield (
                    key,
                    f"found {member.id!r}, expected a token that has a table"
                    + (f" (nearest: {near[0]!r})" if near else ""),
                )
            if member.since and member.until and member.since >= member.until:
                yield key, "found an end before the beginning, expected from < to"
    used |= {t.migrated_to.token for t in tables.tokens.values() if t.migrated_to}
    used |= {quote_of(m.symbol) for t in tables.tokens.values() for m in t.markets}
    for token in sorted(tables.tokens.keys() - used):
        yield (
            f"tokens.{token}",
            "found a token in no sector, expected a member of a sector, a successor or a quote currency",
        )


def _one_sector_at_a_time(tables: Tables) -> Iterator[Fault]:
    spans = [
        (member_of(entry), sector.id, f"sectors[{i}].tokens[{j}]")
        for i, sector in enumerate(tables.sectors)
        for j, entry in enumerate(sector.tokens)
    ]
    for (a, sector_a, _), (b, sector_b, key) in combinations(spans, 2):
        if a.id != b.id:
            continue
        begin = max(a.since or BEGINNING, b.since or BEGINNING)
        end = min(a.until or END, b.until or END)
        if begin < end:
            when = "always" if begin == BEGINNING else f"from {begin:%Y-%m-%d}"
            yield (
                key,
                f"found {a.id!r} in {sector_b} and in {sector_a} {when}, expected one sector at a time",
            )


def _sectors(tables: Tables) -> Iterator[Fault]:
    names = [sector.id for sector in tables.sectors]
    for i, sector in enumerate(tables.sectors):
        if names.index(sector.id) < i:
            yield f"sectors[{i}].id", f"found {sector.id!r} twice, expected each id once"
    if sum(s.benchmark for s in tables.sectors) > 1:
        yield "sectors", "found two sectors with benchmark = true, expected one at most"
    if sum(not s.benchmark for s in tables.sectors) < 2:
        yield (
            "sectors",
            "found fewer than two sectors to watch, expected two or more beside the benchmark",
        )


def _supplies(tables: Tables) -> Iterator[Fault]:
    for token, table in tables.tokens.items():
        dates = [supply.since for supply in table.supplies]
        if dates != sorted(set(dates)):
            yield (
                f"tokens.{token}.supplies",
                "found dates out of order or twice, expected them ascending",
            )
        if not table.supplies and _needs_supply(tables, token):
            yield (
                f"tokens.{token}.supplies",
                "found none, expected a dated circulating supply, or sources.coingecko enabled and tokens.*.coingecko set",
            )


def _sources(tables: Tables) -> Iterator[Fault]:
    for name, source in tables.sources.items():
        if source.enabled and source.base_url is None and name in NODES_TO_NAME:
            yield (
                f"sources.{name}.base_url",
                f"found none, expected the address of a node of {name}: there is no public one to rely on",
            )
    paprika = tables.sources.get("coinpaprika")
    named = any(table.coinpaprika for table in tables.tokens.values())
    if paprika is not None and paprika.enabled and not named:
        yield "sources.coinpaprika", "found no token with a coinpaprika id, expected one at least"


def _vendors(tables: Tables) -> Iterator[Fault]:
    """A vendor that is switched on has something to read, and what it asks for."""
    named: dict[str, tuple[str, bool]] = {
        "defillama": (
            'token with a protocol, expected tokens.X.defillama = "virtuals-protocol"',
            any(token.defillama for token in tables.tokens.values()),
        ),
        "dune": (
            "token with a saved query, expected tokens.X.dune = [{query = ..., figure = ..., day = ..., value = ...}]",
            any(token.dune for token in tables.tokens.values()),
        ),
        "sosovalue": (
            'sector with a name there, expected sectors[].sosovalue = "AI Agents"',
            any(sector.sosovalue for sector in tables.sectors),
        ),
    }
    for name, (what, is_named) in named.items():
        source = next((table for key, table in tables.sources.items() if key == name), None)
        if source is None or not source.enabled:
            continue
        if not is_named:
            yield f"sources.{name}", f"found no {what}"
        if name != "defillama" and source.api_key is None:
            variable = f"MONITOR_SOURCES__{name.upper()}__API_KEY"
            yield f"sources.{name}.api_key", f"found none, expected a key in {variable}"
        if name == "sosovalue" and source.changes is None:
            yield (
                "sources.sosovalue.changes",
                "found none, expected ratio or percent: its documents do not say which, compare one answer with a known day",
            )


def _needs_supply(tables: Tables, token: str) -> bool:
    ids = {
        "coingecko": tables.tokens[token].coingecko,
        "coinpaprika": tables.tokens[token].coinpaprika,
    }
    if any(ids.get(name) for name, source in tables.sources.items() if source.enabled):
        return False
    members = {member_of(entry).id for sector in tables.sectors for entry in sector.tokens}
    successors = {t.migrated_to.token for t in tables.tokens.values() if t.migrated_to}
    return token in members | successors


def _migrations(tables: Tables) -> Iterator[Fault]:
    taken: dict[str, str] = {}
    for token, table in tables.tokens.items():
        if table.migrated_to is None:
            continue
        successor = table.migrated_to.token
        key = f"tokens.{token}.migrated_to.token"
        first = taken.setdefault(successor, token)
        if first != token:
            yield (
                key,
                f"found {successor!r}, which succeeds {first} already, expected one old token",
            )
        if successor not in tables.tokens:
            yield key, f"found {successor!r}, expected a token that has a table"
        elif tables.tokens[successor].migrated_to is not None:
            yield (
                key,
                f"found {successor!r}, which is migrated itself, expected one migration a token",
            )
        elif any(member_of(e).id == successor for s in tables.sectors for e in s.tokens):
            yield (
                key,
                f"found {successor!r} named in a sector, expected that it takes its place by the migration alone",
            )


def _identities(tables: Tables) -> Iterator[Fault]:
    """Two tables of one coin would count it twice; a ticker is no identity, a contract is."""
    seen: dict[tuple[str, str], str] = {}
    for token, table in tables.tokens.items():
        marks = (
            {("coingecko", table.coingecko): f"tokens.{token}.coingecko"} if table.coingecko else {}
        )
        for chain, address in table.identity.items():
            # upper and lower case are one address on EVM chains only, where it begins with 0x
            same = address.lower() if address.startswith("0x") else address
            marks[(chain, same)] = f"tokens.{token}.identity.{chain}"
        for (kind, value), key in marks.items():
            first = seen.setdefault((kind, value), token)
            if first != token:
                yield key, f"found {value!r}, which is {first} already, expected each coin once"


RULES = (
    (_venues, {"venues"}),
    (_sectors, {"sectors"}),
    (_members, {"sectors", "tokens"}),
    (_one_sector_at_a_time, {"sectors"}),
    (_markets, {"tokens", "venues"}),
    (_perpetuals, {"tokens", "venues"}),
    (_any_market, {"tokens"}),
    (_quotes, {"tokens"}),
    (_identities, {"tokens"}),
    (_supplies, {"sectors", "tokens", "sources"}),
    (_sources, {"sources", "tokens"}),
    (_vendors, {"sources", "tokens", "sectors"}),
    (_migrations, {"sectors", "tokens"}),
)
"""Each rule with the tables that it reads."""
