"""How an import is done: dry, insisting, and who is told of its progress."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _nobody(_path: Path, _rows: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Manner:
    """``check``: nothing is stored. ``replace``: a file's bar stands against a known one. ``on_rows``: called with the rows
    done of all files."""

    check: bool = False
    replace: bool = False
    on_rows: Callable[[Path, int], None] = _nobody
