"""A small configuration that is right, and what is said of one that is not."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from monitor.model.errors import ConfigError
from monitor.settings.load import load_settings
from monitor.settings.schema import Settings

SMALL = """
[engine]
interval = "5m"

[[sectors]]
id = "ai"
name = "AI agents"
tokens = ["VIRTUAL", {id = "ARC", from = 2024-12-10}]

[[sectors]]
id = "memes"
name = "Memes"
tokens = ["DOGE"]

[venues.gate]
[venues.bybit]

[tokens.VIRTUAL]
name = "Virtuals"
markets = [{venue = "gate", symbol = "VIRTUAL/USDT"}]
supplies = [{from = 2024-01-01, circulating = 1e9, source = "by hand"}]

[tokens.ARC]
name = "AI Rig Complex"
markets = [{venue = "gate", symbol = "ARC/USDT"}]
supplies = [{from = 2024-12-10, circulating = 1e9, source = "by hand"}]

[tokens.DOGE]
name = "Dogecoin"
markets = [{venue = "bybit", symbol = "DOGE/USDT"}]
supplies = [{from = 2024-01-01, circulating = 147e9, source = "by hand"}]
"""
INTERVAL = 'interval = "5m"'


def changed(*changes: tuple[str, str], more: str = "") -> str:
    """The small configuration with texts of it replaced, and tables added at its end."""
    text = SMALL
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in it"
        text = text.replace(old, new)
    return text + more


def load(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    """Load this text as c.toml."""
    file = folder / "c.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environ or {})


def faults(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """What is said of it, the folder's name left out."""
    with pytest.raises(ConfigError) as failure:
        load(folder, text, environ)
    return [problem.replace(f"{folder}/", "") for problem in failure.value.problems]
