"""What an import took in and kept out, said with file, line and reason."""

from dataclasses import dataclass, field
from pathlib import Path

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
    refused: int = 0
    details: list[str] = field(default_factory=list)

    @property
    def stored(self) -> int:
        """Rows that are in the store now."""
        return self.new + self.revised + self.unchanged

    def refuse(self, path: Path, line: int, reason: str) -> None:
        """Count a row that is kept out."""
        self._note(f"{path}:{line}: {reason}")

    def refuse_file(self, text: str) -> None:
        """Count a file that is refused whole."""
        self._note(text)

    def _note(self, text: str) -> None:
        self.refused += 1
        if len(self.details) < DETAILS_KEPT:
            self.details.append(text)

    def words(self) -> list[str]:
        """Lines for people; those about refusals begin with ``refused``."""
        lines = [f"refused {detail}" for detail in self.details]
        if self.refused > len(self.details):
            lines.append(f"refused {self.refused - len(self.details):,} more")
        summary = (
            f"{self.files} files, {self.rows:,} rows: {self.new:,} new, {self.revised:,} revised"
        )
        summary += f", {self.unchanged:,} known already, {self.refused:,} refused"
        if self.without_supply:
            summary += f", {self.without_supply:,} without a supply"
        return [*lines, summary]
