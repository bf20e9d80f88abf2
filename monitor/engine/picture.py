"""One step put into the model's words: what `sectors` shows and what is stored."""

import numpy as np

from monitor.engine.state import EngineState
from monitor.engine.values import StepValues
from monitor.engine.window import none_or
from monitor.engine.windows import GRADES, Windows
from monitor.model.interval import FloatArray, IntervalInput, Layout
from monitor.model.state import MarketStep, MemberEvent, SectorState, TokenState

DAY, WEEK = 24, 168


def draw(
    state: EngineState,
    values: StepValues,
    windows: Windows,
    interval: IntervalInput,
    layout: Layout,
    events: tuple[MemberEvent, ...],
) -> MarketStep:
    """The whole picture of the step just remembered."""
    volume, net = windows.sector_total("volume", DAY), windows.sector_total("net", DAY)
    share_now, share_then = windows.volume_share(DAY), windows.volume_share(DAY, before=DAY)
    sectors = tuple(
        _sector(s, state, values, windows, interval, (volume, net, share_now, share_then))
        for s in range(len(layout.sectors))
    )
    return MarketStep(
        interval.open_time,
        interval.width,
        sectors,
        _tokens(state, values, windows, interval),
        events,
    )


def _sector(
    s: int,
    state: EngineState,
    v: StepValues,
    windows: Windows,
    interval: IntervalInput,
    totals: tuple[FloatArray, ...],
) -> SectorState:
    volume, net, share_now, share_then = totals
    watched = s < len(v.share)
    whole, own, market = windows.returns(s, DAY)
    behind, judged = windows.breadth(s, DAY)
    members = v.after.sector == s
    ages = interval.supply_age_h[members]
    return SectorState(
        id=state.layout.sectors[s],
        index=float(1000.0 * np.exp(state.level[s])),
        market_cap_usd=float(v.caps[s]) if v.has_members[s] else None,
        share=none_or(float(v.share[s])) if watched else None,
        return_step=none_or(float(np.expm1(v.r[s]))),
        return_1h=none_or(float(np.expm1(windows.sector_drift("r", 1)[s]))),
        return_24h=whole,
        return_7d=windows.index_return(s, WEEK),
        own_return_24h=own if watched else None,
        market_part_24h=market if watched else None,
        beta=float(v.beta[s]) if watched else None,
        share_change_24h=windows.share_change(s, DAY),
        share_change_7d=windows.share_change(s, WEEK),
        share_split_24h=windows.share_split(s, DAY),
        volume_24h_usd=none_or(float(volume[s])),
        volume_share=none_or(float(share_now[s])) if watched else None,
        volume_share_change_24h=none_or(float(share_now[s] - share_then[s])) if watched else None,
        net_flow_24h_usd=none_or(float(net[s])),
        flow_grade=windows.grade(s, DAY),
        volume_step_usd=none_or(float(v.volume[s])),
        net_flow_step_usd=none_or(float(v.net[s])),
        breadth_behind=behind,
        breadth_of=judged,
        members=int(members.sum()),
        coverage=float(v.coverage[s]),
        stale_weight=float(v.stale[s]),
        supply_age_h=none_or(float(np.max(ages))) if len(ages) else None,
        venue_conflict=bool(v.conflict[members].any()),
    )


def _tokens(
    state: EngineState, v: StepValues, windows: Windows, interval: IntervalInput
) -> tuple[TokenState, ...]:
    """Of every token that ever had a price. Lists first: one conversion an array, not one a figure."""
    layout = state.layout
    hour = np.expm1(windows.token_drift("log_return", 1)).tolist()
    day = np.expm1(windows.token_drift("log_return", DAY)).tolist()
    own = np.expm1(windows.token_drift("own", DAY)).tolist()
    part = windows.token_drift("contribution", DAY).tolist()
    volume, net = (
        windows.token_total("volume", DAY).tolist(),
        windows.token_total("net", DAY).tolist(),
    )
    price, supply, sector = v.after.price.tolist(), v.after.supply.tolist(), v.after.sector.tolist()
    supply_age, age, grade = (
        interval.supply_age_h.tolist(),
        state.age.tolist(),
        v.token_grade.tolist(),
    )
    conflict = v.conflict.tolist()
    venues = _venues(state, v)
    width_s = interval.width.total_seconds()
    return tuple(
        TokenState(
            id=token,
            sector=layout.sectors[sector[i]] if sector[i] >= 0 else None,
            price_usd=_known(price[i]),
            market_cap_usd=_known(price[i] * supply[i]),
            supply=_known(supply[i]),
            supply_age_h=_known(supply_age[i]),
            return_1h=_known(hour[i]),
            return_24h=_known(day[i]),
            own_return_24h=_known(own[i]),
            contribution_24h=_known(part[i]),
            volume_24h_usd=_known(volume[i]),
            net_flow_24h_usd=_known(net[i]),
            flow_grade=GRADES[grade[i]],
            venues=venues[i],
            age_s=age[i] * width_s,
            venue_conflict=conflict[i],
        )
        for i, token in enumerate(layout.tokens)
        if price[i] == price[i]
    )


def _venues(state: EngineState, v: StepValues) -> list[tuple[str, ...]]:
    """Per token the venues that counted, in the markets' order."""
    found: list[list[str]] = [[] for _ in state.layout.tokens]
    names, owner = state.layout.markets, state.layout.market_token.tolist()
    for market in np.flatnonzero(v.counted_market).tolist():
        venue = names[market].partition(":")[0]
        if venue not in found[owner[market]]:
            found[owner[market]].append(venue)
    return [tuple(venues) for venues in found]


def _known(value: float) -> float | None:
    return value if value == value else None  # noqa: PLR0124  NaN is unknown
