"""The ids under which venues can be asked: those of the installed ccxt."""

import difflib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

RENAMED = {"gateio": "gate", "gate.io": "gate", "huobi": "htx", "okex": "okx"}


@cache
def venue_names() -> tuple[str, ...]:
    """All of ccxt's venues, ascending. Read from the names of its files: importing it takes 0.6 s and 100 MB."""
    spec = find_spec("ccxt")
    folders = [] if spec is None else spec.submodule_search_locations or []
    files = [file for folder in folders for file in Path(folder, "abstract").glob("*.py")]
    return tuple(sorted(file.stem for file in files if file.stem != "__init__"))


def nearest_venue(name: str) -> str | None:
    """The venue that a wrong or former name most likely means; None where none is near."""
    near = difflib.get_close_matches(name, venue_names(), n=1)
    return RENAMED.get(name) or next(iter(near), None)
