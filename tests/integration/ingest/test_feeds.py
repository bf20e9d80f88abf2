"""RSS and Atom over HTTP: dated headlines in, what has no date out, a page told apart from a feed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from monitor.clock import ManualClock
from monitor.ingest.errors import BadVenueData, VenueDown, VenueError, VenueForbidden
from monitor.ingest.feed import Feed
from monitor.jobs.headlines import headlines_read
from monitor.store.database import Database
from monitor.store.headlines import read_headlines
from tests.kit.vendor_server import VendorServer

NOW = datetime(2025, 1, 18, 6, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with VendorServer() as made:
        yield made


def item(title: str, at: datetime | None, guid: str = "") -> str:
    date = "" if at is None else f"<pubDate>{format_datetime(at)}</pubDate>"
    return f"<item><title>{title}</title><guid>{guid or title}</guid>{date}</item>"


def rss(*items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>{"".join(items)}</channel></rss>'


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title>
<entry><title>Plain &amp; dated</title><id>urn:1</id><updated>2025-01-18T03:00:00+02:00</updated></entry>
</feed>"""


def feed(server: VendorServer) -> Feed:
    return Feed("wire", f"{server.url}/rss", ManualClock(NOW), attempts=1)


async def test_rss_and_atom_are_read_with_their_times_in_utc(server: VendorServer) -> None:
    source = feed(server)
    server.answers["/rss"] = rss(item("&lt;b&gt;Bold&lt;/b&gt; move", NOW - timedelta(hours=4)))
    (found,) = await source.read()
    assert (found.feed, found.title, found.at) == ("wire", "Bold move", NOW - timedelta(hours=4))
    server.answers["/rss"] = ATOM
    (found,) = await source.read()
    await source.close()
    assert (found.title, found.at) == ("Plain & dated", datetime(2025, 1, 18, 1, tzinfo=UTC))


async def test_what_has_no_date_or_one_to_come_or_is_old_is_left_out(server: VendorServer) -> None:
    server.answers["/rss"] = rss(
        item("undated", None),
        item("to come", NOW + timedelta(hours=1)),
        item("old", NOW - timedelta(days=8)),
        item("", NOW),
        item("now", NOW),
    )
    source = feed(server)
    found = await source.read()
    await source.close()
    assert [h.title for h in found] == ["now"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("<html><body>Sign in</body></html>", BadVenueData),
        ({"items": []}, BadVenueData),
        ("", BadVenueData),
        ((404, "gone"), VenueError),
        ((403, "no"), VenueForbidden),
        ((503, "later"), VenueDown),
        (rss(item("x" * 5_000_000, NOW)), BadVenueData),
    ],
)
async def test_what_is_no_feed_is_said_without_its_address(
    server: VendorServer, answer: Any, error: type[VenueError]
) -> None:
    server.answers["/rss"] = answer
    source = feed(server)
    with pytest.raises(error) as caught:
        await source.read()
    await source.close()
    assert server.url not in f"{caught.value} {caught.value.remedy}"


async def test_a_feed_that_is_read_again_adds_what_is_new_and_one_that_fails_stops_no_other(
    server: VendorServer, database: Database
) -> None:
    clock = ManualClock(NOW)
    server.answers["/rss"] = rss(item("first", NOW - timedelta(hours=1), "1"))
    gone = Feed("gone", "http://127.0.0.1:9/rss", clock, attempts=1)
    feeds = [gone, feed(server)]
    await headlines_read(feeds, database, clock)()
    server.answers["/rss"] = rss(
        item("first, restated", NOW - timedelta(hours=1), "1"), item("second", NOW, "2")
    )
    await headlines_read(feeds, database, clock)()
    for one in feeds:
        await one.close()
    with database.read() as conn:
        found = read_headlines(conn, NOW - timedelta(days=1), NOW)
    assert [(h.feed, h.title) for h in found] == [("wire", "first"), ("wire", "second")]
