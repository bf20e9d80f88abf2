"""What each sector got of net flow beyond its part of the tide, and a table from losers to gainers (METHOD, chapter 5).

The table is the proportional, least informative allocation: a convention, not an observation. What may be said of it:
taker selling in one sector coincided with taker buying in another. Nobody has seen money travel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.model.json_form import Json
from monitor.model.state import SectorState

CONVENTION = "relative net flow, allocated in proportion: a convention, not an observation"


@dataclass(frozen=True, slots=True)
class Passage:
    """USD allocated from a sector that got less than its part to one that got more."""

    from_sector: str
    to_sector: str
    usd: float


@dataclass(frozen=True, slots=True)
class RelativeFlow:
    """``by_sector``: USD by id, summing to 0. Each losing sector's passages sum to what it lost, each gaining one's to
    what it gained."""

    by_sector: dict[str, float]
    passages: tuple[Passage, ...]


def relative_flow(amounts: Sequence[tuple[str, float, float]]) -> RelativeFlow:
    """Of (id, net flow, volume) in USD: ``n_s = N_s - V_s / sum V * sum N`` and ``M[a, b] = |n_a| n_b / sum of gains``.
    Without any volume there is no tide, and what flowed is all relative."""
    tide = sum(net for _, net, _ in amounts)
    traded = sum(volume for _, _, volume in amounts)
    part = tide / traded if traded > 0 else 0.0
    relative = {name: net - volume * part for name, net, volume in amounts}
    gains = sum(usd for usd in relative.values() if usd > 0)
    passages = tuple(
        Passage(a, b, -lost * won / gains)
        for a, lost in relative.items()
        for b, won in relative.items()
        if lost < 0 < won
    )
    return RelativeFlow(relative, passages)


def day_of(states: Sequence[SectorState]) -> tuple[RelativeFlow | None, list[str]]:
    """Of the last 24 h of the sectors that have a share; None where one's flow or volume is unknown, and of which it is."""
    watched = [state for state in states if state.share is not None]
    amounts = [
        (state.id, state.net_flow_24h_usd, state.volume_24h_usd)
        for state in watched
        if state.net_flow_24h_usd is not None and state.volume_24h_usd is not None
    ]
    told = {id_ for id_, _, _ in amounts}
    unknown = [state.id for state in watched if state.id not in told]
    return relative_flow(amounts) if amounts and not unknown else None, unknown


def relative_flow_to_json(states: Sequence[SectorState]) -> Json:
    """As :func:`day_of`, labelled as the convention that it is."""
    found, unknown = day_of(states)
    return {
        "window_h": 24,
        "convention": CONVENTION,
        "unknown_of": unknown,
        "sectors": None if found is None else found.by_sector,
        "table": None
        if found is None
        else [{"from": p.from_sector, "to": p.to_sector, "usd": p.usd} for p in found.passages],
    }
