"""What stands in the order books, in words."""

from monitor.content.wording.depth import depth_words, sides_words
from monitor.model.order_book import SectorBooks


def test_each_sector_with_unit_and_spread_then_what_part_was_seen() -> None:
    found = {
        "AI agents": SectorBooks(1.2e6, 0.9e6, 6.04, 0.8),
        "Memes": SectorBooks(5e6, 4e6, 3.0, 1.0),
    }
    assert depth_words(found) == (
        "AI agents $1.20 M bid and $900 k asked, spread 6.0 bp; Memes $5.00 M bid and $4.00 M asked,"
        " spread 3.0 bp. Books of 80 % or more of a sector's markets."
    )
    assert depth_words({}) == ""


def test_books_that_end_early_are_a_lower_bound_and_none_are_unknown() -> None:
    assert sides_words(1e6, 2e6, at_least=True) == "$1.00 M bid and $2.00 M asked or more"
    assert sides_words(None, 2e6) == "unknown"
