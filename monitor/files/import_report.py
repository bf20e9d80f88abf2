"""What an import took in and kept out, said with file, line and reason."""

from dataclasses import dataclass, field
from pathlib import Path

from monitor.model.bars import Bar, Refusal
from monitor.model.grid import iso

DETAILS_KEPT = 20


@dataclass(slots=True)
class ImportReport:
    """Counts over all files. ``refused``: rows kept out, and files that were refused whole; ``details``: the first 20."""

    files: int = 0
    rows: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    without_supply: int = 0
    held: int = 0
    estimated: int = 0
    refused: int = 0
    details: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    _like: dict[str, int] = field(default_factory=dict)

    @property
    def stored(self) -> int:
        """Rows that are in the store now."""
        return self.new + self.revised + self.unchanged

    def hold(self, path: Path, line: int, bar: Bar, refusal: Refusal) -> None:
        """Count a bar that disagrees with what is known, or is unlikely beside it."""
        self.held += 1
        self._note(
            f"{path}:{line}: {bar.market_id} {iso(bar.open_time)}: {refusal.detail}; held, --replace to insist",
            f"{path}|{bar.market_id}|held|{refusal.reason}",
        )

    def refuse(self, path: Path, line: int, reason: str) -> None:
        """Count a row that is kept out; rows of one file and one reason are told once."""
        self._note(f"{path}:{line}: {reason}", f"{path}|{reason}")

    def refuse_file(self, text: str) -> None:
        """Count a file that is refused whole."""
        self._note(text, text)

    def _note(self, text: str, kind: str) -> None:
        self.refused += 1
        if kind in self._like:
            self._like[kind] += 1
        elif len(self.details) < DETAILS_KEPT:
            self._like[kind] = 0
            self.details.append(text)

    def words(self) -> list[str]:
        """Lines for people; those about refusals begin with ``refused``."""
        likes = self._like.values()
        lines = [
            f"refused {detail}" + (f" (and {more:,} more like it)" if more else "")
            for detail, more in zip(self.details, likes, strict=True)
        ]
        told = len(self.details) + sum(likes)
        if self.refused > told:
            lines.append(f"refused {self.refused - told:,} more")
        files = "1 file" if self.files == 1 else f"{self.files} files"
        summary = f"{files}, {self.rows:,} rows: {self.new:,} new, {self.revised:,} revised"
        summary += f", {self.unchanged:,} known already, {self.refused:,} refused"
        if self.held:
            summary += f", {self.held:,} of them held since they disagree with what is known"
        if self.estimated:
            summary += f", {self.estimated:,} without quote volume (estimated as base volume x typical price)"
        if self.without_supply:
            summary += f", {self.without_supply:,} without a supply"
        return [*lines, *self.notes, summary]
