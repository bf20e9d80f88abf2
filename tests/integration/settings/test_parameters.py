"""What the file says of the engine and the detector reaches their parameters, and nothing else does."""

from dataclasses import asdict, fields
from pathlib import Path

import pytest

from monitor.analytics.parameters import AnalyticsParameters
from monitor.detection.parameters import DetectionParameters
from monitor.detection.rules import BOUNDS
from tests.kit.small_settings import SMALL, load

DETECTION = {
    "HORIZONS_H": ("[24, 8, 8]", "horizons_h", (8, 24)),
    "ON": ("3.5", "on", 3.5),
    "WATCH_ON": ("2.5", "watch_on", 2.5),
    "OFF": ("1.1", "off", 1.1),
    "CRITICAL": ("4.5", "critical", 4.5),
    "PERSIST": ("90m", "persist_min", 90.0),
    "WATCH_PERSIST": ("45m", "watch_persist_min", 45.0),
    "UNKNOWN_RESET": ("20m", "unknown_reset_min", 20.0),
    "COOLDOWN": ("36h", "cooldown_h", 36.0),
    "REVERSAL_WINDOW": ("5d", "reversal_window_h", 120.0),
    "MAX_AGE": ("6d", "max_age_h", 144.0),
    "OPEN_FADE": ("3h", "open_fade_h", 3.0),
    "OPEN_MAX": ("10h", "open_max_h", 10.0),
    "CONFIRMED_FADE": ("8h", "confirmed_fade_h", 8.0),
    "RENEW_AFTER": ("7h", "renew_after_h", 7.0),
    "FLOW_WEIGHT_C": ("0.5", "flow_weight_c", 0.5),
    "YOUNG_EXTRA": ("0.4", "young_extra", 0.4),
    "PAIRS": ('[["ai", "memes"]]', "pairs", (("ai", "memes"),)),
}
BOUND = {key: round(1.2 * rule.default, 3) or 0.1 for key, rule in BOUNDS.items()}
"""Another value for the bound of each condition, on its own side of nought."""
ENGINE = {
    "STALE_AFTER": ("20m", "stale_after_min", 20.0),
    "CARRY_MAX": ("2h", "carry_max_h", 2.0),
    "DROP_AFTER": ("12h", "drop_after_h", 12.0),
    "VENUE_DEV": ("0.08", "venue_dev", 0.08),
    "VENUE_WEIGHT_CAP": ("0.5", "venue_weight_cap", 0.5),
    "JUMP_GATE": ("0.3", "jump_gate", 0.3),
    "MIGRATION_GUARD": ("0.2", "migration_guard", 0.2),
    "LEAST_TRADES_SEEN": ("0.8", "least_trades_seen", 0.8),
}
FIXED = {
    "least_samples",
    "full_samples",
    "sigma_half_life_h",
    "sigma_floor",
    "mad_floor_volume",
    "mad_floor_flow",
}
"""Lengths of the detector's memory and floors of its yardsticks: to change them is to change the method."""


def test_without_a_word_of_the_file_the_methods_defaults_hold(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALL)
    assert settings.detection == DetectionParameters()
    assert settings.analytics == AnalyticsParameters()


@pytest.mark.parametrize("key", DETECTION)
def test_a_key_of_detection_sets_its_parameter_and_no_other(key: str, tmp_path: Path) -> None:
    text, name, value = DETECTION[key]
    settings = load(tmp_path, SMALL, {f"MONITOR_DETECTION__{key}": text})
    assert asdict(settings.detection) == asdict(DetectionParameters()) | {name: value}


@pytest.mark.parametrize("key", BOUND)
def test_the_bound_of_every_condition_is_a_key(key: str, tmp_path: Path) -> None:
    settings = load(tmp_path, SMALL, {f"MONITOR_DETECTION__{key.upper()}": str(BOUND[key])})
    assert settings.detection == DetectionParameters(bounds={key: BOUND[key]})


@pytest.mark.parametrize("key", ENGINE)
def test_a_key_of_the_engine_sets_its_parameter_and_no_other(key: str, tmp_path: Path) -> None:
    text, name, value = ENGINE[key]
    settings = load(tmp_path, SMALL, {f"MONITOR_ENGINE__{key}": text})
    assert asdict(settings.analytics) == asdict(AnalyticsParameters()) | {name: value}


def test_every_parameter_of_detection_is_a_key_or_part_of_the_method() -> None:
    keyed = {name for _, name, _ in DETECTION.values()}
    assert keyed | FIXED | {"bounds"} == {field.name for field in fields(DetectionParameters)}
    assert not keyed & FIXED
