"""`monitor demo`, as a stranger types it first: a story on 100 columns, the whole report of a day, the page on the episode."""

import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from monitor.commands.started_as import as_typed, started_as
from tests.integration.commands.stage import config_text, small_market
from tests.kit.smtp_server import free_port
from tests.kit.waiting import PATIENCE_S, eventually

CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("MONITOR_", "UV_"))}


@dataclass(frozen=True)
class Shown:
    """What one `demo --serve` printed; ``browsed``: what it gave the browser; ``page``: what the page answered."""

    folder: Path
    lines: list[str]
    progress: str
    browsed: str
    page: str
    rotation: str
    sectors: dict[str, object]
    code: int


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("demo")
    browser = folder / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {folder / "browsed"}\n')
    browser.chmod(0o755)
    port = free_port()
    printed, progress = folder / "printed", folder / "progress"
    with printed.open("w") as out, progress.open("w") as err:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "monitor",
                "demo",
                "--out",
                "out",
                "--serve",
                "--port",
                str(port),
            ],
            cwd=folder,
            env=CLEAN | {"BROWSER": f"{browser} %s"},
            stdout=out,
            stderr=err,
        )
    try:
        eventually(
            lambda: process.poll() is not None or _has_text(folder / "browsed"),
            what="the page is opened",
        )
        assert process.poll() is None, progress.read_text()
        text = printed.read_text()
        rotation = re.search(r"The rotation: (\S+)", text)
        assert rotation
        page = _get(f"http://127.0.0.1:{port}/?range=30d")
        found = Shown(
            folder,
            text.splitlines(),
            progress.read_text(),
            (folder / "browsed").read_text(),
            page,
            _get(rotation[1]),
            json.loads(_get(f"http://127.0.0.1:{port}/api/sectors")),
            0,
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0, progress.read_text()
        yield found
    finally:
        process.kill()
        process.wait()


def _has_text(file: Path) -> bool:
    return file.exists() and bool(file.read_text())


def _get(url: str) -> str:
    return httpx.get(url, timeout=PATIENCE_S).raise_for_status().text


def test_the_first_line_comes_before_any_work_and_says_that_it_is_a_reconstruction(
    tmp_path: Path,
) -> None:
    """The episode cannot even be read here: what is printed by then was printed before it."""
    script = (
        "import monitor.episodes.january_2025 as e, sys\n"
        "def fails(): raise SystemExit('reading')\n"
        "import monitor.episodes; monitor.episodes.load_episode = fails\n"
        "sys.argv = ['monitor', 'demo']\n"
        "from monitor.commands.app import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=CLEAN, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.stderr == "reading\n"
    assert done.stdout.startswith("demo: January 2025, a reconstruction")
    assert "not a live feed" in done.stdout


def test_progress_is_told_where_there_is_no_terminal_to_draw_on(shown: Shown) -> None:
    told = [line for line in shown.progress.splitlines() if line.startswith("Replaying")]
    assert len(told) == 4
    assert told[-1] == "Replaying two months: 1488 of 1488 hours"


def test_one_sentence_says_what_happened(shown: Shown) -> None:
    text = " ".join(" ".join(shown.lines).split())
    assert re.search(
        r"What happened: after TRUMP joined Memes on 18 January \(\$[\d.]+ B a day later\), AI agents lost [\d.]+ %"
        r" in the \d+ h to 19 Jan 2025, \d\d:00 UTC while the market rose [\d.]+ %\. The monitor confirmed a"
        r" rotation out of AI agents into Memes then, over on 21 Jan 2025",
        text,
    )


def test_the_story_fits_a_hundred_columns_and_has_no_colours_in_a_pipe(shown: Shown) -> None:
    assert max(len(line) for line in shown.lines if "http" not in line and "/" not in line) <= 100
    assert not any("\x1b" in line for line in shown.lines)


def test_every_watch_and_every_rotation_of_the_report_is_in_the_story(shown: Shown) -> None:
    text = " ".join(" ".join(shown.lines).split())
    flagged = re.search(
        r"(\d+) flagged, (\d+) confirmed",
        re.sub(r"<[^>]+>", "", (shown.folder / "out" / "report.html").read_text(encoding="utf-8")),
    )
    assert flagged
    told = re.findall(r"20\d\d-\d\d-\d\d \d\d:\d\d (watch|warning|critical) ", text)
    before = [
        line
        for line in shown.lines
        if re.match(r"20\d\d-\d\d-\d\d \d\d:\d\d  (watch|warning)", line)
    ]
    of_report = [line for line in before if line < "2025-01-21"]
    assert len(told) == len(before)
    # the confirmed one had been a watch before
    assert len(of_report) == int(flagged[1]) + int(flagged[2])


def test_launches_are_told_by_what_they_became(shown: Shown) -> None:
    text = " ".join(" ".join(shown.lines).split())
    assert re.search(r"TRUMP joins Memes at \$\d+ M, \$[\d.]+ B a day later", text)
    assert "by launch, not by flow" not in text
    assert re.search(
        r"Launch: TRUMP joined Memes \d+ h before, [^;]* UTC, at \$\d+ M of market cap, \$[\d.]+ B now\.",
        text,
    )


def test_it_shows_the_alert_that_would_have_come_and_whose_figures_it_tells(shown: Shown) -> None:
    begin = shown.lines.index("The alert of 2025-01-19 06:00 UTC:")
    assert [line.strip() for line in shown.lines[begin + 2 : begin + 4]] == [
        "Demo · reconstruction",
        "AI agents → Memes · WARNING · confirmed",
    ]
    assert any("monitor explain rot-" in line for line in shown.lines[begin:])


def test_report_and_charts_lie_where_it_says(shown: Shown) -> None:
    assert "The daily report of 20 January 2025: out/report.html" in shown.lines
    assert "Its charts: out/charts" in shown.lines
    html = (shown.folder / "out" / "report.html").read_text(encoding="utf-8")
    assert re.search(r"<title>\[rotation\] demo · reconstruction: 20 Jan 2025: ", html)
    for title in ("To quote", "Sectors", "Rotations", "Charts", "Movers", "Launches and members", "Scorecard",
                  "Nearest misses", "Notes", "Data"):  # fmt: skip
        assert f"<h2>{title}</h2>" in html
    assert "Stargate" not in html, "announced on the day after"
    charts = sorted(file.name for file in (shown.folder / "out" / "charts").iterdir())
    assert charts == ["flows.png", "indices.png", "relative.png", "shares.png"]
    assert all(
        (shown.folder / "out" / "charts" / name).read_bytes().startswith(b"\x89PNG")
        for name in charts
    )


def test_the_page_opens_on_the_episode_and_says_whose_figures_it_shows(shown: Shown) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?range=30d", shown.browsed)
    for html in (shown.page, shown.rotation):
        assert "demo · reconstruction: these are not figures of the market." in html
    # no hour that nobody saw comes after the bars
    assert 'Last step 2025-02-01 00:00 UTC, <span class="age">1 min</span> ago' in shown.page
    assert "coverage 100 %" in shown.page
    assert '<ul class="stale">' not in shown.page  # nothing is late at the time of the episode
    assert "AI agents → Memes" in shown.rotation
    assert "WARNING" in shown.rotation
    assert shown.sectors["sectors"]


def test_what_is_printed_as_next_runs_as_printed_from_where_the_reader_stands(
    shown: Shown, tmp_path: Path
) -> None:
    begin = shown.lines.index("Next:")
    typed = [
        line[2:].split("  ")[0]
        for line in shown.lines[begin + 1 : shown.lines.index("", begin + 1)]
    ]
    verbs = [line.partition(" -m monitor ")[2] for line in typed]
    assert verbs == ["config init", "db upgrade", "backfill --since 30d", "run"]
    with small_market(tmp_path, hours=30 * 24) as market:
        at_home = CLEAN | {"MONITOR_WEB__PORT": str(free_port())}
        for line in typed[:-1]:
            done = subprocess.run(
                ["/bin/sh", "-c", line], cwd=tmp_path, env=at_home, capture_output=True, text=True,
                timeout=PATIENCE_S, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
            if "config init" in line:  # the exchanges of this test instead of the world's
                urls = dict(market.server.base_urls)
                (tmp_path / "config" / "monitor.toml").write_text(config_text(urls, tmp_path))
        daemon = subprocess.Popen(
            shlex.split(typed[-1]), cwd=tmp_path, env=at_home, stderr=subprocess.PIPE
        )
        try:

            def polled() -> bool:
                with sqlite3.connect(tmp_path / "monitor.db") as raw:
                    return bool(
                        raw.execute("select 1 from meta where key = 'last_good_poll'").fetchone()
                    )

            eventually(polled, what="the daemon polls")
            daemon.terminate()
            assert daemon.wait(PATIENCE_S) == 0
        finally:
            daemon.kill()
            daemon.communicate()


def test_the_call_is_printed_as_it_was_made(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    script = tools / "monitor"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    found = {"PATH": f"{tools}:/bin"}
    assert started_as([str(script)], found, tmp_path) == "monitor"
    assert started_as([str(script)], {"PATH": "/bin"}, tmp_path) == "bin/monitor"
    assert started_as([str(script)], {"PATH": "/bin"}, tmp_path / "x") == str(script)
    assert (
        started_as([str(script)], found | {"UV_RUN_RECURSION_DEPTH": "1"}, tmp_path)
        == "uv run --no-dev monitor"
    )
    inside = started_as([str(tmp_path / "__main__.py")], found, tmp_path)
    assert inside == f"{shlex.quote(sys.executable)} -m monitor"


def test_a_remedy_is_printed_as_the_reader_types_it() -> None:
    by_uv = "uv run --no-dev monitor"
    remedy = "monitor import FILE..., or monitor backfill --since 30d"
    assert as_typed(remedy, by_uv) == f"{by_uv} import FILE..., or {by_uv} backfill --since 30d"
    assert as_typed("monitor --config a.toml doctor", ".venv/bin/monitor") == (
        ".venv/bin/monitor --config a.toml doctor"
    )
    for kept in ("journalctl -u monitor", "/etc/monitor/monitor.toml: may not be read", "none"):
        assert as_typed(kept, by_uv) == kept
    assert as_typed(remedy, "monitor") == remedy


def test_who_came_in_by_uv_is_told_the_next_line_for_it(tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "monitor"
    ran = subprocess.run(
        [program, "--db", f"sqlite:///{tmp_path / 'none.db'}", "status"],
        cwd=tmp_path,
        env=os.environ | {"UV_RUN_RECURSION_DEPTH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr.splitlines()[-1] == "next: uv run --no-dev monitor db upgrade"
