"""A sector's state to draw from; figures are made up."""

from monitor.model.state import SectorState


def state(sector: str, k: int, *, share: float | None) -> SectorState:
    return SectorState(
        id=sector, index=1000.0 - k, market_cap_usd=1e9, share=share, return_step=0.0, return_1h=0.0,
        return_24h=-0.104, return_7d=None, own_return_24h=-0.072, market_part_24h=-0.032, beta=1.2,
        share_change_24h=-0.041, share_change_7d=None, share_split_24h=None, volume_24h_usd=1e8, volume_share=0.11,
        volume_share_change_24h=-0.18, net_flow_24h_usd=-31.2e6, flow_grade=None, volume_step_usd=1e6,
        net_flow_step_usd=None, breadth_behind=9, breadth_of=10, members=10, coverage=1.0, stale_weight=0.0,
        supply_age_h=1.0,
    )  # fmt: skip
