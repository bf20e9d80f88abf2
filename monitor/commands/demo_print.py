"""The demo's story on the terminal, in the sectors' colours where it shows any."""

import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

from monitor.commands.context import WIDTH, is_narrow

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Connection

    from monitor.episodes import Episode
    from monitor.model.rotation import RotationChange
    from monitor.model.state import MemberEvent, SectorState
    from monitor.store.database import Database

ALERTED = ("ai-agents", "memes")
BANNER = "demo · reconstruction"
DAY = timedelta(days=1)


class Teller:
    """Prints lines folded at 100 columns, or those of a narrower terminal; sectors' names have their colours."""

    def __init__(self, out: "Console", episode: "Episode") -> None:
        self.out = out
        self.names = {sector.id: sector.name for sector in episode.universe.sectors}
        self.colors = {sector.id: sector.color for sector in episode.universe.sectors}

    def say(self, line: str, *, first: str = "", then: str = "  ") -> None:
        """One line; blanks inside it are kept. ``first``: stands before it; ``then``: before what is folded."""
        from rich.text import Text

        from monitor.content.wording.phrases import kept_together

        columns = min(WIDTH, self.out.width)
        if len(first + line) > columns:
            line = textwrap.fill(
                kept_together(line),
                columns - len(first),
                subsequent_indent=then[len(first) :],
                break_on_hyphens=False,
                break_long_words=False,
            ).replace("\u00a0", " ")
        for part in line.split("\n"):
            text = Text(f"{first}{part}".rstrip())
            for sector, name in self.names.items():
                text.highlight_words([name], style=f"bold {self.colors[sector]}")
            self.out.print(text, soft_wrap=True)


def tell_story(
    episode: "Episode", database: "Database", changes: Sequence["RotationChange"], out: "Console"
) -> None:
    """What happened, the timeline, an alert, the sectors at the worst hour, and what a plain alarm would have said."""
    from monitor.commands.sectors import sector_table
    from monitor.content.demo_story import naive_words, nearest_miss, story_lines, what_happened
    from monitor.store import steps

    teller = Teller(out, episode)
    names, end = teller.names, episode.until + episode.width
    with database.read() as conn:
        series = steps.sector_series(conn, episode.history_from, end)
        events = steps.member_events(conn, episode.history_from, end)
        later = _caps_a_day_later(conn, events)
        worst = _worst_hour(series, ALERTED[0])
        step = steps.step_at(conn, worst)
        readings = [
            reading
            for source, target in permutations((s.id for s in episode.universe.watched), 2)
            for reading in steps.readings(
                conn, from_sector=source, to_sector=target, since=episode.history_from, until=end
            )
        ]
    teller.say(what_happened(changes, events, later, names))
    teller.say("")
    for line in story_lines(changes, events, later, series, episode.notes, names):
        teller.say(line, then=" " * 28)
    teller.say("\nNearest to a further flag:")
    teller.say(nearest_miss(readings, changes, names), then=" " * 28)
    _tell_alert(episode, database, changes, teller)
    if step:
        teller.say(
            f"\nSectors at the worst hour of AI agents, {worst:%Y-%m-%d %H:%M} UTC (reconstruction)"
        )
        out.print(sector_table(step, names, teller.colors, narrow=is_narrow(out)))
    for line in naive_words(series, changes, names):
        teller.say(line)
    teller.say("")
    teller.say(f"Data: {episode.description}")


def _caps_a_day_later(
    conn: "Connection", events: Sequence["MemberEvent"]
) -> Mapping[tuple[str, str], float]:
    from monitor.store import steps

    found = steps.tokens_at(conn, sorted({event.at + DAY for event in events}))
    return {
        (event.sector, event.token): token.market_cap_usd
        for event in events
        for token in found.get(event.at + DAY, ())
        if (token.id, token.sector) == (event.token, event.sector)
        and token.market_cap_usd is not None
    }


def _tell_alert(
    episode: "Episode", database: "Database", changes: Sequence["RotationChange"], teller: Teller
) -> None:
    """What Slack would have shown when the rotation was confirmed, in plain text."""
    from monitor.alerting.enrich import Enricher
    from monitor.content.alert import alert_message, alert_text
    from monitor.detection.parameters import DetectionParameters
    from monitor.model.rotation import ChangeReason
    from monitor.store import steps

    told = [c for c in changes if c.reason is ChangeReason.CONFIRMED and c.rotation.pair == ALERTED]
    if not told:
        return
    change = told[0]
    enricher = Enricher(episode.universe, teller.names, DetectionParameters(), banner=BANNER)
    with database.read() as conn:
        picture = steps.step_at(conn, change.changed_at)
        if picture is None:
            return
        around = enricher.facts(conn, change.rotation, picture)
    teller.say(f"\nThe alert of {change.changed_at:%Y-%m-%d %H:%M} UTC:\n")
    for line in alert_text(alert_message(change, around)).splitlines():
        teller.say(line, first="  ", then="    ")


def _worst_hour(series: "Sequence[tuple[datetime, SectorState]]", sector: str) -> datetime:
    """Close of the step at which the sector's 24 h return was lowest."""
    known = [
        (state.return_24h, at)
        for at, state in series
        if state.id == sector and state.return_24h is not None
    ]
    return min(known)[1]
