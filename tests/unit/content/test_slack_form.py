"""The form of a message for Slack: within its limits, whole lines first, late ones marked."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.delivery.channel import Sending
from monitor.delivery.slack.forms import sections, short_form, whole_form
from monitor.delivery.slack.text import SECTION
from monitor.model.notice import Notice, NoticeKind
from tests.kit.rotations import DETECTED

LATE = DETECTED + timedelta(hours=3)


def notice(text: str, body: str) -> Notice:
    return Notice(
        "k",
        "slack",
        NoticeKind.ROTATION,
        text,
        DETECTED,
        DETECTED,
        "t",
        payload={"body": body},
    )


def plain_text(told: Notice, now: datetime) -> str:
    form = whole_form(told, Sending(now=now, plain=True))
    assert form.blocks is None
    return form.text


def test_lines_are_packed_whole() -> None:
    lines = [f"{i:04d} " + "x" * 495 for i in range(10)]  # 500 characters each
    packed = sections("\n".join(lines))
    assert [part.count("\n") + 1 for part in packed] == [5, 5]
    assert "\n".join(packed) == "\n".join(lines)


def test_what_is_too_much_is_counted() -> None:
    packed = sections("\n".join("y" * 1400 for _ in range(20)))
    assert len(packed) == 5
    assert packed[-1] == "… 12 line(s) left out: monitor rotations"


def test_a_line_too_long_is_cut_between_entities() -> None:
    (part,) = sections("&amp;" * 1000)
    assert len(part) <= SECTION
    assert part.removesuffix("…").replace("&amp;", "") == ""


def test_an_empty_body_makes_no_empty_section() -> None:
    assert sections("\n\n") == []


def test_a_late_preview_stays_a_preview() -> None:
    text = whole_form(notice("p" * 150, "body"), Sending(now=LATE)).text
    assert len(text) == 150
    assert text.startswith("late by 3 h: ppp")
    assert text.endswith("…")


def test_a_late_operators_notice_keeps_its_first_word() -> None:
    told = replace(notice("Monitor: gate is down", "body"), kind=NoticeKind.OPERATOR)
    assert short_form(told, Sending(now=LATE)).text == "Monitor: gate is down (late by 3 h)"


@pytest.mark.parametrize(
    ("minutes", "mark"),
    [(0, ""), (10, ""), (11, "late by 11 min: "), (130, "late by 2 h 10 min: ")],
)
def test_ten_minutes_are_not_late(minutes: int, mark: str) -> None:
    now = DETECTED + timedelta(minutes=minutes)
    assert short_form(notice("text", "body"), Sending(now=now)).text == f"{mark}text"


def test_the_plain_form_is_bounded_and_says_a_headline_once() -> None:
    assert plain_text(notice("head", "head\nrest"), DETECTED) == "head\nrest"
    assert plain_text(notice("preview", "head <1>"), DETECTED) == "preview\n\nhead &lt;1&gt;"
    assert len(plain_text(notice("p", "x" * 9000), LATE)) == 3500
