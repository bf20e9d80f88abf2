"""A step's picture as the stable JSON of `sectors --json` and `/api/sectors`; unknown values are None."""

from collections.abc import Sequence

from monitor.model.figures import FIGURES
from monitor.model.grid import format_duration, iso
from monitor.model.json_form import Json, to_json
from monitor.model.outside import NOTHING_OUTSIDE, Outside, outside_to_json
from monitor.model.relative_flow import relative_flow_to_json
from monitor.model.state import MarketStep, SectorState, TokenState


def step_to_json(
    step: MarketStep, outside: Outside = NOTHING_OUTSIDE, assumed_rates: Sequence[str] = ()
) -> Json:
    """Sectors with their tokens. ``at`` is the close of the interval: when the figures became knowable. ``outside``: what
    vendors say beside ours. ``assumed_rates``: quotes that counted as one dollar since nobody told their rate."""
    return {
        "at": iso(step.close_time),
        "interval": format_duration(step.width),
        "sectors": [sector_to_json(sector, step.tokens) for sector in step.sectors],
        "assumed_rates": list(assumed_rates),
        "relative_flow_24h": relative_flow_to_json(step.sectors),
        **outside_to_json(outside),
    }


def sector_to_json(sector: SectorState, tokens: tuple[TokenState, ...] = ()) -> Json:
    """One sector; of ``tokens`` those that are its members."""
    figures = {f.name: to_json(f.read(sector)) for f in FIGURES if f.in_json}
    members = [token_to_json(token) for token in tokens if token.sector == sector.id]
    return {"id": sector.id, **figures, "tokens": members}


def token_to_json(token: TokenState) -> Json:
    """One token, without the sector that it stands under."""
    record: Json = to_json(token)
    del record["sector"]
    return record
