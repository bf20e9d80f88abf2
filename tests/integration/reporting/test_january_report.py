"""The bundled episode as the report of a day: gathered from the store as the daily mail would be."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from monitor.commands.demo import demo_database, run_episode
from monitor.content.report import ReportFacts, report_mail, report_subject, report_text
from monitor.content.report.text import WIDTH
from monitor.episodes import load_episode
from monitor.reporting.gather import Imprint, gather_day
from monitor.store.database import Database

DAY = timedelta(days=1)
BANNER = "demo · reconstruction"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("january")
    episode = load_episode()
    opened = demo_database(episode, folder / "demo.db")
    run_episode(episode, opened)
    yield opened
    opened.close()


def gathered(database: Database, day: date) -> ReportFacts:
    """As the daily mail gathers it on the next morning."""
    episode = load_episode()
    return gather_day(
        database,
        episode.universe,
        day=day,
        zone="UTC",
        width=episode.width,
        now=datetime.combine(day + DAY, time(7), tzinfo=UTC),
        imprint=Imprint(banner=BANNER),
    )


def test_the_days_report_says_that_it_is_a_reconstruction_wherever_it_shows(
    database: Database,
) -> None:
    mail = report_mail(gathered(database, date(2025, 1, 20)))
    for form in (mail.subject, mail.text.splitlines()[0], mail.html[: mail.html.index("<style>")]):
        assert BANNER in form
    shown = mail.html[mail.html.index('<div class="page"') :]
    assert shown.index(BANNER) < shown.index("<h1>")
    assert f"({BANNER}: not figures of the market.)" in " ".join(mail.text.split())
    assert all(picture.png.startswith(b"\x89PNG") for picture in mail.pictures)
    assert len(mail.html.encode()) < 100_000
    assert max(map(len, mail.text.splitlines())) <= WIDTH


def test_launches_show_as_shares_and_never_as_returns(database: Database) -> None:
    text = " ".join(report_text(gathered(database, date(2025, 1, 18)), ()).split())
    assert "TRUMP launched and joined Memes, 18 Jan 2025" in text
    assert "none on the index" in text


def test_a_report_knows_nothing_of_the_days_after_it(database: Database) -> None:
    facts = gathered(database, date(2025, 1, 18))
    assert all(r.closed_at is None or r.closed_at <= facts.until for r in facts.past)
    assert all(r.detected_at <= facts.until for r in facts.past)
    later = {r.id for r in gathered(database, date(2025, 1, 28)).past}
    assert {r.id for r in facts.past} < later


def test_every_day_of_the_month_makes_a_report(database: Database) -> None:
    subjects = [
        report_subject(gathered(database, date(2025, 1, 1) + k * DAY)) for k in range(0, 31, 3)
    ]
    assert len(set(subjects)) == len(subjects)
    assert all(s.startswith(f"[rotation] {BANNER}: ") and len(s) <= 150 for s in subjects)


def test_the_gathered_day_is_whole_and_names_its_venues(database: Database) -> None:
    facts = gathered(database, date(2025, 1, 20))
    assert facts.health.whole
    assert facts.venues == ["bybit", "gate", "okx"]
    assert (facts.health.late_notices, facts.health.outages) == (0, ())
    assert facts.close is not None
    assert facts.close.close_time == facts.until
    assert "VIRTUAL" in facts.volume_medians
    assert "TRUMP" not in facts.volume_medians  # two days old: nothing is usual for it yet


def test_before_the_record_begins_there_is_no_data_and_it_says_why(database: Database) -> None:
    facts = gathered(database, date(2024, 11, 20))
    assert facts.close is None
    assert facts.why_empty.startswith("the record begins 1 Dec 2024")
    assert "NO DATA; the record begins" in report_subject(facts)
