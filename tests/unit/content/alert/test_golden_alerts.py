"""Whole alerts, word by word and block by block: read them, then trust them."""

import json

import pytest

from monitor.content.alert import alert_message, alert_text, reminder_text, reply_text
from monitor.delivery.slack.blocks import alert_blocks, reply_blocks
from tests.kit import rotations as samples
from tests.kit.slack_server.block_kit import problems
from tests.unit.content.alert.cases import LATER, RAISED, SINGLE
from tests.unit.content.goldens import assert_golden


@pytest.mark.parametrize("name", SINGLE)
def test_alert_of_one_change_as_text(name: str) -> None:
    message = alert_message(*SINGLE[name])
    assert_golden(f"alert-{name}.txt", f"{message.preview}\n\n{alert_text(message)}\n")


@pytest.mark.parametrize("name", ["confirmed", "one-sided", "nothing-known"])
def test_alert_of_one_change_as_blocks(name: str) -> None:
    blocks = alert_blocks(alert_message(*SINGLE[name]), file="F0CHART", alt="Indices: -10.4 %")
    assert problems(blocks, lambda file: file == "F0CHART") == []
    assert_golden(f"alert-{name}.json", json.dumps(blocks, indent=1, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("name", ["critical", "faded", "reversed", "held", "scored"])
def test_parent_brought_up_to_date_keeps_its_first_figures(name: str) -> None:
    message = alert_message(*SINGLE["confirmed"], latest=SINGLE[name])
    assert "own -7.2 pp" in message.told[1]
    assert_golden(f"edited-{name}.txt", f"{message.preview}\n\n{alert_text(message)}\n")


def test_replies_of_a_thread() -> None:
    texts = [reply_text(*facts) for facts in SINGLE.values()]
    texts.append(reminder_text(samples.confirmed(), LATER, RAISED))
    assert_golden("replies.txt", "\n\n".join(texts) + "\n")


def test_reply_as_blocks() -> None:
    blocks = reply_blocks(*SINGLE["critical"], late="late by 2 h 10 min")
    assert problems(blocks, lambda _: False) == []
    assert_golden("reply-critical.json", json.dumps(blocks, indent=1, ensure_ascii=False) + "\n")
