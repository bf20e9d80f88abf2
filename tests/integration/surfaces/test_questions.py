"""Questions that nobody can answer, to every surface: what was found and what is expected, in few words, and never a traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.clock import LiveClock
from monitor.commands.replay import engine_of
from monitor.frames import Monitor
from monitor.store.database import open_database
from tests.integration.surfaces.asking import (
    Answers,
    Frames,
    Tool,
    frames_say,
    paths_say,
    tools_say,
    verbs_say,
)
from tests.integration.surfaces.conftest import HOSTILE, Stored

LONG = "x" * 100_000
"""About as long as an argument can be."""
TEN_MB = "x" * 10_000_000
LATE, EARLY = "2025-01-20", "2025-01-10"
FAR, NEAR = "2015-01-01", "2025-01-12"


def wrong_calls(out: Path) -> list[list[str]]:
    file = str(out / "out.csv")
    calls = []
    for name in ("rot-none", HOSTILE, LONG):
        calls += [["explain", name], ["why-silent", name], ["why-not", name, "memes"]]
        calls += [
            ["sectors", "--at", name],
            ["rotations", "--since", name],
            ["report", "--date", name, "--out", file],
        ]
    return [
        *calls,
        ["export", "sectors", "--out", file, "--since", LATE, "--until", EARLY],
        ["replay", "--since", LATE, "--until", EARLY],
        ["export", "bars", "--out", str(out / "no" / "such.csv")],
        ["sectors", "--at", FAR],
        ["why-not", "ai-agents", "memes", "--at", FAR],
        ["report", "--date", "2235-01-01", "--out", file],
        ["annotate", EARLY, LONG],
    ]  # fmt: skip


def wrong_tools() -> list[Tool]:
    named: list[Tool] = []
    for name in ("nobody", HOSTILE, TEN_MB):
        named += [
            ("explain", {"rotation_id": name}),
            ("series", {"sector": name}),
            ("sectors", {"at": name}),
        ]
        named += [
            ("why_not", {"from_sector": name, "to_sector": "memes"}),
            ("report", {"date": name}),
        ]
    return [*named, ("rotations", {"since": LATE, "until": EARLY}), ("series", {"sector": "memes", "since": LATE, "until": EARLY})]  # fmt: skip


def wrong_frames() -> Frames:
    asked: dict[str, Callable[[Monitor], object]] = {
        "sectors the wrong way round": lambda m: m.sectors(LATE, EARLY),
        "bars the wrong way round": lambda m: m.bars("DOGE", LATE, EARLY),
        "rotations the wrong way round": lambda m: m.rotations(LATE, EARLY),
        "conditions the wrong way round": lambda m: m.conditions("ai-agents", "memes", LATE, EARLY),
        "replay the wrong way round": lambda m: m.replay(LATE, EARLY),
    }
    for k, name in enumerate(("nobody", HOSTILE, TEN_MB)):
        asked |= {
            f"sectors since {k}": lambda m, name=name: m.sectors(since=name),  # type: ignore[misc]
            f"tokens {k}": lambda m, name=name: m.tokens(sector=name),  # type: ignore[misc]
            f"bars {k}": lambda m, name=name: m.bars(name),  # type: ignore[misc]
            f"rotations {k}": lambda m, name=name: m.rotations(status=name),  # type: ignore[misc]
            f"conditions {k}": lambda m, name=name: m.conditions(name, "memes"),  # type: ignore[misc]
            f"explain {k}": lambda m, name=name: m.explain(name),  # type: ignore[misc]
        }
    return asked


def assert_refused(said: Answers) -> None:
    for name, answer in said.items():
        assert not answer.good, name
        assert "Traceback" not in answer.text, name
        assert 0 < len(answer.text) < 3000, (name, len(answer.text))
        assert "\x1b" not in answer.text, name
        assert "\x07" not in answer.text, name


def test_verbs_refuse_them(january: Stored, tmp_path: Path) -> None:
    assert_refused(verbs_say(wrong_calls(tmp_path), january.options, 1.0))
    assert list(tmp_path.iterdir()) == []


def test_ten_years_are_what_is_stored_of_them(january: Stored, tmp_path: Path) -> None:
    file = str(tmp_path / "out.csv")
    said = verbs_say(
        [
            ["export", "sectors", "--out", file, "--since", FAR, "--until", NEAR],
            ["rotations", "--since", "3650d"],
            ["replay", "--since", FAR, "--until", NEAR],
        ],
        january.options,
        30.0,
    )
    assert all(answer.good for answer in said.values()), said
    database = open_database(january.url, read_only=True)
    paths = [f"/api/series?sector=memes&since={FAR}&until={NEAR}", "/?range=all&since=2015-01-01"]
    assert all(answer.good for answer in paths_say(database, january.settings, paths).values())
    database.close()


@pytest.fixture
def asked(january: Stored) -> Callable[[], Monitor]:
    def opened() -> Monitor:
        engine = engine_of(january.settings)
        return Monitor(open_database(january.url, read_only=True), engine, LiveClock())

    return opened


def test_tools_for_assistants_refuse_them(january: Stored) -> None:
    database = open_database(january.url, read_only=True)
    assert_refused(tools_say(database, january.settings, wrong_tools()))
    database.close()


def test_the_python_api_refuses_them(asked: Callable[[], Monitor]) -> None:
    assert_refused(frames_say(asked, wrong_frames()))
