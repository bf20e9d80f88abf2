"""The alert's picture is read to the message's own minute, and from where its window begins."""

from datetime import timedelta

from monitor.alerting.chart import SHOWN, series_to
from monitor.store.database import Database
from tests.integration.store.samples import FIVE, at, output, sector
from tests.kit.stored import save_step

CLOSE = at("2025-01-19T11:05")


def test_it_ends_at_the_messages_own_minute_and_holds_the_beginning_of_every_window(
    database: Database,
) -> None:
    with database.write() as conn:
        for k in range(SHOWN // FIVE + 20):
            close = CLOSE + FIVE - k * FIVE  # one interval is newer than the message
            made = output(close - FIVE, FIVE, sectors=(sector("memes"),), tokens=())
            save_step(conn, made, close)
    with database.read() as conn:
        series, every = series_to(conn, CLOSE)
    moments = [moment for moment, _ in series]
    assert (moments[0], moments[-1], every) == (CLOSE - SHOWN, CLOSE, timedelta(minutes=15))
    for hours in (4, 8, 12, 24):
        assert CLOSE - timedelta(hours=hours) in moments


def test_before_the_first_step_there_is_nothing_to_draw(database: Database) -> None:
    with database.read() as conn:
        assert series_to(conn, CLOSE)[0] == []
