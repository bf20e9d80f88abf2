"""`monitor evaluate` through the console script: what is configured is judged, and wrong use is said in words."""

import json
from pathlib import Path

import pytest

from monitor.commands.evaluate import subject_of
from monitor.settings.load import load_settings
from tests.integration.commands.stage import ROOT, Market

CONFIG = ROOT / "config" / "monitor.toml"
LABEL = {
    "id": "one",
    "from": "ai-agents",
    "to": "memes",
    "start": "2025-01-05T17:00:00Z",
    "end": "2025-01-06T16:00:00Z",
    "kind": "rotation",
}


def market(folder: Path) -> Market:
    return Market(server=None, config=CONFIG, folder=folder, now=None)  # type: ignore[arg-type]


def environ(folder: Path) -> dict[str, str]:
    return {
        "MONITOR_DATABASE__URL": f"sqlite:///{folder / 'e.db'}",
        "MONITOR_ENGINE__INTERVAL": "1h",
    }


def labels(folder: Path, *lines: dict[str, object]) -> str:
    path = folder / "labels.jsonl"
    path.write_text("".join(json.dumps(LABEL | line) + "\n" for line in lines))
    return str(path)


def test_what_is_judged_is_what_is_configured() -> None:
    plain = subject_of(load_settings(CONFIG, {}))
    told = subject_of(
        load_settings(
            CONFIG,
            {
                "MONITOR_DETECTION__ON": "3.9",
                "MONITOR_ENGINE__INTERVAL": "15m",
                "MONITOR_ENGINE__CARRY_MAX": "2h",
            },
        )
    )
    assert (told.detection.on, told.analytics.carry_max_h) == (3.9, 2.0)
    assert told.interval.total_seconds() == 900
    assert told.detection.fingerprint() != plain.detection.fingerprint()
    assert plain.taker_venues == 1  # of the configured venues one gives taker volume


def test_faults_of_a_label_file_are_told_line_by_line(tmp_path: Path) -> None:
    file = labels(
        tmp_path,
        {},
        {"id": "two", "from": "ai"},
        {"id": "three", "end": "2025-01-05T16:00:00Z"},
        {"id": "four", "start": "2025-01-06T10:00:00Z", "end": "2025-01-07T10:00:00Z"},
        {"id": "five", "kind": "panic"},
    )
    done = market(tmp_path).monitor("evaluate", "--labels", file, code=2, environ=environ(tmp_path))
    assert ":2: from: found sector 'ai', expected one of ai-agents" in done.stderr
    assert ":3: end: found 2025-01-05T16:00:00Z, expected a time after start" in done.stderr
    assert ":4: start: found a time inside of 'one' of the same pair" in done.stderr
    assert ":5: kind: found 'panic', expected one of" in done.stderr
    assert "--label-sector THEIRS=OURS" in done.stderr


def test_a_label_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = market(tmp_path).monitor(
        "evaluate", "--labels", str(tmp_path / "none.jsonl"), code=2, environ=environ(tmp_path)
    )
    assert "none.jsonl: found no readable text" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--first-seed", "10"), "found --first-seed 10, expected 60 or above"),
        (("--interval", "7m"), "found --interval 7m, expected"),
        (("--interval", "soon"), "expected a length of time"),
        (("--label-sector", "ai", "--labels", "LABELS"), "expected THEIRS=OURS"),
    ],
)
def test_wrong_use_is_said(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    file = labels(tmp_path, {})
    given = [file if a == "LABELS" else a for a in arguments]
    done = market(tmp_path).monitor("evaluate", *given, code=2, environ=environ(tmp_path))
    assert words in " ".join(done.stderr.replace("│", " ").split())


def test_a_store_without_bars_is_said_before_anything_is_run(tmp_path: Path) -> None:
    there, env = market(tmp_path), environ(tmp_path)
    there.monitor("db", "upgrade", environ=env)
    done = there.monitor("evaluate", "--nulls", "5", code=1, environ=env)
    assert "found no bar of 1:00:00 in the store, expected at least 15 days" in done.stderr
    assert "next: monitor backfill" in done.stderr


def test_no_dask_scheduler_is_said(tmp_path: Path) -> None:
    done = market(tmp_path).monitor(
        "evaluate",
        "--series",
        "1",
        "--dask",
        "tcp://127.0.0.1:1",
        code=1,
        environ=environ(tmp_path),
    )
    assert "no Dask scheduler at tcp://127.0.0.1:1" in done.stderr
