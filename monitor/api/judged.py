"""What the detector saw of pairs of sectors: why none was flagged then, and each condition over time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from monitor.api.errors import NotStoredError, WrongQuestionError
from monitor.api.sources import Sources
from monitor.api.times import MOST_POINTS, moment, time_range
from monitor.content.wording.phrases import condition_words
from monitor.content.wording.refusals import refusal_words
from monitor.detection.why_not import WhyNot
from monitor.detection.why_not import why_not as judged
from monitor.model.grid import format_duration, iso
from monitor.model.json_form import to_json
from monitor.model.rotation import PairReading
from monitor.store import rotations, steps

Json = dict[str, Any]
ANY = "*"
DAY = timedelta(days=1)


def why_not(sources: Sources, source: str, target: str, at: str | None = None) -> Json:
    """Of each pair that is asked for (``*``: any sector), every condition with its value and bound, and what stood in
    the way beside them; the nearest to a flag first."""
    then = moment(at, sources.clock.now(), "at")
    with sources.database.read() as conn:
        close, found = verdicts(conn, sources, pairs_of(sources, source, target), then)
    return {"as_of": iso(close), "at": iso(close), "pairs": [_told(sources, w) for w in found]}


def pairs_of(sources: Sources, source: str, target: str) -> list[tuple[str, str]]:
    """Ordered pairs of watched sectors; raises WrongQuestionError where there is none."""
    watched = [sector.id for sector in sources.universe.watched]
    for sector in (source, target):
        if sector not in (ANY, *watched):
            raise WrongQuestionError(
                "no such sector", found=sector, expected=[*watched, ANY], status=404
            )
    pairs = [
        (a, b)
        for a in watched
        for b in watched
        if a != b and source in (ANY, a) and target in (ANY, b)
    ]
    if not pairs:
        raise WrongQuestionError(
            "one sector on both sides", found=source, expected="two sectors, or '*'"
        )
    return pairs


def verdicts(
    conn: Connection,
    sources: Sources,
    pairs: Sequence[tuple[str, str]],
    then: datetime | None,
) -> tuple[datetime, list[WhyNot]]:
    """(close of the step, verdicts, the nearest to a flag first); raises NotStoredError where nothing is stored of any."""
    close = sources.step(conn, then).close_time
    p, width = sources.detection, sources.width
    just_after = close + timedelta(microseconds=1)
    longest = timedelta(minutes=p.persist_min) + 3 * width
    changes = rotations.list_changes(
        conn, since=close - timedelta(hours=p.max_age_h + 24), until=just_after
    )
    found = []
    for a, b in pairs:
        readings = steps.readings(
            conn, from_sector=a, to_sector=b, since=close - longest, until=just_after
        )
        if readings:
            found.append(judged(readings, changes, p, width))
    if not found:
        words = " or ".join(f"{a} to {b}" for a, b in pairs)
        raise NotStoredError(
            f"nothing is stored of {words} then",
            expected="another time, a pair that is watched (detection.pairs),"
            " or a longer schedule.retention.readings",
        )
    found.sort(key=lambda w: (len(w.lacking), -(w.reading.score or 0.0), w.reading.from_sector))
    return close, found


def conditions(
    sources: Sources,
    source: str,
    target: str,
    since: str | None = None,
    until: str | None = None,
) -> Json:
    """Each condition of one pair against its bound, step by step."""
    begin, end, found = readings_of(sources, source, target, since, until)
    with sources.database.read() as conn:
        as_of = sources.as_of(conn)
    return {
        "as_of": as_of,
        "from_sector": source,
        "to_sector": target,
        "since": iso(begin),
        "until": iso(end),
        "readings": [_reading(reading) for reading in found],
    }


def readings_of(
    sources: Sources, source: str, target: str, since: str | None, until: str | None
) -> tuple[datetime, datetime, list[PairReading]]:
    """(since, until, readings): what the table of :func:`conditions` is made of."""
    pairs = pairs_of(sources, source, target)
    if len(pairs) != 1 or ANY in (source, target):
        raise WrongQuestionError(
            "one pair is needed", found=ANY, expected=[s.id for s in sources.universe.watched]
        )
    begin, end = time_range(since, until, sources.clock.now(), DAY)
    longest = MOST_POINTS * sources.width
    if end - begin > longest:
        raise WrongQuestionError(
            "the range is too long",
            found=f"{iso(begin)} to {iso(end)}",
            expected=f"{longest / DAY:.1f} days at most ({format_duration(sources.width)} a step)",
        )
    with sources.database.read() as conn:
        found = steps.readings(conn, from_sector=source, to_sector=target, since=begin, until=end)
    return begin, end, found


def _told(sources: Sources, verdict: WhyNot) -> Json:
    reading = verdict.reading
    names = sources.enricher.names
    pair = (
        names.get(reading.from_sector, reading.from_sector),
        names.get(reading.to_sector, reading.to_sector),
    )
    told = _reading(reading)
    for condition, record in zip(reading.conditions, told["conditions"], strict=True):
        record["words"] = condition_words(condition, reading.window_h, pair)
    return {
        "from_sector": reading.from_sector,
        "to_sector": reading.to_sector,
        **told,
        "met": len(reading.conditions) - len(verdict.lacking),
        "already_on": verdict.on.id if verdict.on is not None else None,
        "reasons": refusal_words(verdict),
    }


def _reading(reading: PairReading) -> Json:
    return {
        "at": iso(reading.at),
        "window_h": reading.window_h,
        "score": reading.score,
        "qualified": reading.qualified,
        "conditions": to_json(reading.conditions),
    }
