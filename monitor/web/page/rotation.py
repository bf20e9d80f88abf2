"""One rotation whole: what the alert said, its life, its conditions over time, who was told and what came after."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from monitor.alerting.retold import retold
from monitor.alerting.why_silent import answer_in_words, answers_of
from monitor.content.alert import alert_text
from monitor.content.wording.figures import percent, pp
from monitor.content.wording.glosses import OWN_RETURN
from monitor.content.wording.phrases import CHANGE_WORDS, condition_words, pair_words
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import MARKET, Outcome, Rotation, SideEvidence
from monitor.store import rotations
from monitor.store.errors import StoreError
from monitor.web.page.conditions import not_drawn, readings_of
from monitor.web.page.tables import Cell, Column, Table, text_cell, time_cell
from monitor.web.page.templating import render
from monitor.web.surroundings import Surroundings

LONGEST_ID = 40


def find(conn: Connection, asked: str) -> Rotation | None:
    """The one rotation whose id is, or begins with, what was asked for."""
    try:
        return rotations.get_rotation(conn, asked) if 0 < len(asked) <= LONGEST_ID else None
    except StoreError:  # it begins several ids
        return None


def rotation_page(conn: Connection, around: Surroundings, rotation: Rotation, now: datetime) -> str:
    """The page as HTML; what each reader was told is there without their addresses."""
    names = around.enricher.names
    message = retold(conn, rotation, around.enricher)
    evidence = rotation.evidence
    pair = named_pair(rotation, names)
    over_time = readings_of(conn, rotation, around.width)
    return render(
        "rotation.html",
        banner=around.enricher.banner,
        title=f"{pair_words(rotation.pair, names)} · {rotation.severity.value.upper()} · {rotation.status.value}",
        rotation=rotation,
        message=message,
        lines=[
            *message.figures,
            message.spark,
            *message.members,
            *message.judged,
            *message.notes,
            *message.candidates,
        ],
        life=life_table(conn, rotation),
        conditions=[
            (condition_words(c, evidence.window_h, pair), c.met) for c in evidence.conditions
        ],
        own_return=OWN_RETURN if any("own_return" in c.name for c in evidence.conditions) else "",
        drawn=len(over_time) > 1,
        not_drawn=not_drawn(rotation, over_time, pair),
        plots=len({c.name for reading in over_time for c in reading.conditions}),
        contributors=[
            (
                f"Of {percent(s.total_return)} of {names.get(s.sector, s.sector)} in {evidence.window_h} h",
                _tokens(s),
            )
            for s in evidence.sides
        ],
        outcomes=[
            (f"{after.removesuffix('h')} h after detection", _came_after(outcome, pair))
            for after, outcome in rotation.outcomes.items()
        ],
        told=told_table(conn, rotation),
        explained=alert_text(message, narrow=True),
        now=now,
    )


def unknown_page(asked: str, now: datetime) -> str:
    """That no rotation has that id, and where they are listed."""
    return render("unknown.html", asked=one_line(asked, 60), now=now)


def named_pair(rotation: Rotation, names: Mapping[str, str]) -> tuple[str, str]:
    """Both sides in words."""
    source, target = (
        "market" if side == MARKET else names.get(side, side) for side in rotation.pair
    )
    return source, target


def life_table(conn: Connection, rotation: Rotation) -> Table:
    """Every change of its state."""
    return Table(
        "life",
        "What changed and when",
        (
            Column("what", "reason", words=True),
            Column("when (UTC)", "changed_at"),
            Column("severity", "severity", words=True),
            Column("own move", "own_return_fraction"),
        ),
        [
            [
                Cell(CHANGE_WORDS[c.reason], c.reason.value),
                time_cell(c.changed_at),
                text_cell(c.rotation.severity.value),
                Cell(
                    f"{pp(c.rotation.evidence.told_side.own_return)} in {c.rotation.evidence.window_h} h",
                    c.rotation.evidence.told_side.own_return,
                ),
            ]
            for c in rotations.list_changes(conn, rotation_id=rotation.id)
        ],
    )


def told_table(conn: Connection, rotation: Rotation) -> Table:
    """Each change and channel: the receipt, or the reason for silence."""
    return Table(
        "told",
        "Who was told, and why not",
        (
            Column("change", "reason", words=True),
            Column("when (UTC)", "changed_at"),
            Column("channel", "channel", words=True),
            Column("what became of it", "words", words=True),
        ),
        [
            [
                Cell(CHANGE_WORDS[a.change.reason], a.change.reason.value),
                time_cell(a.change.changed_at),
                text_cell(str(a.reader[0])),
                Cell(answer_in_words(a), answer_in_words(a)),
            ]
            for a in answers_of(conn, rotation.id, ())
        ],
        empty="Nobody: no channel that hears of rotations was set up. monitor doctor",
    )


def _tokens(side: SideEvidence) -> str:
    """Parts of the sector's move, which add up to it with those of all members; as the alert has them."""
    told = [f"{one_line(token)} {pp(part)}" for token, part in side.contributors]
    return ", ".join(told) if told else "not known"


def _came_after(outcome: Outcome | None, pair: tuple[str, str]) -> str:
    """``Memes +6.4 % over AI agents; held``."""
    if outcome is None:
        return "not due yet, or not known"
    source, target = pair
    word = {None: "not judged", True: "held", False: "not held"}[outcome.held]
    return f"{target} {percent(outcome.relative_return)} over {source}; {word}"
