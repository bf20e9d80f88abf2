"""The form of a message for Slack: within its limits, whole lines first, late ones marked."""

from datetime import timedelta

from monitor.delivery.slack_webhook import SECTION, plain_form, rendered, sections
from monitor.model.notice import Channel, Notice, NoticeKind
from tests.unit.content.samples import DETECTED

LATE = DETECTED + timedelta(hours=3)


def notice(text: str, body: str) -> Notice:
    return Notice(
        "k",
        Channel.SLACK,
        NoticeKind.ROTATION,
        text,
        DETECTED,
        DETECTED,
        "t",
        payload={"body": body},
    )


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
    text, _ = rendered(notice("p" * 150, "body"), LATE)
    assert len(text) == 150
    assert text.startswith("late by 3 h: ppp")
    assert text.endswith("…")


def test_the_plain_form_is_bounded_and_says_a_headline_once() -> None:
    assert plain_form(notice("head", "head\nrest"), DETECTED) == "head\nrest"
    assert plain_form(notice("preview", "head <1>"), DETECTED) == "preview\n\nhead &lt;1&gt;"
    assert len(plain_form(notice("p", "x" * 9000), LATE)) == 3500
