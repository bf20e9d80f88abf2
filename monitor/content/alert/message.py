"""The message of a rotation, part by part in the order in which it is told; every form renders these parts."""

from dataclasses import dataclass
from datetime import datetime

from monitor.content.alert.assessment import (
    candidate_lines,
    end_words,
    judged_lines,
    member_lines,
    note_lines,
)
from monitor.content.alert.facts import AlertFacts
from monitor.content.alert.footer import context_parts, page_of
from monitor.content.alert.preview import NAME_LENGTHS, name_of, preview_line
from monitor.content.alert.sentences import headline, life_words, sentences
from monitor.content.alert.sides import Column, book_words, columns, flow_words, share_words
from monitor.content.alert.transitions import OUTCOMES, over_words, scorecard_words, turn_words
from monitor.content.wording.figures import stamp, utc
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import ChangeReason, RotationChange

Facts = tuple[RotationChange, AlertFacts]
_RISES = (
    ChangeReason.OPENED,
    ChangeReason.CONFIRMED,
    ChangeReason.SEVERITY,
    ChangeReason.LEG,
)
_CLOSES = (ChangeReason.FADED, ChangeReason.REVERSED, ChangeReason.EXPIRED)


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """Plain lines without any markup; names in them are neutral, nothing is escaped yet.

    ``leads`` stand before all else: whose figures these are, how late they come. ``headlines``: one headline, with
    longer and with shorter names. ``told``: what happened. ``members``: one coin or the sector. ``judged``: how late,
    how sure, what would end it. ``candidates``: headlines around the start, for forms that have room. ``page``: address, empty where there is none. ``at``: when the news became knowable.
    """

    rotation_id: str
    at: datetime
    preview: str
    banner: str
    leads: tuple[str, ...]
    headlines: tuple[str, ...]
    told: tuple[str, ...]
    columns: tuple[Column, ...]
    figures: tuple[str, ...]
    spark: str
    members: tuple[str, ...]
    judged: tuple[str, ...]
    notes: tuple[str, ...]
    context: tuple[str, ...]
    page: str
    candidates: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """Direction, severity, state."""
        return self.headlines[0]


def alert_message(
    change: RotationChange,
    around: AlertFacts,
    *,
    latest: Facts | None = None,
    late: str = "",
    afterwards: bool = False,
) -> AlertMessage:
    """The message as of ``change``; ``latest``: what became of it since, told beside its first figures.

    ``late``: words that say how late it comes; empty where it comes in time. ``afterwards``: looked up
    later, not sent at the moment of its figures.
    """
    rotation, names = change.rotation, around.names
    newest, newest_around = latest or (change, around)
    standing = newest.rotation
    banner = one_line(around.banner, 120)
    after = afterwards or bool(late) or latest is not None or not rotation.is_on
    ends = end_words(standing, newest_around)
    figures = (flow_words(rotation, names), share_words(rotation, names), book_words(around))
    return AlertMessage(
        rotation_id=rotation.id,
        at=newest.changed_at,
        preview=preview_line(standing, names, newest.changed_at),
        banner=banner,
        leads=tuple(_capital(words) for words in (banner, one_line(late, 80)) if words),
        headlines=tuple(headline(standing, names, longest) for longest in NAME_LENGTHS),
        told=(*_standing(change, around, latest), *sentences(rotation, names)),
        columns=columns(rotation, names),
        figures=tuple(words for words in figures if words),
        spark=_index_line(change, around),
        members=tuple(member_lines(rotation, around)),
        judged=(*judged_lines(rotation, around, late=after), *([ends] if ends else [])),
        notes=tuple(note_lines(newest_around.notes or around.notes)),
        context=context_parts(rotation, around),
        page=page_of(rotation, around),
        candidates=tuple(candidate_lines(newest_around.headlines or around.headlines)),
    )


def _index_line(change: RotationChange, around: AlertFacts) -> str:
    if not around.spark:
        return ""
    name = name_of(change.rotation.from_sector, around.names)
    return f"Index of {name}, 24 h to {stamp(change.changed_at)}: {around.spark}"


def _standing(change: RotationChange, around: AlertFacts, latest: Facts | None) -> list[str]:
    """Where it stands now, and what it is to others; before figures of earlier, that they are of then."""
    if latest is None:
        news = _first_news(change, around)
        return [*news, *life_words(change.rotation), *(["When flagged:"] if news else [])]
    newest, newest_around = latest
    at = newest.changed_at
    when = utc(at) if at.date() == change.changed_at.date() else stamp(at)
    words = _news(newest, newest_around)
    if newest.reason in OUTCOMES and not newest.rotation.is_on:
        words = f"{over_words(newest.rotation, newest_around)}; {words}"
    return [f"Now ({when}): {words}.", *life_words(newest.rotation)]


def _first_news(change: RotationChange, around: AlertFacts) -> list[str]:
    """What the headline does not say of the change itself: an end, an outcome, data lost and back."""
    rotation = change.rotation
    if change.reason in _RISES and rotation.is_on:
        return []
    closes = change.reason in _CLOSES
    over = [] if rotation.is_on or closes else [f"{_capital(over_words(rotation, around))}."]
    return [f"{_capital(_news(change, around))}.", *over]


def _news(change: RotationChange, around: AlertFacts) -> str:
    if change.reason in OUTCOMES:
        return scorecard_words(change, around)
    words = turn_words(change, around)
    return words.removeprefix("now ") if change.reason is ChangeReason.SEVERITY else words


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
