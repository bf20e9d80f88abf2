"""One rotation whole: what the alert said, its life, its conditions, who was told and what came after."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.alerting.why_silent import Answer, answer_in_words
from monitor.content.alert import AlertMessage
from monitor.content.wording.figures import percent
from monitor.content.wording.phrases import condition_words, pair_words
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import Rotation, RotationChange, SideEvidence
from monitor.web.page import style, template


def render_rotation(
    rotation: Rotation,
    changes: Sequence[RotationChange],
    answers: Sequence[Answer],
    message: AlertMessage,
    names: Mapping[str, str],
    now: datetime,
) -> str:
    """The page as HTML; ``message``: the alert, told once more; ``answers``: what each reader was told,
    and why not, without their addresses. What came from outside is escaped."""
    evidence = rotation.evidence
    sides = [side for side in (evidence.from_side, evidence.to_side) if side is not None]
    return template("rotation.html").render(
        style=style(),
        title=f"{pair_words(rotation.pair, names)} · {rotation.severity.value.upper()} · {rotation.status.value}",
        rotation=rotation,
        message=message,
        lines=[*message.figures, message.spark, *message.members, *message.judged, *message.notes],
        changes=changes,
        conditions=[(condition_words(c), c.met) for c in evidence.conditions],
        contributors=[(names.get(side.sector, side.sector), _tokens(side)) for side in sides],
        outcomes=list(rotation.outcomes.items()),
        told=[(a.change, a.reader[0], answer_in_words(a)) for a in answers],
        now=now,
    )


def render_unknown(asked: str, now: datetime) -> str:
    """That no rotation has that id, and where they are listed."""
    return template("rotation.html").render(
        style=style(), title="No such rotation", rotation=None, asked=one_line(asked, 60), now=now
    )


def _tokens(side: SideEvidence) -> str:
    told = [f"{one_line(token)} {percent(part)}" for token, part in side.contributors]
    return ", ".join(told) if told else "not known"
