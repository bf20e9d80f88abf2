"""Sectors by the names that people know them by, safe for one line."""

from collections.abc import Mapping

from monitor.content.wording.safe_text import LONGEST_NAME, neutral_name
from monitor.model.rotation import MARKET, Rotation

NAME_LENGTHS = (LONGEST_NAME, 24, 14)
"""Long names are cut further before a line that has a limit loses a figure."""
Names = Mapping[str, str]


def name_of(sector: str, names: Names, longest: int = LONGEST_NAME) -> str:
    """The sector's name; the rest of the watched market is called market."""
    if sector == MARKET:
        return "market"
    return neutral_name(names.get(sector, sector), longest) or neutral_name(sector, longest)


def pair_of(rotation: Rotation, names: Names, longest: int = LONGEST_NAME) -> str:
    """``AI agents → Memes``."""
    source, target = (name_of(sector, names, longest) for sector in rotation.pair)
    return f"{source} → {target}"
