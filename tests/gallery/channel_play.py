"""A case told into a channel: each notice through the forms that are really sent."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from monitor.alerting.policy import IN_MESSAGES, IN_THREADS, Receiver
from monitor.content.lateness import late_words
from monitor.content.mail import Inline
from monitor.delivery.channel import Sending
from monitor.delivery.slack.forms import Form as Shape
from monitor.delivery.slack.forms import (
    Shown,
    edited_form,
    pictured_form,
    short_form,
    whole_form,
)
from monitor.model.notice import Act, Notice, NoticeKind
from tests.gallery.case import Case
from tests.gallery.slack_layout import Post
from tests.unit.alerting.desk import Desk, sent

FILE = "F0CHART"
BY_BOT = Receiver("slack", IN_THREADS)
_DRAWN: dict[tuple[str, str, datetime], Inline | None] = {}
BY_WEBHOOK = Receiver("slack", IN_MESSAGES)


def channel_of(case: Case) -> list[tuple[str, list[Post]]]:
    """By bot: parent with picture and its thread, and the parent as it stands at the end; by webhook; words alone."""
    parts = []
    if case.turns or case.crowd:
        bot = _notices(case, BY_BOT)
        parts += [("by bot, as it was told", _told(case, bot)), *_edits(case, bot)]
        parts.append(("by webhook", _told(case, _notices(case, BY_WEBHOOK))))
    if case.words:
        parts.append(
            ("only words", [_post(n, case, short_form(n, _how(n, case))) for n in case.words])
        )
    return parts


def picture_of(case: Case, notice: Notice) -> Inline | None:
    """The chart of a notice, where the case draws one; drawn once."""
    if case.draw is None or "change" not in notice.payload:
        return None
    key = (case.name, notice.thread, notice.event_at)
    if key not in _DRAWN:
        _DRAWN[key] = case.draw(notice)
    return _DRAWN[key]


def first_notice(case: Case) -> Notice:
    """The notice of the alert that is shown whole."""
    turn = case.alert
    if turn is None:
        raise ValueError(f"{case.name} has no alert")
    told = Desk(BY_BOT).tell(turn[0], around=turn[1])
    return next(n for n in told if n.act is Act.SAY)


def _notices(case: Case, receiver: Receiver) -> list[Notice]:
    desk = Desk(receiver)
    for change, around in case.turns:
        desk.tell(change, around=around)
    if case.crowd:
        desk.tell(*(change for change, _ in case.crowd), around=case.crowd[0][1])
    return sent(desk.notices)


def _told(case: Case, notices: Sequence[Notice]) -> list[Post]:
    pictured = {n.thread: n for n in notices if n.act is Act.PICTURE}
    posts = []
    for notice in notices:
        if notice.act is Act.SAY:
            form = whole_form(notice, _how(notice, case))
            beside = pictured.get(notice.thread)
            posts.append(_with_picture(case, beside, notice) or _post(notice, case, form))
        elif notice.act is Act.REPLY:
            form = short_form(notice, _how(notice, case))
            reply = any(n.act in (Act.EDIT, Act.PICTURE) for n in notices) or bool(pictured)
            posts.append(replace(_post(notice, case, form), reply=reply))
    return posts


def _edits(case: Case, notices: Sequence[Notice]) -> list[tuple[str, list[Post]]]:
    """Each parent as the last edit left it."""
    last = {n.thread: n for n in notices if n.act is Act.EDIT}
    pictured = {n.thread: n for n in notices if n.act is Act.PICTURE}
    told = []
    for thread, notice in last.items():
        beside = pictured.get(thread)
        picture = picture_of(case, beside) if beside else None
        shown = Shown(FILE, picture.alt) if picture else None
        form = edited_form(notice, picture=shown, late="")
        if form is not None:
            post = replace(_post(notice, case, form), edited=True, pictures=_uris(picture))
            told.append(post)
    return [("the parent after its last edit", told)] if told else []


def _with_picture(case: Case, beside: Notice | None, notice: Notice) -> Post | None:
    if beside is None or notice.kind is not NoticeKind.ROTATION:
        return None
    picture = picture_of(case, beside)
    if picture is None:
        return None
    late = late_words(notice, notice.due_at + case.late)
    form = pictured_form(beside, picture=Shown(FILE, picture.alt), late=late)
    return None if form is None else replace(_post(notice, case, form), pictures=_uris(picture))


def _uris(picture: Inline | None) -> dict[str, str]:
    if picture is None:
        return {}
    return {FILE: "data:image/png;base64," + base64.b64encode(picture.png).decode()}


def _how(notice: Notice, case: Case) -> Sending:
    return Sending(now=notice.due_at + case.late)


def _post(notice: Notice, case: Case, form: Shape) -> Post:
    return Post(notice.due_at + case.late, form.text, form.blocks)
