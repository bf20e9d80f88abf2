"""Settings of the sector analytics, each with its unit in its name; the defaults are the method's."""

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class AnalyticsParameters:
    """``*_h`` and ``*_min`` are lengths of time; ``venue_dev`` and ``agree_within`` fractions; ``*jump_gate`` log returns."""

    stale_after_min: float = 30.0
    carry_max_h: float = 1.0
    drop_after_h: float = 24.0
    venue_dev: float = 0.10
    jump_gate: float = 0.25
    launch_jump_gate: float = 0.50
    jump_hold_min: float = 10.0
    agree_within: float = 0.03
    jump_hold_steps: int = 2
    venue_weight_cap: float = 0.60
    least_venue_share: float = 0.30
    least_known: float = 0.70
    least_trades_seen: float = 0.60
    migration_guard: float = 0.10
    launch_days: float = 7.0
    launch_hours: float = 24.0
    breadth_delay_h: float = 24.0
    beta_half_life_h: float = 168.0
    beta_prior: float = 1.3
    beta_shrink: float = 0.2
    beta_max: float = 3.0
    spread_half_life_h: float = 96.0

    def fingerprint(self) -> str:
        """Eight hex digits that change with any value."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]
