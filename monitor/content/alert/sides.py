"""The same four witnesses each time, at the same place, a column for each side."""

from dataclasses import dataclass

from monitor.content.alert.facts import AlertFacts
from monitor.content.alert.preview import Names, name_of
from monitor.content.wording.depth import depth_words
from monitor.content.wording.figures import (
    UNKNOWN,
    level,
    net_flow,
    percent,
    points,
    pp,
    utc,
    wide_points,
)
from monitor.content.wording.glosses import of_trades
from monitor.content.wording.launches import SMALL_PP
from monitor.content.wording.phrases import listed
from monitor.model.rotation import Rotation, SideEvidence
from monitor.model.state import FlowGrade


@dataclass(frozen=True, slots=True)
class Row:
    """``aside`` stands in brackets after the value; empty where there is nothing to add."""

    label: str
    value: str
    aside: str

    @property
    def text(self) -> str:
        """``-10.4 % (own -7.2 pp)``."""
        return f"{self.value} ({self.aside})" if self.aside else self.value


@dataclass(frozen=True, slots=True)
class Column:
    """One side of the rotation; the window stands in its name, for all rows are over it."""

    name: str
    rows: tuple[Row, ...]


def columns(rotation: Rotation, names: Names) -> tuple[Column, ...]:
    """What lost, then what gained; only one where the other side cannot be named."""
    evidence = rotation.evidence
    return tuple(
        Column(
            f"{name_of(side.sector, names)}, {evidence.window_h} h", _rows(side, evidence.window_h)
        )
        for side in evidence.sides
    )


def flow_words(rotation: Rotation, names: Names) -> str:
    """What net flow is, and how it came to be known: once a message."""
    sides = rotation.evidence.sides
    known = [side for side in sides if side.net_flow_usd is not None]
    if not known:
        return "Net flow is unknown."
    guessed = [side for side in known if side.flow_grade is FlowGrade.C]
    words = "Net flow: taker buying less taker selling on the watched venues"
    if guessed:
        whose = "" if len(guessed) == len(sides) else f"of {_named(guessed, names)} "
        words += f"; {whose}estimated from price moves"
    read = [
        of_trades(name_of(side.sector, names), side.flow_seen)
        for side in known
        if side.flow_grade is FlowGrade.B
    ]
    if read:
        words += f"; of {listed(read)} scaled up from trades that were read"
    unknown = [side for side in sides if side.net_flow_usd is None]
    if unknown:
        words += f"; of {_named(unknown, names)} unknown"
    return f"{words}."


def share_words(rotation: Rotation, names: Names) -> str:
    """Changes of cap share taken apart where not all of it is price; empty where it is."""
    told = [
        f"{name_of(side.sector, names)} {points(side.share_change_pp)} = {', '.join(parts)}"
        for side in rotation.evidence.sides
        for parts in [_parts(side)]
        if parts
    ]
    return f"Cap share taken apart: {'; '.join(told)}." if told else ""


def book_words(around: AlertFacts) -> str:
    """What stood in the order books of both sides, and when; empty where no book was read."""
    words = depth_words({name_of(id_, around.names): b for id_, b in around.books.items()})
    if not words or around.books_at is None:
        return ""
    return f"In the order books within 1 % of the price, hour to {utc(around.books_at)}: {words}"


def _parts(side: SideEvidence) -> list[str]:
    split = side.share_split_pp
    if split is None:
        return []
    others = {"supply": split.supply, "membership": split.membership, "launch": split.launch}
    shown = [f"{name} {points(part)}" for name, part in others.items() if abs(part) >= SMALL_PP]
    return [f"price {points(split.price)}", *shown] if shown else []


def _rows(side: SideEvidence, window_h: int) -> tuple[Row, ...]:
    return (
        Row(
            f"return {window_h} h",
            percent(side.total_return),
            _aside(side.total_return, f"own {pp(side.own_return)}"),
        ),
        Row("cap share", level(side.share_pp), _change(side.share_pp, side.share_change_pp)),
        Row(
            "volume share",
            level(side.volume_share_pp),
            _change(side.volume_share_pp, side.volume_share_change_pp, wide=True),
        ),
        Row("net flow", net_flow(side.net_flow_usd, side.flow_grade), _of_volume(side)),
    )


def _aside(value: float | None, words: str) -> str:
    return "" if value is None else words


def _change(value: float | None, change: float | None, *, wide: bool = False) -> str:
    if change is None:
        return _aside(value, f"change {UNKNOWN}")
    return wide_points(change) if wide else points(change)


def _of_volume(side: SideEvidence) -> str:
    """Nothing of an estimate, whose parts are as rough as itself."""
    if side.net_flow_usd is None or not side.volume_usd or side.flow_grade is FlowGrade.C:
        return ""
    part = round(100 * side.net_flow_usd / side.volume_usd)
    return f"{part:+d} % of vol.{_seen(side)}"


def _seen(side: SideEvidence) -> str:
    """Said where a part that shows was estimated."""
    if side.flow_seen is None or side.flow_seen >= 0.995:
        return ""
    return f", {side.flow_seen:.0%} seen".replace("%", " %")


def _named(sides: list[SideEvidence], names: Names) -> str:
    return listed([name_of(side.sector, names) for side in sides])
