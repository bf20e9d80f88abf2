"""What is told beside a rotation, read from the store as of that interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.alerting.since_seen import own_since
from monitor.analytics.candidates import AFTER, BEFORE, around_start
from monitor.analytics.depth import books_of
from monitor.content.alert import AlertFacts, PastFlags
from monitor.content.alert.facts import Among, Told
from monitor.content.alert.spark import spark_line
from monitor.detection.explanation import end_level, ends_at
from monitor.detection.parameters import DetectionParameters
from monitor.model.grid import format_duration
from monitor.model.rotation import MARKET, Rotation
from monitor.model.state import MarketStep, MemberEventKind
from monitor.model.universe import Universe
from monitor.store import headlines, notes, rotations, steps
from monitor.store.assumed import rates_assumed_at

DAY = timedelta(days=1)
MONTH = timedelta(days=30)
INSTANT = timedelta(microseconds=1)
SPARK_POINTS = 12


@dataclass(frozen=True, slots=True)
class Enricher:
    """``names``: sector -> name. ``page``: address of the page, empty without one. ``banner``: whose figures these are,
    where they are not the market's."""

    universe: Universe
    names: Mapping[str, str]
    detection: DetectionParameters
    page: str = ""
    banner: str = ""

    def facts(self, conn: Connection, rotation: Rotation, picture: MarketStep) -> AlertFacts:
        """As of the close of ``picture``."""
        at = picture.close_time
        seen, listed = self._venues(rotation, picture)
        return AlertFacts(
            names=self.names,
            spark=_spark(conn, rotation.from_sector, at),
            notes=tuple(notes.read_notes(conn, at - DAY, at + INSTANT)),
            past=_past(conn, rotation),
            venues=(len(seen), len(listed)),
            missing=tuple(sorted(listed - seen)),
            interval=format_duration(picture.width),
            page=self.page,
            ends_at=ends_at(rotation, self.detection),
            since=_since(conn, rotation, picture),
            own_since=own_since(conn, self.universe, rotation, at),
            also_from=_also_from(conn, rotation, at),
            banner=self.banner,
            critical_at=self.detection.critical,
            launch_caps=_launch_caps(conn, rotation, picture),
            ends_level=end_level(rotation, self.detection),
            among=_among(conn, rotation, at),
            told_before=_told_before(conn, rotation),
            won_back=_won_back(conn, rotation, at),
            headlines=self._headlines(conn, rotation, at),
            books={
                state.id: books
                for side in rotation.pair
                for state in picture.sectors
                if state.id == side and (books := books_of(state)) is not None
            },
            books_at=at,
            assumed=self._assumed(conn, rotation, picture),
        )

    def _assumed(
        self, conn: Connection, rotation: Rotation, picture: MarketStep
    ) -> tuple[str, ...]:
        """Of the markets of either side and of what they are measured by. One quote alone moves nothing against anything."""
        at = picture.open_time
        sides = {s.id for s in self.universe.sectors if s.benchmark or s.id in rotation.pair}
        quotes = {
            market.quote
            for market in self.universe.markets
            if market.listed_at(at) and self.universe.sector_of(market.token, at) in sides
        }
        if len(quotes) < 2:
            return ()
        assumed = rates_assumed_at(conn, self.universe, picture.width, picture.close_time)
        return tuple(quote for quote in assumed if quote in quotes)

    def _headlines(
        self, conn: Connection, rotation: Rotation, at: datetime
    ) -> tuple[tuple[datetime, str, str], ...]:
        """What was in the news around the start, those first that name a token or sector of either side."""
        start = rotation.started_at or rotation.detected_at
        sides = [side for side in rotation.pair if side != MARKET]
        named = [self.names.get(side, side) for side in sides]
        for token in self.universe.tokens:
            if self.universe.sector_of(token.id, start) in sides:
                named += [token.id, token.name]
        found = headlines.read_headlines(conn, start - BEFORE, min(start + AFTER, at))
        return tuple((h.at, h.feed, h.title) for h in around_start(found, start, at, named))

    def _venues(self, rotation: Rotation, picture: MarketStep) -> tuple[set[str], set[str]]:
        """Venues whose price counted for a token of either side, and venues that list one."""
        sides = {rotation.from_sector, rotation.to_sector}
        members = {t.id: set(t.venues) for t in picture.tokens if t.sector in sides}
        opened = picture.open_time
        listed = {
            market.venue
            for market in self.universe.markets
            if market.token in members and market.listed_from <= opened < market.listed_to
        }
        return set().union(*members.values()) & listed, listed


