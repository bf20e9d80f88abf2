"""Names from outside in every form of the alert: nothing in them calls, links, formats, turns the text round or hides."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.content.alert import (
    AlertFacts,
    alert_mail,
    alert_message,
    alert_text,
    reminder_text,
    reply_text,
)
from monitor.delivery.slack.blocks import alert_blocks, reply_blocks
from monitor.model.rotation import ChangeReason, Rotation, RotationChange
from tests.kit import rotations as samples
from tests.kit.slack_server.block_kit import problems
from tests.unit.content.alert.cases import AROUND, LAUNCHED, RAISED
from tests.unit.content.alert.test_blocks import texts

HOSTILE = (
    "<!channel>",
    "<@U0123> & <https://evil.example|click>",
    "*bold* _it_ ~no~ `code`",
    "two\nlines\r\n\tand tabs",
    "turned \u202eround\u2066 and \u200bhidden",
    "x" * 200,
    "</p><script>alert(1)</script>",
    "\u200b",
    "",
)
ANY = st.sampled_from(HOSTILE) | st.text(max_size=250)
MARKUP = re.compile(r"[<>*_~`\u202a-\u202e\u2066-\u2069\u200b-\u200f]")
BOLD_NAME = re.compile(r"\A\*([^*\n]+)\*(?=\n)")
"""The name above a column is the only bold text."""
OURS = re.compile(r"<(?:http://127\.0\.0\.1:8787/\?rotation=[^|>]*\|page|!date\^[^>]*)>")


def facts(first: str, second: str, token: str, words: str) -> tuple[RotationChange, AlertFacts]:
    evidence = LAUNCHED.evidence
    launch = replace(evidence.launches[0], token=token)
    loser = replace(evidence.from_side, contributors=((token, -0.05), (words, -0.01)))
    made = replace(LAUNCHED, evidence=replace(evidence, from_side=loser, launches=(launch,)))
    around = replace(
        AROUND,
        names={"ai-agents": first, "memes": second},
        notes=((RAISED, words),),
        missing=(words,),
        also_from=("defi",),
    )
    return samples.change(made, ChangeReason.CONFIRMED), around


def plain_forms(rotation_facts: tuple[RotationChange, AlertFacts]) -> list[str]:
    change, around = rotation_facts
    rotation: Rotation = change.rotation
    message = alert_message(change, around)
    return [
        message.preview,
        alert_text(message),
        reply_text(change, around),
        reminder_text(rotation, around, RAISED),
    ]


@given(first=ANY, second=ANY, token=ANY, words=ANY)
def test_slack_is_neither_made_to_call_nor_to_format(
    first: str, second: str, token: str, words: str
) -> None:
    change, around = facts(first, second, token, words)
    for blocks in (alert_blocks(alert_message(change, around)), reply_blocks(change, around)):
        assert problems(blocks, lambda _: False) == []
        for text in texts(blocks):
            left = OURS.sub("", BOLD_NAME.sub(r"\1", text))
            assert not MARKUP.search(left)
            assert not re.search(r"&(?!amp;|lt;|gt;)", left)


@given(first=ANY, second=ANY, token=ANY, words=ANY)
def test_names_bring_no_lines_and_no_direction_into_plain_text(
    first: str, second: str, token: str, words: str
) -> None:
    calm = plain_forms(facts("a", "b", "c", "d"))
    for told, known in zip(plain_forms(facts(first, second, token, words)), calm, strict=True):
        assert not re.search(r"[*_~`\u202a-\u202e\u2066-\u2069\u200b-\u200f]", told)
        assert abs(told.count("\n") - known.count("\n")) <= 5  # columns one below the other


@pytest.mark.parametrize("name", HOSTILE)
def test_a_mail_shows_names_as_they_are_and_runs_nothing(name: str) -> None:
    letter = alert_mail(alert_message(*facts(name, name, name, name)), None)
    assert letter.subject.splitlines() == [letter.subject]
    assert "<script" not in letter.html
    assert "<!channel" not in letter.html
    assert "<@U" not in letter.html
    assert "<https" not in letter.html


def test_names_are_still_readable() -> None:
    change, around = facts("R&D <AI>", "Memes", "TRUMP", "note")
    assert "R&D <AI> lost 10.4 %" in alert_text(alert_message(change, around))
    blocks = alert_blocks(alert_message(change, around))
    assert blocks[0]["text"]["text"].startswith("R&amp;D &lt;AI&gt; → Memes")
