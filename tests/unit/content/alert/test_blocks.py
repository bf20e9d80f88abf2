"""The alert in Slack's blocks: within all limits, whole lines, nothing lost without a word."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.content.alert import AlertFacts, alert_message
from monitor.delivery.slack.blocks import alert_blocks
from monitor.delivery.slack.text import HEADER, SECTION, escaped, sections
from tests.kit.rotations import CONFIRMED, NAMES
from tests.kit.slack_server.block_kit import characters, problems
from tests.unit.content.alert.cases import AROUND, CRITICAL, SINGLE

NBSP = "\u00a0"


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("text", "alt_text") and isinstance(item, str):
                yield item
            else:
                yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def crowded() -> AlertFacts:
    """Everything as long as it can be, all of it to be escaped."""
    nasty = "&<>" * 200
    return replace(
        AROUND,
        names=dict.fromkeys(NAMES, nasty),
        notes=tuple((CONFIRMED - timedelta(minutes=i), nasty) for i in range(500)),
        missing=tuple(nasty for _ in range(500)),
        interval=nasty,
        banner=nasty,
        spark=nasty,
    )


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("file", [None, "F1"])
def test_every_case_is_within_slacks_limits(name: str, file: str | None) -> None:
    blocks = alert_blocks(alert_message(*SINGLE[name], late="late by 2 h"), file=file)
    assert problems(blocks, lambda file: file == "F1") == []
    assert characters(blocks) < 12_000


def test_what_is_too_much_is_cut_by_whole_lines_and_counted() -> None:
    message = alert_message(SINGLE["launch"][0], crowded(), late="x" * 500)
    blocks = alert_blocks(message, file="F1", alt="&" * 5000)
    assert problems(blocks, lambda _: True) == []
    assert characters(blocks) < 12_000
    assert len(blocks) <= 50
    whole = "\n".join(texts(blocks)).replace(NBSP, " ")
    (count,) = re.findall(r"… (\d+) line\(s\) left out: monitor explain rot-7f3a", whole)
    assert int(count) > 0
    assert "its own -7.2 pp" in whole  # what happened is never cut


def test_a_message_that_fits_loses_nothing() -> None:
    message = alert_message(*SINGLE["confirmed"])
    whole = "\n".join(texts(alert_blocks(message))).replace(NBSP, " ")
    assert "left out" not in whole
    for line in (*message.told, *message.members, *message.judged, *message.figures):
        assert line in whole


def test_the_picture_takes_the_place_of_the_spark_line() -> None:
    message = alert_message(*SINGLE["confirmed"])
    with_file = alert_blocks(message, file="F1")
    assert [block["type"] for block in with_file][-2:] == ["image", "context"]
    assert with_file[-2]["alt_text"] == message.preview
    shown, bare = (
        "\n".join(texts(blocks)).replace("\u00a0", " ")
        for blocks in (with_file, alert_blocks(message))
    )
    assert message.spark not in shown
    assert message.spark in bare


def test_both_sides_stand_in_two_fields() -> None:
    fields = next(
        b["fields"] for b in alert_blocks(alert_message(*SINGLE["confirmed"])) if "fields" in b
    )
    assert [field["text"].splitlines()[0] for field in fields] == [
        "*AI agents, 24 h*",
        "*Memes, 24 h*",
    ]
    assert "return 24 h: -10.4 % (own -7.2 pp)" in fields[0]["text"].replace(NBSP, " ")


def test_link_and_local_time_are_the_only_markup() -> None:
    blocks = alert_blocks(alert_message(*SINGLE["confirmed"]))
    *others, small = texts(blocks)
    assert not any("<" in text for text in others)
    assert re.findall(r"<[^>]*>", small) == [
        "<http://127.0.0.1:8787/?rotation=rot-7f3a|page>",
        "<!date^1737286500^{date_short_pretty} {time}|19 Jan 2025, 11:35 UTC>",
    ]


def test_every_mrkdwn_text_is_verbatim() -> None:
    blocks = alert_blocks(alert_message(*SINGLE["confirmed"]))
    objects = [b["text"] for b in blocks if "text" in b]
    objects += [item for b in blocks for item in (*b.get("fields", ()), *b.get("elements", ()))]
    assert len(objects) >= 6
    assert all(o.get("verbatim") is True for o in objects if o["type"] == "mrkdwn")


def test_leads_stand_before_the_header() -> None:
    around = replace(AROUND, banner="demo · reconstruction")
    blocks = alert_blocks(alert_message(SINGLE["confirmed"][0], around, late="late by 2 h"))
    assert blocks[0]["text"]["text"].replace(NBSP, " ") == "Demo · reconstruction\nLate by 2 h"
    assert blocks[1]["type"] == "header"


def test_a_header_cuts_names_before_it_loses_severity() -> None:
    names = {"ai-agents": "Agents " * 6, "memes": "&" * 40}
    change = replace(SINGLE["critical"][0], rotation=replace(CRITICAL, held=True))
    header = alert_blocks(alert_message(change, AlertFacts(names=names)))[0]["text"]["text"]
    assert len(header) <= HEADER
    assert "CRITICAL · confirmed · held" in header


def test_nothing_is_folded_away_and_no_figure_is_parted_from_its_unit() -> None:
    blocks = alert_blocks(alert_message(*SINGLE["confirmed"]))
    told = [b for b in blocks if b["type"] == "section" and "text" in b]
    assert told
    assert all(block["expand"] for block in told)
    assert f"its own -7.2{NBSP}pp" in told[0]["text"]["text"]


def test_lines_are_packed_whole() -> None:
    lines = [f"{i:04d} " + "x" * 495 for i in range(10)]  # 500 characters each
    packed = [block["text"]["text"] for block in sections(lines)]
    assert [part.count("\n") + 1 for part in packed] == [5, 5]
    assert "\n".join(packed).split("\n") == lines


def test_a_line_too_long_is_cut_between_entities() -> None:
    part = escaped("&" * 1000)
    assert len(part) <= SECTION
    assert part.removesuffix("…").replace("&amp;", "") == ""


def test_no_lines_make_no_section() -> None:
    assert sections([]) == []
    assert sections([""]) == []
