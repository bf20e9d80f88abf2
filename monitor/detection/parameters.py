"""Parameters of detection, each with its unit in its name; the defaults are the method's."""

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class DetectionParameters:
    """Bounds of returns are log returns over the window; scores are about standard normal under no rotation.

    ``pairs``: ordered pairs (from, to) to watch; None: all ordered pairs of sectors.
    """

    horizons_h: tuple[int, ...] = (4, 8, 12, 24)
    on: float = 3.0
    watch_on: float = 2.4
    off: float = 1.2
    critical: float = 4.0
    persist_min: float = 60.0
    watch_persist_min: float = 30.0
    unknown_reset_min: float = 30.0
    cooldown_h: float = 24.0
    reversal_window_h: float = 168.0
    max_age_h: float = 168.0
    open_fade_h: float = 2.0
    open_max_h: float = 12.0
    confirmed_fade_h: float = 6.0
    min_relative_return: float = 0.05
    max_from_own_return: float = -0.025
    min_volume_shift: float = 1.0
    min_breadth: float = 0.6
    min_coverage: float = 0.7
    least_samples: int = 84
    full_samples: int = 336
    young_extra: float = 0.5
    sigma_half_life_h: float = 96.0
    mad_floor_volume: float = 0.30
    mad_floor_flow: float = 0.015
    flow_weight_c: float = 0.0
    one_sided_own_return: float = -0.05
    one_sided_z: float = -3.0
    launch_share_loss_pp: float = 5.0
    launch_z: float = -2.0
    launch_volume_share: float = 0.2
    pairs: tuple[tuple[str, str], ...] | None = None

    def fingerprint(self) -> str:
        """Eight hex digits that change with any value."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]
