"""Parameters of detection, each with its unit in its name; the defaults are the method's."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from monitor.detection.rules import BOUNDS


@dataclass(frozen=True, slots=True)
class DetectionParameters:
    """Scores are about standard normal under no rotation; ``on`` confirms, ``watch_on`` opens, under ``off`` it fades.

    ``renew_after_h``: a confirmed rotation that was under ``off`` for so long is told again when it is back over ``on``.
    ``bounds``: of the conditions, by their rules' keys; the rules' defaults where not given.
    ``sigma_floor``: log return per square root of an hour, 6 % a day: between two calm sectors less is no news.
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
    confirmed_fade_h: float = 18.0
    renew_after_h: float = 12.0
    least_samples: int = 84
    full_samples: int = 336
    young_extra: float = 0.5
    sigma_half_life_h: float = 96.0
    sigma_floor: float = 0.0125
    mad_floor_volume: float = 0.30
    mad_floor_flow: float = 0.015
    flow_weight_c: float = 0.0
    bounds: Mapping[str, float] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] | None = None

    def __post_init__(self) -> None:
        unknown = sorted(set(self.bounds) - set(BOUNDS))
        if unknown:
            raise ValueError(f"found bounds {unknown}, expected some of {sorted(BOUNDS)}")
        whole = {key: self.bounds.get(key, rule.default) for key, rule in BOUNDS.items()}
        object.__setattr__(self, "bounds", whole)

    @property
    def sight(self) -> tuple[Any, ...]:
        """All that witnesses are made with, apart from bounds and times."""
        return (
            self.horizons_h,
            self.least_samples,
            self.full_samples,
            self.sigma_half_life_h,
            self.sigma_floor,
            self.mad_floor_volume,
            self.mad_floor_flow,
        )

    def bound(self, key: str) -> float:
        """The bound of a rule, or a level of the score, by its key."""
        if key in BOUNDS:
            return self.bounds[key]
        level: float = getattr(self, key)
        return level

    def fingerprint(self) -> str:
        """Eight hex digits that change with any value."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]
