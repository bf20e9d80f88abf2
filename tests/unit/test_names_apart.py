"""No venue and no channel is asked for by name outside of its own file: what one can do stands in its row."""

import ast
from collections.abc import Iterator
from pathlib import Path

from monitor.delivery.registry import ROWS
from monitor.ingest.venues.registry import proved

PACKAGE = Path(__file__).parents[2] / "monitor"
NAMES = {row.channel for row in ROWS} | {row.table for row in ROWS} | set(proved())
OWN_WORDS = {
    "ingest/venues": "a venue's own file",
    "files/formats": "a file's format is named after who writes it",
    "episodes": "markets of the reconstruction: data",
}


def compared(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every name that something is compared with or matched by."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare | ast.match_case):
            for part in ast.walk(node if isinstance(node, ast.Compare) else node.pattern):
                if isinstance(part, ast.Constant) and part.value in NAMES:
                    yield part.lineno, str(part.value)


def test_nothing_is_compared_with_the_name_of_a_venue_or_a_channel() -> None:
    assert {"binance", "okx", "slack", "email", "webhook"} <= NAMES
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not path.relative_to(PACKAGE).as_posix().startswith(tuple(OWN_WORDS))
        for line, name in compared(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_a_comparison_is_found_in_each_of_its_forms() -> None:
    text = 'a == "okx"\nb in ("slack", c)\nmatch d:\n    case "email":\n        pass\n'
    assert [name for _, name in compared(ast.parse(text))] == ["okx", "slack", "email"]
