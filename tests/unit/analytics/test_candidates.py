"""Which headlines stand around a start: by time, by what they name, and never from after what was known."""

from datetime import UTC, datetime, timedelta

from monitor.analytics.candidates import around_start
from monitor.model.headline import Headline

START = datetime(2025, 1, 18, 2, tzinfo=UTC)
LATER = START + timedelta(days=1)
NAMES = ["TRUMP", "OFFICIAL TRUMP", "Memes", "AI"]


def headline(title: str, minutes: int, feed: str = "wire") -> Headline:
    return Headline(feed, title, START + timedelta(minutes=minutes), title)


def titles(*found: Headline, until: datetime = LATER) -> list[str]:
    return [h.title for h in around_start(found, START, until, NAMES)]


def test_those_that_name_a_side_come_before_those_that_are_nearer() -> None:
    found = [
        headline("President launches $TRUMP coin", -170),
        *(headline(f"Weather {i}", i) for i in range(5)),
    ]
    assert titles(*found) == ["President launches $TRUMP coin", "Weather 0", "Weather 1"]


def test_a_name_inside_another_word_and_one_of_two_letters_name_nothing() -> None:
    found = [
        headline("Trumpets sound", -60),
        headline("AI is everywhere", -50),
        *(headline(f"Weather {i}", i) for i in range(3)),
    ]
    assert titles(*found) == ["Weather 0", "Weather 1", "Weather 2"]


def test_six_hours_before_to_two_after_and_nothing_later_than_was_known() -> None:
    found = [
        headline("early", -361),
        headline("first", -360),
        headline("last", 120),
        headline("late", 121),
    ]
    assert titles(*found) == ["first", "last"]
    assert titles(*found, until=START) == ["first"]


def test_the_same_title_of_two_feeds_is_told_once_as_it_first_came() -> None:
    found = around_start([headline("X", 5), headline("x", 0, "other")], START, LATER, [])
    assert [(h.feed, h.title) for h in found] == [("other", "x")]
