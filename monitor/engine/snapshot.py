"""One step put into the model's words: what `sectors` shows and what is stored."""

import numpy as np

from monitor.analytics.window import listed
from monitor.engine.state import EngineState
from monitor.engine.values import StepValues
from monitor.engine.windows import GRADES, Windows
from monitor.model.interval import FloatArray, IntervalInput, Layout
from monitor.model.state import MarketStep, MemberEvent, SectorState, TokenState

DAY, WEEK = 24, 168


class SnapshotMaker:
    """Draws the picture of a step; what never changes from step to step is worked out once."""

    def __init__(self, layout: Layout, watched: int) -> None:
        self._layout = layout
        self._watched = watched
        markets: list[list[int]] = [[] for _ in layout.tokens]
        for market, token in enumerate(layout.market_token.tolist()):
            markets[token].append(market)
        self._markets = markets
        self._venue = [name.partition(":")[0] for name in layout.markets]
        self._all_venues = [self._names(every) for every in markets]

    def draw(
        self,
        state: EngineState,
        values: StepValues,
        windows: Windows,
        interval: IntervalInput,
        events: tuple[MemberEvent, ...],
    ) -> MarketStep:
        """The whole picture of the step just remembered."""
        return MarketStep(
            interval.open_time,
            interval.width,
            self._sectors(state, values, windows, interval),
            self._tokens(state, values, windows, interval),
            events,
        )

    def _sectors(
        self, state: EngineState, v: StepValues, windows: Windows, interval: IntervalInput
    ) -> tuple[SectorState, ...]:
        sectors = len(self._layout.sectors)
        member = v.after.sector >= 0
        members = np.bincount(v.after.sector[member], minlength=sectors)
        whole, own, market = windows.returns(DAY)
        share_now, share_then = windows.volume_share(DAY), windows.volume_share(DAY, before=DAY)
        behind, judged, _ = windows.breadth(DAY)
        columns = {
            "id": list(self._layout.sectors),
            "index": (1000.0 * np.exp(state.level)).tolist(),
            "market_cap_usd": listed(np.where(v.has_members, v.caps, np.nan)),
            "share": self._only_watched(v.share),
            "return_step": listed(np.expm1(v.r)),
            "return_1h": listed(np.expm1(windows.sector_drift("r", 1))),
            "return_24h": listed(whole),
            "return_7d": listed(windows.index_return(WEEK)),
            "own_return_24h": self._only_watched(own),
            "market_part_24h": self._only_watched(market),
            "beta": self._only_watched(v.beta),
            "share_change_24h": self._only_watched(windows.share_change(DAY)),
            "share_change_7d": self._only_watched(windows.share_change(WEEK)),
            "share_split_24h": [windows.share_split(s, DAY) for s in range(sectors)],
            "volume_24h_usd": listed(
                np.where(v.has_members, windows.sector_total("volume", DAY), np.nan)
            ),
            "volume_share": self._only_watched(windows.traded_share(DAY)),
            "volume_share_change_24h": self._only_watched(share_now - share_then),
            "net_flow_24h_usd": listed(windows.sector_total("net", DAY)),
            "abnormal_volume_24h_usd": self._only_watched(windows.abnormal_volume()),
            "illiquidity_24h": listed(windows.illiquidity()),
            "flow_grade": [GRADES[code] for code in windows.grades(DAY).tolist()],
            "flow_seen": listed(windows.flow_seen(DAY)),
            "volume_step_usd": listed(v.volume),
            "net_flow_step_usd": listed(v.net),
            "breadth_behind": behind.tolist(),
            "breadth_of": judged.tolist(),
            "members": members.tolist(),
            "coverage": v.coverage.tolist(),
            "stale_weight": v.stale.tolist(),
            "supply_age_h": listed(_oldest(interval.supply_age_h, v, sectors)),
            "venue_conflict": (
                np.bincount(v.after.sector[member & v.conflict], minlength=sectors) > 0
            ).tolist(),
        }
        rows = zip(*columns.values(), strict=True)
        return tuple(SectorState(**dict(zip(columns, row, strict=True))) for row in rows)

    def _only_watched(self, values: FloatArray) -> list[float | None]:
        """As a list with None for the benchmark."""
        found: list[float | None] = [None] * len(self._layout.sectors)
        found[: self._watched] = listed(values[: self._watched])
        return found

    def _tokens(
        self, state: EngineState, v: StepValues, windows: Windows, interval: IntervalInput
    ) -> tuple[TokenState, ...]:
        """Of every token that ever had a price. Columns first: one conversion an array, not one a figure."""
        layout, price = self._layout, v.after.price
        names = (*layout.sectors, None)  # -1 is no sector
        columns = (
            layout.tokens,
            [names[place] for place in v.after.sector.tolist()],
            listed(price),
            listed(price * v.after.supply),
            listed(v.after.supply),
            listed(interval.supply_age_h),
            listed(np.expm1(windows.token_drift("log_return", 1))),
            listed(np.expm1(windows.token_drift("log_return", DAY))),
            listed(np.expm1(windows.token_drift("own", DAY))),
            listed(windows.token_drift("contribution", DAY)),
            listed(windows.token_total("volume", DAY)),
            listed(windows.token_total("net", DAY)),
            [GRADES[code] for code in windows.token_grades_of_day().tolist()],
            self._counted_venues(v),
            (state.age * interval.width.total_seconds()).tolist(),
            v.conflict.tolist(),
            listed(windows.token_flow_seen(DAY)),
        )
        tokens = tuple(map(TokenState, *columns))
        if np.isnan(price).any():
            return tuple(token for token in tokens if token.price_usd is not None)
        return tokens

    def _counted_venues(self, v: StepValues) -> list[tuple[str, ...]]:
        """Per token the venues that counted, in the markets' order."""
        found = self._all_venues.copy()
        left_out = np.unique(self._layout.market_token[~v.counted_market])
        for token in left_out.tolist():
            found[token] = self._names([m for m in self._markets[token] if v.counted_market[m]])
        return found

    def _names(self, markets: list[int]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._venue[market] for market in markets))


def _oldest(age_h: FloatArray, v: StepValues, sectors: int) -> FloatArray:
    """Per sector the age of its members' oldest supply; NaN without a member."""
    member = (v.after.sector >= 0) & ~np.isnan(age_h)
    oldest = np.full(sectors, -np.inf)
    np.maximum.at(oldest, v.after.sector[member], age_h[member])
    return np.where(np.isfinite(oldest), oldest, np.nan)
