"""How a file is read: which column is what, of which market, and what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from monitor.files.file_times import TimeForm
from monitor.files.tables import FileRefusedError, Sheet, is_index
from monitor.model.bar_columns import BAR_FIGURES
from monitor.model.grid import format_duration

BAR_COLUMNS = ("ts", "exchange", "symbol", *BAR_FIGURES)
SUPPLY_COLUMNS = (
    "ts",
    "token",
    "source",
    "price_usd",
    "market_cap_usd",
    "circulating_supply",
    "volume_24h_usd",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """``columns``: our field -> place in the sheet. ``fixed``: our field -> a value for all rows (exchange, symbol, token,
    source, ts). ``width``: as the name or the user says it (``width_by``), None where only the times tell."""

    format: str
    kind: Literal["bars", "supplies"]
    columns: Mapping[str, int]
    fixed: Mapping[str, str] = field(default_factory=dict)
    times: TimeForm = field(default_factory=TimeForm)
    width: timedelta | None = None
    width_by: str = "its name"

    def ignored(self, sheet: Sheet) -> list[str]:
        """Columns that say nothing to us; the row index of pandas is none."""
        used = set(self.columns.values())
        if sheet.headless:
            return []
        return [n for i, n in enumerate(sheet.names) if i not in used and not is_index(n)]

    def words(self, sheet: Sheet) -> list[str]:
        """What was understood, line by line."""
        told = ", ".join(
            f"{ours} = {'column ' + str(place + 1) if sheet.headless else sheet.names[place]}"
            for ours, place in self.columns.items()
        )
        lines = [f"format   {self.format} ({sheet.form}), {self.kind}", f"columns  {told}"]
        if self.fixed:
            lines.append("given    " + ", ".join(f"{k} = {v}" for k, v in self.fixed.items()))
        if self.width is not None:
            lines.append(f"width    {format_duration(self.width)}, by {self.width_by}")
        if ignored := self.ignored(sheet):
            lines.append(f"ignored  {', '.join(ignored)}")
        return lines


def places(names: tuple[str, ...], aliases: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Our field -> place of the first of its aliases that the names hold; case and spaces make no difference."""
    plain = [_plain(name) for name in names]
    return {
        ours: plain.index(alias)
        for ours, known in aliases.items()
        if (alias := next((a for a in known if a in plain), None)) is not None
    }


def _plain(name: str) -> str:
    return "_".join(name.strip().strip("<>").lower().replace("-", " ").replace("_", " ").split())


def refuse(sheet: Sheet, text: str, remedy: str | None = None) -> FileRefusedError:
    """The file cannot be read as what it should be."""
    return FileRefusedError(f"{sheet.path}: {text}", remedy=remedy)
