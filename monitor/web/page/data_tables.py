"""How whole the data are: who was seen when, what was refused, what was replaced later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.content.wording.figures import stamp
from monitor.content.wording.safe_text import one_line
from monitor.model.grid import floor_time
from monitor.model.spans import left_open
from monitor.model.universe import Token, Universe
from monitor.store import bars, coverage, quarantine
from monitor.store.coverage import Piece
from monitor.web.page.tables import Cell, Column, Table, text_cell, time_cell

HOURS = 24
WEEK = timedelta(days=7)
MOST_ROWS = 40
TRADED, QUIET, UNSEEN, UNLISTED = "traded", "quiet", "unseen", "unlisted"
SIGNS = {TRADED: "■", QUIET: "□", UNSEEN: "x", UNLISTED: "·"}
"""Told by their form, not by colour alone."""


@dataclass(frozen=True, slots=True)
class Grid:
    """``rows``: (token, a state for each spell); ``begins``: of each spell, which is ``length`` long."""

    begins: Sequence[datetime]
    length: timedelta
    rows: Sequence[tuple[str, Sequence[str]]]

    @property
    def caption(self) -> str:
        """What it is and as of when."""
        return f"Who was seen, hour by hour to {stamp(self.begins[-1] + self.length)}"


def read_grid(conn: Connection, universe: Universe, width: timedelta, until: datetime) -> Grid:
    """The last day by the hour, or by the interval where that is wider. Traded: a market had volume; quiet: all of the
    time a market answered, none had volume; unseen: for some of it nobody answered."""
    length = max(width, timedelta(hours=1))
    end = floor_time(until + length - timedelta(microseconds=1), length)
    begins = [end - k * length for k in range(HOURS, 0, -1)]
    traded = [
        bars.markets_with_bars(conn, width, begin, begin + length, traded=True) for begin in begins
    ]
    pieces = coverage.all_pieces(conn, width, begins[0], end)
    members = {m.token for s in universe.sectors for m in s.members}
    tokens = sorted((t for t in universe.tokens if t.id in members), key=lambda t: t.id)
    return Grid(
        begins,
        length,
        [
            (
                token.id,
                [
                    _state(token, begin, min(begin + length, until), there, pieces)
                    for begin, there in zip(begins, traded, strict=True)
                ],
            )
            for token in tokens
        ],
    )


def _state(
    token: Token,
    begin: datetime,
    end: datetime,
    traded: set[str],
    pieces: dict[str, list[Piece]],
) -> str:
    listed = [m.id for m in token.markets if m.listed_from < end and m.listed_to > begin]
    if not listed or (token.first_trade is not None and token.first_trade >= end):
        return UNLISTED
    if traded.intersection(listed):
        return TRADED
    spoken = sorted((p.since, p.until) for market in listed for p in pieces.get(market, ()))
    return UNSEEN if left_open((begin, end), spoken) else QUIET


def grid_table(grid: Grid) -> Table:
    """The same for programs: a row a token and spell."""
    return Table(
        "coverage",
        grid.caption,
        (Column("token", "token"), Column("from", "begins_at"), Column("state", "state")),
        [
            [text_cell(token), time_cell(begin), text_cell(state)]
            for token, states in grid.rows
            for begin, state in zip(grid.begins, states, strict=True)
        ],
    )


def quarantine_table(conn: Connection, now: datetime) -> Table:
    """What was kept out in the last week, the newest first."""
    found = quarantine.counts(conn, since=now - WEEK)
    more = f", the newest {MOST_ROWS} of {len(found)}" if len(found) > MOST_ROWS else ""
    return Table(
        "quarantine",
        f"Kept out in the last 7 days{more}, as of {stamp(now)}",
        (
            Column("market", "market", words=True),
            Column("reason", "reason", words=True),
            Column("rows", "rows"),
            Column("last (UTC)", "last_at"),
            Column("the last one", "last_detail", words=True),
        ),
        [
            [
                text_cell(market or venue),
                text_cell(reason.replace("_", " ")),
                Cell(str(count), count),
                time_cell(last),
                Cell(one_line(detail, 160), detail),
            ]
            for venue, market, reason, count, last, detail in found[:MOST_ROWS]
        ],
        empty="Nothing was kept out.",
    )


def revision_table(conn: Connection, width: timedelta, now: datetime) -> Table:
    """Bars of the last week that a later answer replaced; what was decided on them stands."""
    found = bars.revisions(conn, width, now - WEEK)
    return Table(
        "revisions",
        f"Bars of the last 7 days that a later answer replaced, as of {stamp(now)}",
        (
            Column("market", "market", words=True),
            Column("bars", "bars"),
            Column("newest bar (UTC)", "newest_open_at"),
        ),
        [
            [text_cell(market), Cell(str(count), count), time_cell(last)]
            for market, count, last in found[:MOST_ROWS]
        ],
        empty="None. Decisions stand in any case.",
    )


def hour_words(begin: datetime) -> str:
    """For the head of the grid: each sixth hour."""
    return f"{begin:%H}" if begin.hour % 6 == 0 else ""
