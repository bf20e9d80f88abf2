"""A step's picture as the stable JSON of `sectors --json` and `/api/sectors`; unknown values are None."""

from monitor.model.grid import format_duration, iso
from monitor.model.json_form import Json, to_json
from monitor.model.state import MarketStep, SectorState, TokenState


def step_to_json(step: MarketStep) -> Json:
    """Sectors with their tokens. ``at`` is the close of the interval: when the figures became knowable."""
    return {
        "at": iso(step.close_time),
        "interval": format_duration(step.width),
        "sectors": [sector_to_json(sector, step.tokens) for sector in step.sectors],
    }


def sector_to_json(sector: SectorState, tokens: tuple[TokenState, ...] = ()) -> Json:
    """One sector; of ``tokens`` those that are its members."""
    return {
        "id": sector.id,
        "market_cap_usd": sector.market_cap_usd,
        "share": sector.share,
        "index": sector.index,
        "return_1h": sector.return_1h,
        "return_24h": sector.return_24h,
        "return_7d": sector.return_7d,
        "own_return_24h": sector.own_return_24h,
        "market_part_24h": sector.market_part_24h,
        "beta": sector.beta,
        "share_change_24h": sector.share_change_24h,
        "share_change_7d": sector.share_change_7d,
        "share_split_24h": None
        if sector.share_split_24h is None
        else {
            "price": sector.share_split_24h.price,
            "supply": sector.share_split_24h.supply,
            "membership": sector.share_split_24h.membership,
            "launch": sector.share_split_24h.launch,
        },
        "volume_24h_usd": sector.volume_24h_usd,
        "volume_share": sector.volume_share,
        "volume_share_change_24h": sector.volume_share_change_24h,
        "net_flow_24h_usd": sector.net_flow_24h_usd,
        "flow_grade": sector.flow_grade.value if sector.flow_grade else None,
        "flow_seen": sector.flow_seen,
        "breadth": [sector.breadth_behind, sector.breadth_of],
        "members": sector.members,
        "coverage": sector.coverage,
        "stale_weight": sector.stale_weight,
        "supply_age_h": sector.supply_age_h,
        "tokens": [token_to_json(token) for token in tokens if token.sector == sector.id],
    }


def token_to_json(token: TokenState) -> Json:
    """One token, without the sector that it stands under."""
    record: Json = to_json(token)
    del record["sector"]
    return record