def _spark(conn: Connection, sector: str, at: datetime) -> str:
    rows = steps.sector_series(conn, at - DAY, at + INSTANT, every=DAY / SPARK_POINTS)
    return spark_line([state.index for _, state in rows if state.id == sector])


def _among(conn: Connection, rotation: Rotation, at: datetime) -> Among | None:
    """By the strongest score of each other rotation as it was known at the moment of this one's figures."""
    if rotation.score is None:
        return None
    then = rotation.evidence.at or at
    peaks = rotations.peaks_known_at(conn, then, detected_since=then - MONTH)
    others = [peak for of, peak in peaks.items() if of != rotation.id and peak is not None]
    span = steps.span(conn)
    whole = span is not None and span[0] <= then - MONTH + DAY
    return Among(1 + sum(peak > rotation.score for peak in others), 1 + len(others), whole)


def _told_before(conn: Connection, rotation: Rotation) -> Told | None:
    """By the last turn with figures of its own before these."""
    before = [
        change.rotation.evidence
        for change in rotations.list_changes(
            conn, rotation_id=rotation.id, until=rotation.evidence.at or rotation.detected_at
        )
    ]
    if not before or before[-1].told_side.own_return is None:
        return None
    return Told(before[-1].told_side.own_return, before[-1].window_h)


def _won_back(conn: Connection, rotation: Rotation, at: datetime) -> Told | None:
    """Of *from*, which is what the reversing rotation goes to; by what was known of that then."""
    if not rotation.reversed_by:
        return None
    turns = rotations.list_changes(conn, rotation_id=rotation.reversed_by, until=at + INSTANT)
    evidence = turns[-1].rotation.evidence if turns else None
    if evidence is None or evidence.to_side is None or evidence.to_side.own_return is None:
        return None
    return Told(evidence.to_side.own_return, evidence.window_h)


def _launch_caps(
    conn: Connection, rotation: Rotation, picture: MarketStep
) -> dict[str, tuple[float, float]]:
    now = {token.id: token.market_cap_usd for token in picture.tokens}
    return {
        event.token: (event.market_cap_usd, cap)
        for launch in rotation.evidence.launches
        for event in steps.member_events(conn, launch.at, launch.at + INSTANT)
        if event.kind is MemberEventKind.LAUNCH
        and (event.token, event.sector) == (launch.token, launch.sector)
        and event.market_cap_usd is not None
        and (cap := now.get(event.token)) is not None
    }


def _past(conn: Connection, rotation: Rotation) -> PastFlags | None:
    """Flags of the same pair before this one."""
    flags, confirmed = rotations.flags_before(conn, rotation.pair, rotation.detected_at)
    return PastFlags(flags, confirmed) if flags else None


def _also_from(conn: Connection, rotation: Rotation, at: datetime) -> tuple[str, ...]:
    """Other sectors whose rotation into the same one was confirmed in the day before."""
    recent = rotations.list_rotations(
        conn, since=at - 8 * DAY, until=at + INSTANT, to_sector=rotation.to_sector
    )
    return tuple(
        sorted(
            {
                r.from_sector
                for r in recent
                if r.from_sector != rotation.from_sector
                and r.confirmed_at is not None
                and at - DAY <= r.confirmed_at <= at
            }
        )
    )


def _since(conn: Connection, rotation: Rotation, picture: MarketStep) -> dict[str, float]:
    """Simple returns of both sides' indices since detection; empty at detection itself."""
    then = steps.step_at(conn, rotation.detected_at)
    if then is None or then.close_time >= picture.close_time:
        return {}
    before: Sequence[tuple[str, float]] = [(s.id, s.index) for s in then.sectors]
    now = {s.id: s.index for s in picture.sectors}
    wanted = {rotation.from_sector, rotation.to_sector} - {MARKET}
    return {
        sector: now[sector] / index - 1.0
        for sector, index in before
        if sector in wanted and sector in now and index > 0
    }
