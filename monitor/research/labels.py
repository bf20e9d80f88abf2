"""Labelled episodes: when capital really rotated, and ranges known to be quiet.

JSON lines, written before the detector is run on them by someone who saw prices and news but no scores. One object a
line: ``{"id", "from", "to", "start", "end", "kind", "size", "start_tolerance_h", "confidence", "source"}``, or
``{"kind": "quiet", "start", "end", "note"}``.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from monitor.model.errors import MonitorError
from monitor.model.grid import parse_iso

GRACE = timedelta(hours=12)
"""An alarm this long after the end of an episode is still about it."""


class LabelKind(StrEnum):
    """What the episode was. gain: *to* rises by itself, *from* stands still. loss: *from* falls without trading moving to
    *to*, which is grey: telling it is neither asked for nor false."""

    ROTATION = "rotation"
    LAUNCH_DRAIN = "launch_drain"
    RETURN = "return"
    GAIN = "gain"
    LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Label:
    """One episode: capital left ``from_sector`` for ``to_sector`` in ``[start, end]``.

    ``size``: fraction by which *to* outran *from*. ``start_tolerance_h``: how much earlier an alarm may come.
    """

    id: str
    from_sector: str
    to_sector: str
    start: datetime
    end: datetime
    kind: LabelKind = LabelKind.ROTATION
    size: float | None = None
    start_tolerance_h: float = 6.0
    confidence: str = "sure"
    source: str = ""

    @property
    def opens(self) -> datetime:
        """From when on an alarm counts for it."""
        return self.start - timedelta(hours=self.start_tolerance_h)

    @property
    def closes(self) -> datetime:
        """Until when an alarm counts for it."""
        return self.end + GRACE


@dataclass(frozen=True, slots=True)
class QuietRange:
    """A range known to be free of rotation."""

    start: datetime
    end: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """All that a label file says, in its order."""

    episodes: tuple[Label, ...]
    quiet: tuple[QuietRange, ...]


class LabelError(MonitorError):
    """A label file is wrong; ``problems`` holds every fault as ``file:line: key: found ..., expected ...``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems), remedy="correct the lines named and run again")
        self.problems = problems


class _FaultError(Exception):
    """One line's fault, without its place."""


_NEEDED = {"id", "from", "to", "start", "end", "kind"}
_ALLOWED = _NEEDED | {"size", "start_tolerance_h", "confidence", "source"}
_QUIET = {"kind", "start", "end", "note"}
_CONFIDENCE = ("sure", "likely")


