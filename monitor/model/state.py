"""What the engine says of sectors and tokens after each interval.

Returns are simple returns (0.02 is +2 %), shares are fractions, money is USD, None is unknown. Net flow is taker
buying less taker selling on the watched venues. "24 h" windows end with the interval's close.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class FlowGrade(StrEnum):
    """How net flow was measured: A taker volume, B stored trades, C bulk volume classification, D display only."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True)
class ShareSplit:
    """A change of share taken apart exactly; the four parts sum to the change."""

    price: float
    supply: float
    membership: float
    launch: float


@dataclass(frozen=True, slots=True)
class TokenState:
    """One token after one interval; ``sector`` None: watched (a quote or benchmark) or not yet a member.

    ``contribution_24h``: the token's part of its sector's 24 h simple return. ``age_s``: seconds since a price was
    accepted, 0 when fresh. ``venues``: venues whose price counted in this interval. ``flow_seen``: part of the day's volume
    whose taker side was told, not estimated.
    """

    id: str
    sector: str | None
    price_usd: float | None
    market_cap_usd: float | None
    supply: float | None
    supply_age_h: float | None
    return_1h: float | None
    return_24h: float | None
    own_return_24h: float | None
    contribution_24h: float | None
    volume_24h_usd: float | None
    net_flow_24h_usd: float | None
    flow_grade: FlowGrade | None
    venues: tuple[str, ...]
    age_s: float | None
    venue_conflict: bool = False
    flow_seen: float | None = None
    open_interest_usd: float | None = None
    funding_rate_8h: float | None = None


@dataclass(frozen=True, slots=True)
class SectorState:
    """One sector after one interval. The benchmark has ``share`` and share changes None.

    ``return_step`` is this interval's simple return of the chained index. ``own_return_24h`` + ``market_part_24h`` =
    ``return_24h``. ``share_split_24h`` sums to ``share_change_24h``. ``breadth_behind`` of ``breadth_of`` members had a
    negative own return over 24 h. ``coverage``: cap share of members with a fresh price and known volume now.
    ``flow_seen``: part of the day's volume whose taker side was told, not estimated. ``abnormal_volume_24h_usd``: traded
    beyond the usual part of the last two weeks. ``illiquidity_24h``: mean hourly return, without sign, per million USD.

    Depth is no part of the fold: where order books are read (else None) it is added to the step that they precede. USD of
    bids and asks within 1 % and 2 % of the middle, summed over the members' polled markets, each the median of the last
    hour; ``spread_bp``: median over markets; ``depth_coverage``: part of the markets whose books were seen;
    ``depth_truncated``: a served book ended before 2 %, the sum is a lower bound.

    Neither are funding and open interest, of the perpetuals that are read (else None): ``open_interest_usd`` summed,
    ``funding_rate_8h`` the mean by open interest of what longs pay shorts in 8 h, ``derivatives_coverage`` the part of the
    perpetuals that were read. No rule looks at them.
    """

    id: str
    index: float
    market_cap_usd: float | None
    share: float | None
    return_step: float | None
    return_1h: float | None
    return_24h: float | None
    return_7d: float | None
    own_return_24h: float | None
    market_part_24h: float | None
    beta: float | None
    share_change_24h: float | None
    share_change_7d: float | None
    share_split_24h: ShareSplit | None
    volume_24h_usd: float | None
    volume_share: float | None
    volume_share_change_24h: float | None
    net_flow_24h_usd: float | None
    flow_grade: FlowGrade | None
    volume_step_usd: float | None
    net_flow_step_usd: float | None
    breadth_behind: int
    breadth_of: int
    members: int
    coverage: float
    stale_weight: float
    supply_age_h: float | None
    venue_conflict: bool = False
    flow_seen: float | None = None
    depth_bid_1pct_usd: float | None = None
    depth_ask_1pct_usd: float | None = None
    depth_bid_2pct_usd: float | None = None
    depth_ask_2pct_usd: float | None = None
    spread_bp: float | None = None
    depth_coverage: float | None = None
    depth_truncated: bool | None = None
    abnormal_volume_24h_usd: float | None = None
    illiquidity_24h: float | None = None
    open_interest_usd: float | None = None
    funding_rate_8h: float | None = None
    derivatives_coverage: float | None = None


class MemberEventKind(StrEnum):
    """Why a token's cap entered or left a sector, or changed by other than price."""

    LAUNCH = "launch"
    ENTRY = "entry"
    EXIT = "exit"
    SUPPLY = "supply"
    REDENOMINATION = "redenomination"


@dataclass(frozen=True, slots=True)
class MemberEvent:
    """A change of a sector's make-up: its effect on the sector's share (a fraction), none on the index."""

    at: datetime
    kind: MemberEventKind
    sector: str
    token: str
    share_effect: float | None
    market_cap_usd: float | None


@dataclass(frozen=True, slots=True)
class MarketStep:
    """The whole of one step's picture: what `sectors` shows and what is stored."""

    open_time: datetime
    width: timedelta
    sectors: tuple[SectorState, ...]
    tokens: tuple[TokenState, ...]
    events: tuple[MemberEvent, ...]

    @property
    def close_time(self) -> datetime:
        """When this became knowable."""
        return self.open_time + self.width

    def sector(self, sector_id: str) -> SectorState:
        """State of one sector; raises KeyError."""
        for state in self.sectors:
            if state.id == sector_id:
                return state
        raise KeyError(sector_id)
