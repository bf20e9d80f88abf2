"""The limits of Block Kit that the Slack-shaped server holds messages to."""

from typing import Any

import pytest

from tests.kit.slack_server.block_kit import characters, problems


def mrkdwn(length: int) -> dict[str, Any]:
    """A mrkdwn text of that length."""
    return {"type": "mrkdwn", "text": "x" * length}


def plain(length: int) -> dict[str, Any]:
    """A plain text of that length."""
    return {"type": "plain_text", "text": "x" * length}


def image(**changes: Any) -> dict[str, Any]:
    """A good image block with changes; None takes a key away."""
    block = {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a"}
    return {k: v for k, v in (block | changes).items() if v is not None}


GOOD: list[dict[str, Any]] = [
    {"type": "section", "text": mrkdwn(3000), "block_id": "b" * 255},
    {"type": "section", "fields": [mrkdwn(2000)] * 10},
    {"type": "header", "text": plain(150)},
    {"type": "context", "elements": [mrkdwn(10)] * 10},
    {"type": "divider"},
    {"type": "markdown", "text": "x" * 12_000},
    {"type": "actions", "elements": [{"type": "button", "text": plain(75), "value": "v" * 2000}]},
    image(alt_text="a" * 2000, image_url="u" * 3000, title=plain(2000)),
    image(image_url=None, slack_file={"id": "FREADY"}),
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({"type": "section", "text": mrkdwn(3001)}, "3001"),
    ({"type": "section", "text": mrkdwn(0)}, "1 to 3000"),
    ({"type": "section"}, "neither"),
    ({"type": "section", "fields": [mrkdwn(2001)]}, "2001"),
    ({"type": "section", "fields": [mrkdwn(1)] * 11}, "11"),
    ({"type": "section", "text": "bare"}, "text object"),
    ({"type": "section", "text": mrkdwn(1), "colour": "red"}, "colour"),
    ({"type": "header", "text": plain(151)}, "151"),
    ({"type": "header", "text": mrkdwn(10)}, "plain_text"),
    ({"type": "context", "elements": [mrkdwn(1)] * 11}, "1 to 10"),
    ({"type": "context", "elements": []}, "1 to 10"),
    ({"type": "divider", "block_id": "b" * 256}, "256"),
    ({"type": "banner"}, "banner"),
    ({"type": "actions", "elements": [{"type": "button", "text": plain(76)}]}, "76"),
    (image(alt_text=None), "alt_text"),
    (image(alt_text="a" * 2001), "2001"),
    (image(image_url="u" * 3001), "3001"),
    (image(slack_file={"id": "FREADY"}), "one of them"),
    (image(image_url=None, slack_file={"id": "FLATER"}), "not a file"),
]


def is_ready(file_id: str) -> bool:
    """One file is."""
    return file_id == "FREADY"


@pytest.mark.parametrize("block", GOOD, ids=[str(b["type"]) for b in GOOD])
def test_a_block_at_its_limits_is_taken(block: dict[str, Any]) -> None:
    assert problems([block], is_ready) == []


@pytest.mark.parametrize(("block", "words"), BAD, ids=[words for _, words in BAD])
def test_a_block_beyond_its_limits_is_named(block: dict[str, Any], words: str) -> None:
    [problem] = problems([block], is_ready)
    assert words in problem
    assert problem.startswith("blocks[0]")


def test_a_message_has_fifty_blocks_at_most_and_no_id_twice() -> None:
    assert problems([{"type": "divider"}] * 50, is_ready) == []
    assert "found 51" in problems([{"type": "divider"}] * 51, is_ready)[0]
    twice = [{"type": "divider", "block_id": "a"}] * 2
    assert problems(twice, is_ready) == ["blocks: a block_id comes twice"]


def test_all_texts_count_together() -> None:
    # 100 + 2 x 20 + 7 of the alternative text; keys, urls and types don't count.
    blocks = [
        {"type": "section", "text": mrkdwn(100), "fields": [mrkdwn(20), mrkdwn(20)]},
        image(alt_text="chart x"),
    ]
    assert characters(blocks) == 147
