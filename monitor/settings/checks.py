"""Rules across keys, each a small function that yields its faults as (key, found and expected)."""

import difflib
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from monitor.model.grid import format_duration, parse_duration
from monitor.model.universe import BEGINNING, END
from monitor.settings.tables import RENAMED, VENUES, MemberTable, SectorTable, Tables

Fault = tuple[str, str]
DAY = timedelta(days=1)
WIDTHS = ("1m", "5m", "15m", "30m", "1h")


def all_faults(tables: Tables) -> list[Fault]:
    """Every fault of every rule."""
    return [fault for rule in RULES for fault in rule(tables)]


def member_of(entry: str | MemberTable) -> MemberTable:
    """A member with its dates, where the file names only the token."""
    return entry if isinstance(entry, MemberTable) else MemberTable(id=entry)


def _interval(tables: Tables) -> Iterator[Fault]:
    if tables.engine.interval not in [parse_duration(width) for width in WIDTHS]:
        yield (
            "engine.interval",
            f"found {format_duration(tables.engine.interval)!r}, expected one of {', '.join(WIDTHS)}",
        )
    if tables.engine.deadline >= tables.engine.interval:
        yield (
            "engine.deadline",
            f"found {format_duration(tables.engine.deadline)!r}, expected less than engine.interval",
        )
    if tables.schedule.settle >= tables.engine.deadline:
        yield (
            "schedule.settle",
            f"found {format_duration(tables.schedule.settle)!r}, expected less than engine.deadline",
        )


def _venues(tables: Tables) -> Iterator[Fault]:
    for venue in tables.venues:
        if venue not in VENUES:
            yield f"venues.{venue}", f"found {venue!r}, expected {_venue_hint(venue)}"


def _venue_hint(venue: str) -> str:
    near = RENAMED.get(venue) or next(iter(difflib.get_close_matches(venue, VENUES, n=1)), None)
    return f"{near!r}?" if near else f"one of {', '.join(VENUES)}"


def _venue_with_table(venue: str) -> str:
    if venue in VENUES:
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
    used |= {
        m.symbol.partition("/")[2].partition(":")[0]
        for t in tables.tokens.values()
        for m in t.markets
    }
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


def _needs_supply(tables: Tables, token: str) -> bool:
    source = tables.sources.get("coingecko")
    if source is not None and source.enabled and tables.tokens[token].coingecko:
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


def _pairs(tables: Tables) -> Iterator[Fault]:
    watched = [s.id for s in tables.sectors if not s.benchmark]
    for i, pair in enumerate(tables.detection.pairs or []):
        for name in pair:
            if name not in watched:
                yield (
                    f"detection.pairs[{i}]",
                    f"found {name!r}, expected a watched sector ({', '.join(watched)})",
                )
        if len(set(pair)) == 1:
            yield f"detection.pairs[{i}]", f"found {pair[0]!r} on both sides, expected two sectors"


def _detection(tables: Tables) -> Iterator[Fault]:
    d = tables.detection
    if not d.off < d.watch_on <= d.on <= d.critical:
        yield (
            "detection",
            f"found off {d.off}, watch_on {d.watch_on}, on {d.on}, critical {d.critical}, expected off < watch_on <= on <= critical",
        )


def _web(tables: Tables) -> Iterator[Fault]:
    loopback = tables.web.host in ("127.0.0.1", "localhost", "::1")
    if tables.web.enabled and not loopback and tables.web.token is None:
        yield (
            "web.host",
            f"found {tables.web.host!r} without a token, expected 127.0.0.1, or MONITOR_WEB__TOKEN set",
        )


def _slack(tables: Tables) -> Iterator[Fault]:
    slack = tables.alerts.slack
    if slack.bot_token is not None and not slack.channel:
        yield "alerts.slack.channel", "found nothing beside a bot token, expected a channel's id"


def _mail(tables: Tables) -> Iterator[Fault]:
    wanted = tables.alerts.email.recipients or tables.report.recipients
    if wanted and not tables.smtp.host:
        yield (
            "smtp.host",
            "found nothing though mail has recipients, expected the mail server's name",
        )
    if tables.smtp.password is not None and not tables.smtp.user:
        yield "smtp.user", "found nothing beside a password, expected the user's name"


def warnings_of(tables: Tables) -> list[str]:
    """What is allowed but unwise."""
    found = []
    zone = ZoneInfo(tables.report.timezone)
    if 1 <= tables.report.time.hour < 3 and zone.key != "UTC":
        found.append(
            f"report.time: {tables.report.time:%H:%M} in {zone.key} may be skipped or doubled when the clocks change"
        )
    for sector in tables.sectors:
        found += _few_members(sector)
    return found


def _few_members(sector: SectorTable) -> list[str]:
    if sector.benchmark or len(sector.tokens) >= 5:
        return []
    return [
        f"sectors: {sector.id} has {len(sector.tokens)} tokens: breadth and concentration say little under five"
    ]


RULES = (
    _interval,
    _venues,
    _sectors,
    _members,
    _one_sector_at_a_time,
    _markets,
    _supplies,
    _migrations,
    _detection,
    _pairs,
    _slack,
    _mail,
    _web,
)
