"""The bundled episode as the report of a day: gathered from the store as the daily mail would be."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from monitor.commands.demo import demo_database, run_episode
from monitor.content.report import DataHealth, ReportFacts, report_mail, report_subject, report_text
from monitor.content.report.selection import states_at
from monitor.content.report.text import WIDTH
from monitor.episodes import load_episode
from monitor.store import notes, readings, rotations, steps
from monitor.store.database import Database

INSTANT = timedelta(microseconds=1)
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
    """All that is stored of the day and of the 30 days before; rotations stand as at the day's end."""
    episode = load_episode()
    since = datetime.combine(day, time(), tzinfo=UTC)
    until = since + DAY
    watched = [sector.id for sector in episode.universe.watched]
    with database.read() as conn:
        series = steps.sector_series(conn, until - 30 * DAY, until + INSTANT)
        told = rotations.list_changes(conn, until=until + INSTANT)
        every = states_at(told, until)
        return ReportFacts(
            day=day,
            zone="UTC",
            since=since,
            until=until,
            sectors=sorted(episode.universe.sectors, key=lambda s: (s.benchmark, s.id)),
            close=steps.step_at(conn, until),
            series=series,
            steps=[row for row in series if row[0] > since],
            rotations=[r for r in every if r.closed_at is None or r.closed_at > since],
            changes=[c for c in told if c.changed_at > since],
            past=every,
            readings=[
                reading
                for source, target in permutations(watched, 2)
                for reading in readings.readings(
                    conn, from_sector=source, to_sector=target, since=since, until=until
                )
            ],
            events=steps.member_events(conn, until - 30 * DAY, until + INSTANT),
            notes=notes.read_notes(conn, until - 7 * DAY, until + 2 * DAY),
            venues=("bybit", "gate", "okx"),
            health=DataHealth(coverage=dict.fromkeys(watched, 1.0)),
            banner=BANNER,
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
