"""From checked tables to the model's values."""

from collections.abc import Iterator
from datetime import timedelta

from monitor.analytics.parameters import AnalyticsParameters
from monitor.detection.parameters import DetectionParameters
from monitor.detection.rules import BOUNDS
from monitor.model.universe import (
    BEGINNING,
    END,
    Market,
    Membership,
    Redenomination,
    Sector,
    Supply,
    Token,
    Universe,
)
from monitor.settings.tables import (
    DetectionTable,
    EngineTable,
    MarketTable,
    SectorTable,
    Tables,
    member_of,
)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def universe_of(tables: Tables) -> Universe:
    """Sectors, tokens and markets; markets of disabled venues are left out."""
    moves = tuple(
        Redenomination(
            token, table.migrated_to.token, table.migrated_to.ratio, table.migrated_to.at
        )
        for token, table in sorted(tables.tokens.items())
        if table.migrated_to is not None
    )
    return Universe(
        sectors=tuple(
            sorted((_sector(sector, moves) for sector in tables.sectors), key=lambda s: s.id)
        ),
        tokens=tuple(_token(token, tables) for token in sorted(tables.tokens)),
        redenominations=moves,
    )


def perpetuals_of(tables: Tables) -> tuple[Market, ...]:
    """Those that are read for funding and open interest: watched markets that are perpetuals, and those named for it."""
    return tuple(
        sorted(
            (
                _market(m, token, tables)
                for token, table in tables.tokens.items()
                for m in (*table.markets, *table.perpetuals)
                if ":" in m.symbol
                and tables.venues[m.venue].enabled
                and tables.venues[m.venue].polled
            ),
            key=lambda market: market.id,
        )
    )


def supplies_of(tables: Tables) -> tuple[Supply, ...]:
    """The dated entries of the file; an operator stands for them."""
    return tuple(
        Supply(
            token=token,
            units=supply.circulating,
            valid_from=supply.since,
            received_at=supply.since,
            source=f"config: {supply.source}",
            dated_by_operator=True,
        )
        for token, table in sorted(tables.tokens.items())
        for supply in table.supplies
    )


def analytics_of(table: EngineTable) -> AnalyticsParameters:
    """The engine's own parameters."""
    return AnalyticsParameters(
        stale_after_min=table.stale_after / MINUTE,
        carry_max_h=table.carry_max / HOUR,
        drop_after_h=table.drop_after / HOUR,
        venue_dev=table.venue_dev,
        jump_gate=table.jump_gate,
        venue_weight_cap=table.venue_weight_cap,
        migration_guard=table.migration_guard,
        least_trades_seen=table.least_trades_seen,
    )


def detection_of(table: DetectionTable) -> DetectionParameters:
    """The detector's parameters."""
    return DetectionParameters(
        horizons_h=tuple(sorted(set(table.horizons_h))),
        on=table.on,
        watch_on=table.watch_on,
        off=table.off,
        critical=table.critical,
        persist_min=table.persist / MINUTE,
        watch_persist_min=table.watch_persist / MINUTE,
        cooldown_h=table.cooldown / HOUR,
        reversal_window_h=table.reversal_window / HOUR,
        max_age_h=table.max_age / HOUR,
        unknown_reset_min=table.unknown_reset / MINUTE,
        open_fade_h=table.open_fade / HOUR,
        open_max_h=table.open_max / HOUR,
        confirmed_fade_h=table.confirmed_fade / HOUR,
        renew_after_h=table.renew_after / HOUR,
        young_extra=table.young_extra,
        flow_weight_c=table.flow_weight_c,
        bounds={key: getattr(table, key) for key in BOUNDS},
        pairs=tuple((a, b) for a, b in table.pairs) if table.pairs is not None else None,
    )


def _sector(table: SectorTable, moves: tuple[Redenomination, ...]) -> Sector:
    members = tuple(sorted(_members(table, moves), key=lambda m: (m.token, m.since)))
    return Sector(table.id, table.name, members, table.color, table.benchmark)


def _members(table: SectorTable, moves: tuple[Redenomination, ...]) -> Iterator[Membership]:
    """A migrated token's successor takes its place at the time of the migration."""
    moved = {move.old: move for move in moves}
    for entry in table.tokens:
        member = member_of(entry)
        since, until = member.since or BEGINNING, member.until or END
        move = moved.get(member.id)
        if move is None or not since < move.at < until:
            yield Membership(member.id, since, until)
            continue
        yield Membership(member.id, since, move.at)
        yield Membership(move.new, move.at, until)


def _market(m: MarketTable, token: str, tables: Tables) -> Market:
    return Market(
        m.venue,
        m.symbol,
        token,
        m.multiplier,
        m.since or BEGINNING,
        m.until or END,
        polled=tables.venues[m.venue].polled,
    )


def _token(token: str, tables: Tables) -> Token:
    table = tables.tokens[token]
    markets = tuple(
        _market(m, token, tables) for m in table.markets if tables.venues[m.venue].enabled
    )
    return Token(
        token,
        table.name,
        markets,
        table.first_trade,
        table.coingecko,
        dict(table.identity),
        table.coinpaprika,
    )
