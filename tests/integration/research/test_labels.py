"""Label files: what is read, and every fault by its line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.research.labels import (
    Label,
    LabelError,
    LabelKind,
    QuietRange,
    parse_labels,
    read_labels,
)

GOOD = (
    '{"id": "jan", "from": "ai-agents", "to": "memes", "start": "2025-01-18T02:00:00Z",'
    ' "end": "2025-01-20T02:00:00Z", "kind": "launch_drain", "size": 0.12, "source": "press"}'
)


def test_an_episode_and_a_quiet_range_are_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    quiet = '{"kind": "quiet", "start": "2025-03-01", "end": "2025-03-20", "note": "nothing"}'
    path.write_text(f"{GOOD}\n\n{quiet}\n", encoding="utf-8")
    found = read_labels(path)
    start = datetime(2025, 1, 18, 2, tzinfo=UTC)
    assert found.episodes == (
        Label(
            id="jan",
            from_sector="ai-agents",
            to_sector="memes",
            start=start,
            end=start + timedelta(days=2),
            kind=LabelKind.LAUNCH_DRAIN,
            size=0.12,
            start_tolerance_h=6.0,
            confidence="sure",
            source="press",
        ),
    )
    assert found.quiet == (
        QuietRange(datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 20, tzinfo=UTC), "nothing"),
    )


def test_an_alarm_counts_from_the_tolerance_before_to_half_a_day_after() -> None:
    label = parse_labels([GOOD], name="x").episodes[0]
    assert label.opens == datetime(2025, 1, 17, 20, tzinfo=UTC)
    assert label.closes == datetime(2025, 1, 20, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "found '{', expected a JSON object"),
        ("[1]", "found '[1]', expected a JSON object"),
        (GOOD.replace('"from": "ai-agents", ', ""), "from: found nothing"),
        (GOOD.replace("ai-agents", "memes"), "to: found 'memes' on both sides"),
        (GOOD.replace("launch_drain", "flood"), "kind: found 'flood', expected one of rotation"),
        (GOOD.replace("2025-01-20T02:00:00Z", "2025-01-18T02:00:00Z"), "end: found 2025-01-18"),
        (GOOD.replace("2025-01-18T02:00:00Z", "yesterday"), "start: found 'yesterday', expected"),
        (GOOD.replace("2025-01-18T02:00:00Z", "2025-01-18T02:00"), "start: found '2025-01-18T02"),
        (GOOD.replace("0.12", '"big"'), "size: found 'big', expected a number above 0"),
        (GOOD.replace("0.12", "-0.1"), "size: found -0.1"),
        (GOOD.replace('"source"', '"sauce"'), "sauce: found an unknown key"),
        (GOOD.replace('"press"', '"press", "confidence": "vague"'), "confidence: found 'vague'"),
        ('{"kind": "quiet", "start": "2025-03-01"}', "end: found nothing"),
    ],
)
def test_each_fault_names_its_line_what_was_found_and_what_was_expected(
    line: str, fault: str
) -> None:
    with pytest.raises(LabelError) as raised:
        parse_labels(["", line], name="l.jsonl")
    (problem,) = raised.value.problems
    assert problem.startswith(f"l.jsonl:2: {fault}")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(LabelError) as raised:
        parse_labels([GOOD, "{", GOOD], name="l.jsonl")
    assert [p.split(" ")[0] for p in raised.value.problems] == ["l.jsonl:2:", "l.jsonl:3:"]
    assert "id: found 'jan' twice" in raised.value.problems[1]