def read_labels(
    path: Path, *, sectors: Collection[str] | None = None, aliases: Mapping[str, str] | None = None
) -> Labels:
    """The labels of a file, as :func:`parse_labels` reads them. Raises LabelError with all of its faults."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabelError(
            [f"{path}: found no readable text ({error}), expected JSON lines"]
        ) from None
    return parse_labels(lines, name=str(path), sectors=sectors, aliases=aliases)


def parse_labels(
    lines: Iterable[str],
    *,
    name: str,
    sectors: Collection[str] | None = None,
    aliases: Mapping[str, str] | None = None,
) -> Labels:
    """Labels from JSON lines; blank lines are skipped, ``name`` stands in messages. Raises LabelError.

    ``sectors``: the names that may stand in it, after ``aliases`` (the labeller's name -> ours) were looked up; None: any.
    Two episodes of one ordered pair may not overlap: an alarm could not be told to belong to one of them.
    """
    lookup = _Names(aliases or {}, sectors)
    episodes: list[Label] = []
    quiet: list[QuietRange] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = _object(line)
            if found.get("kind") == "quiet":
                quiet.append(_quiet(found))
            else:
                episode = _episode(found, {label.id for label in episodes}, lookup)
                _check_overlap(episode, episodes)
                episodes.append(episode)
        except _FaultError as fault:
            problems.append(f"{name}:{number}: {fault}")
    if problems:
        raise LabelError(problems)
    return Labels(tuple(episodes), tuple(quiet))


class _Names(NamedTuple):
    """How a labeller's sectors are called here."""

    aliases: Mapping[str, str]
    known: Collection[str] | None

    def sector(self, key: str, found: str) -> str:
        """Our name of it."""
        name = self.aliases.get(found, found)
        if self.known is not None and name not in self.known:
            raise _FaultError(
                f"{key}: found sector {name!r}, expected one of {', '.join(sorted(self.known))}"
                " (--label-sector THEIRS=OURS reads one name as another)"
            )
        return name


def _check_overlap(episode: Label, others: Iterable[Label]) -> None:
    for other in others:
        same = (other.from_sector, other.to_sector) == (episode.from_sector, episode.to_sector)
        if same and other.start < episode.end and episode.start < other.end:
            raise _FaultError(
                f"start: found a time inside of {other.id!r} of the same pair, expected episodes of a"
                " pair one after the other"
            )


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise _FaultError(f"found {line[:40]!r}, expected a JSON object ({error.msg})") from error
    if not isinstance(found, dict):
        raise _FaultError(f"found {line[:40]!r}, expected a JSON object")
    return found


def _episode(found: Mapping[str, Any], known: set[str], lookup: _Names) -> Label:
    _check_keys(found, _NEEDED, _ALLOWED)
    for key in ("id", "from", "to"):
        if not isinstance(found[key], str) or not found[key]:
            raise _FaultError(f"{key}: found {found[key]!r}, expected a text")
    if found["from"] == found["to"]:
        raise _FaultError(f"to: found {found['to']!r} on both sides, expected another sector")
    if found["id"] in known:
        raise _FaultError(f"id: found {found['id']!r} twice, expected each once")
    kinds = [kind.value for kind in LabelKind]
    if found["kind"] not in kinds:
        raise _FaultError(
            f"kind: found {found['kind']!r}, expected one of {', '.join(kinds)}, quiet"
        )
    confidence = found.get("confidence", "sure")
    if confidence not in _CONFIDENCE:
        raise _FaultError(
            f"confidence: found {confidence!r}, expected one of {', '.join(_CONFIDENCE)}"
        )
    start, end = _range(found)
    size = found.get("size")
    return Label(
        id=found["id"],
        from_sector=lookup.sector("from", found["from"]),
        to_sector=lookup.sector("to", found["to"]),
        start=start,
        end=end,
        kind=LabelKind(found["kind"]),
        size=None if size is None else _number("size", size),
        start_tolerance_h=_number("start_tolerance_h", found.get("start_tolerance_h", 6.0)),
        confidence=confidence,
        source=str(found.get("source", "")),
    )


def _quiet(found: Mapping[str, Any]) -> QuietRange:
    _check_keys(found, {"start", "end"}, _QUIET)
    start, end = _range(found)
    return QuietRange(start, end, str(found.get("note", "")))


def _check_keys(found: Mapping[str, Any], needed: set[str], allowed: set[str]) -> None:
    lacking = sorted(needed - found.keys())
    if lacking:
        raise _FaultError(f"{lacking[0]}: found nothing, expected a value")
    unknown = sorted(found.keys() - allowed)
    if unknown:
        raise _FaultError(
            f"{unknown[0]}: found an unknown key, expected one of {', '.join(sorted(allowed))}"
        )


def _range(found: Mapping[str, Any]) -> tuple[datetime, datetime]:
    start, end = (_time(key, found[key]) for key in ("start", "end"))
    if end <= start:
        raise _FaultError(
            f"end: found {found['end']}, expected a time after start {found['start']}"
        )
    return start, end


def _time(key: str, value: object) -> datetime:
    try:
        return parse_iso(str(value))
    except ValueError as error:
        raise _FaultError(
            f"{key}: found {value!r}, expected a time such as '2025-01-19T05:00:00Z'"
        ) from error


def _number(key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise _FaultError(f"{key}: found {value!r}, expected a number above 0")
    return float(value)
