"""Sectors and their tokens as tables."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from monitor.content.wording.cells import cell
from monitor.content.wording.figures import (
    UNKNOWN,
    duration,
    money,
    net_flow,
    percent,
    price,
    stamp,
)
from monitor.model.figures import Figure, Place, Shown, figures_at
from monitor.model.state import MarketStep, SectorState, TokenState
from monitor.model.universe import Sector, Supply
from monitor.store import supplies
from monitor.web.page.scene import name_of
from monitor.web.page.tables import Cell, Column, Table, text_cell

SMALL = (
    (Place.SIZE, "Size"),
    (Place.RETURN, "Returns"),
    (Place.TRADING, "Trading, 24 h"),
    (Place.LIQUIDITY, "Liquidity, 24 h"),
)
"""What a phone shows instead of one wide table."""

_SECTOR = Column("sector", "sector", words=True)


def sector_table(step: MarketStep, sectors: Mapping[str, Sector]) -> Table:
    """Every figure of every sector as of the step."""
    shown = list(figures_at(Place.PAGE, of=step.sectors))
    return _table("sectors", "Sectors", shown, step, sectors)


def small_sector_tables(step: MarketStep, sectors: Mapping[str, Sector]) -> list[Table]:
    """The same in four, each narrow enough for a phone."""
    return [
        _table("sectors", title, list(figures_at(place, of=step.sectors)), step, sectors)
        for place, title in SMALL
    ]


def beside_table(step: MarketStep, sectors: Mapping[str, Sector]) -> Table | None:
    """What order books and perpetuals say of them; None where neither is read."""
    shown = list(figures_at(Place.BESIDE, of=step.sectors))
    if not shown:
        return None
    return _table("beside", "In order books and perpetuals", shown, step, sectors)


def _table(
    key: str,
    title: str,
    figures: Sequence[tuple[Figure, Shown]],
    step: MarketStep,
    sectors: Mapping[str, Sector],
) -> Table:
    return Table(
        key,
        f"{title}, as of {stamp(step.close_time)}",
        [_SECTOR, *(Column(shown.heading, figure.export_name) for figure, shown in figures)],
        [
            [_name(state, sectors), *(_figure(figure, shown, state) for figure, shown in figures)]
            for state in step.sectors
            if state.id in sectors
        ],
    )


def _name(state: SectorState, sectors: Mapping[str, Sector]) -> Cell:
    sector = sectors[state.id]
    return Cell(name_of(sector), sector.id, href=f"#tokens-{sector.id}", color=sector.color)


def _figure(figure: Figure, shown: Shown, state: SectorState) -> Cell:
    value = figure.read(state)
    if isinstance(value, list):
        value = "/".join(map(str, value))
    return Cell(cell(figure, shown, state), value)


TOKENS = (
    Column("token", "token", words=True),
    Column("price", "price_usd"),
    Column("cap", "market_cap_usd"),
    Column("supply", "supply_coins"),
    Column("supply from", "supply_source", words=True),
    Column("supply's age", "supply_age_h"),
    Column("return 24 h", "return_24h_fraction"),
    Column("volume 24 h", "volume_24h_usd"),
    Column("net flow 24 h", "net_flow_24h_usd"),
    Column("venues", "venues", words=True),
    Column("age", "age_s"),
)


def supplies_in_force(
    conn: Connection, tokens: Iterable[TokenState], at: datetime
) -> dict[str, Supply]:
    """token -> the figure that its cap is made of."""
    found = {t.id: supplies.in_force(conn, t.id, "circulating", at) for t in tokens}
    return {token: supply for token, supply in found.items() if supply is not None}


def token_table(
    sector: Sector, step: MarketStep, known: Mapping[str, Supply], *, key: str = ""
) -> Table:
    """The sector's members, the largest first."""
    mine = [token for token in step.tokens if token.sector == sector.id]
    return Table(
        key or f"tokens-{sector.id}",
        f"Tokens of {name_of(sector)}, as of {stamp(step.close_time)}",
        TOKENS,
        [
            _token(token, known.get(token.id))
            for token in sorted(mine, key=lambda t: (-(t.market_cap_usd or 0.0), t.id))
        ],
        empty="No token of it had been seen by then, or its tokens are no longer kept (schedule.retention.tokens).",
    )


def _token(token: TokenState, supply: Supply | None) -> list[Cell]:
    flow = net_flow(token.net_flow_24h_usd, token.flow_grade, short=True)
    age_h = token.supply_age_h
    return [
        text_cell(token.id),
        Cell(price(token.price_usd), token.price_usd),
        Cell(money(token.market_cap_usd, sign=False), token.market_cap_usd),
        Cell(_coins(token.supply), token.supply),
        text_cell(supply.source) if supply else Cell(UNKNOWN),
        Cell(UNKNOWN if age_h is None else duration(3600 * age_h), age_h),
        Cell(percent(token.return_24h), token.return_24h),
        Cell(money(token.volume_24h_usd, sign=False), token.volume_24h_usd),
        Cell(flow, token.net_flow_24h_usd),
        text_cell(", ".join(token.venues) or "none"),
        Cell(UNKNOWN if token.age_s is None else _age(token.age_s), token.age_s),
    ]


def _coins(units: float | None) -> str:
    return UNKNOWN if units is None else money(units, sign=False).replace("$", "")


def _age(seconds: float) -> str:
    return duration(seconds) if seconds else "fresh"
