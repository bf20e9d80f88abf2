"""The page's process: what becomes of it is told and mended, and never the daemon's trouble."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from monitor.clock import ManualClock
from monitor.serving.process import PageProcess, Told, Wanted, spent_of
from monitor.store.database import Database
from monitor.web.daemon_link import Standing
from tests.integration.commands.stage import ROOT, config_text
from tests.integration.daemon.desk import START
from tests.integration.jobs.test_faults import Site
from tests.kit.waiting import eventually, soon

NOWHERE = {"bybit": "http://127.0.0.1:9", "gate": "http://127.0.0.1:9"}
FIRST_ENDS = """
import pathlib, sys
file = pathlib.Path(sys.argv[1])
starts = len(file.read_text()) if file.exists() else 0
file.write_text("." * (starts + 1))
if starts < 2:
    sys.exit(3)
print('{"page": "serving"}', flush=True)
sys.stdin.read()
"""
SAYS_NOTHING = "import time, sys; open(sys.argv[1], 'a').write('.'); time.sleep(600)"
CHATTERS = """
import sys, time
open(sys.argv[1], 'a').write('.')
while True:
    print('{"page": "serving"}', flush=True)
    time.sleep(0.05)
"""
DEAF = """
import sys, time
print('{"page": "serving"}', flush=True)
open(sys.argv[1], 'a').write('.')
time.sleep(600)
"""
STARVES = """
import os, sys
open(sys.argv[1], 'a').write(f'{os.getpid()} ')
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while True:
    pass
"""
HOGS = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
while True:
    pass
"""


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)


def page(site: Site, script: str, file: Path, *, silent_s: float = 600) -> PageProcess:
    """A process of that script in the page's place."""
    wanted = Wanted(
        (sys.executable, "-c", script, str(file)), dict(os.environ), "127.0.0.1", free_port()
    )
    told = Told(site.faults, lambda: Standing(site.faults.standing, "x" * 200_000, 1))
    return PageProcess(wanted, ManualClock(START), told, silent_s=silent_s)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def test_one_that_ends_is_told_of_once_and_started_again(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "starts"
    process = page(site, FIRST_ENDS, file)
    work = asyncio.create_task(process.run())
    await soon(
        lambda: file.exists() and len(file.read_text()) == 3 and site.faults.standing is None,
        what="the third start serves",
    )
    process.end()
    await work
    broke, mended = await site.told()
    assert "page failed: its process ended with exit code 3" in broke
    assert "Polling goes on" in broke
    assert mended.startswith("Monitor:")
    assert "well again" in mended


async def test_one_that_hangs_is_ended_and_started_again(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "starts"
    process = page(site, SAYS_NOTHING, file, silent_s=0.5)
    work = asyncio.create_task(process.run())
    await soon(lambda: file.exists() and len(file.read_text()) >= 2, what="it was started again")
    process.end()
    await work
    assert "answered nothing for 0.5 s" in (await site.told())[0]


async def test_one_that_gets_no_core_is_not_taken_for_one_that_hangs(
    site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "starts"
    process = page(site, STARVES, file, silent_s=2.0)
    hog = await asyncio.create_subprocess_exec(sys.executable, "-c", HOGS)
    try:
        work = asyncio.create_task(process.run())
        await soon(lambda: file.exists() and file.read_text().endswith(" "), what="it runs")
        pid = int(file.read_text())
        await soon(
            lambda: spent_of(pid).waited > 7 or site.faults.standing is not None,
            what="it has waited for longer than a silent one is left alone",
        )
        assert site.faults.standing is None
        assert file.read_text() == f"{pid} "
    finally:
        hog.kill()
        await hog.wait()
        process.end()
    await work


async def test_a_daemon_that_stood_still_takes_its_page_for_no_silent_one(
    site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "starts"
    process = page(site, CHATTERS, file, silent_s=1.0)
    work = asyncio.create_task(process.run())
    await soon(file.exists, what="it runs")
    for _ in range(3):
        time.sleep(1.5)  # noqa: ASYNC251  as a process that was stopped, or a machine that slept
        await asyncio.sleep(0.2)
    assert not work.done()
    assert site.faults.standing is None
    process.end()
    await work
    assert file.read_text() == "."


async def test_one_that_reads_nothing_holds_up_neither_the_loop_nor_the_stop(
    site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "starts"
    process = page(site, DEAF, file)
    work = asyncio.create_task(process.run())
    await soon(file.exists, what="it runs")
    await asyncio.sleep(2.5)  # more than a pipe holds was to be told by now
    process.end()
    await work
    assert await site.told() == []


async def test_a_program_that_is_not_there_is_told_of(site: Site) -> None:
    process = PageProcess(
        Wanted(("/no/such/program",), {}, "127.0.0.1", free_port()),
        ManualClock(START),
        Told(site.faults, Standing),
    )
    work = asyncio.create_task(process.run())
    await soon(lambda: site.faults.standing is not None, what="it is told of")
    process.end()
    await work
    assert "could not be started (No such file or directory)" in (await site.told())[0]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Of a small market that is never asked."""
    file = tmp_path / "monitor.toml"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file.write_text(config_text(NOWHERE, tmp_path) + f"[web]\nport = {port}\n")
    run = [sys.executable, "-m", "monitor", "--config", str(file), "db", "upgrade"]
    subprocess.run(run, cwd=ROOT, check=True, capture_output=True)
    return file


@pytest.fixture
def beside(config: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`monitor web` as a daemon starts it."""
    port = int(config.read_text().rpartition("port = ")[2])
    with socket.create_server(("127.0.0.1", port)) as listener:
        number = listener.fileno()
        command = [sys.executable, "-m", "monitor", "--config", str(config)]
        with subprocess.Popen(
            [*command, "web", "--beside-daemon", str(number)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[number],
        ) as process:
            yield process
            process.kill()


def test_it_tells_what_only_the_daemon_knows_and_ends_when_the_daemon_is_gone(
    beside: "subprocess.Popen[bytes]", config: Path
) -> None:
    assert beside.stdin is not None
    assert beside.stdout is not None
    standing = Standing("poll failed: the disk is full", "monitor_steps_total 7.0\n", 123_000_000)
    assert json.loads(beside.stdout.readline())["page"] == "serving"
    beside.stdin.write(standing.line())
    beside.stdin.flush()
    assert json.loads(beside.stdout.readline())["page"] == "alive"
    port = config.read_text().rpartition("port = ")[2].strip()
    address = f"http://127.0.0.1:{port}"
    ready = httpx.get(f"{address}/readyz", timeout=60)
    assert ready.status_code == 503
    assert ready.json()["reasons"][0] == "poll failed: the disk is full"
    metrics = httpx.get(f"{address}/metrics", timeout=60).text
    assert "monitor_steps_total 7.0" in metrics
    assert "monitor_rss_bytes 1.23e+08" in metrics
    beside.stdin.close()  # as a kill of the daemon does
    eventually(lambda: beside.poll() is not None, what="the page ends with its daemon")
    assert beside.returncode == 0


def test_alone_it_ends_with_words_where_the_port_is_taken(config: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "--config", str(config), "web", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"the page is not served: 127.0.0.1:{port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_alone_it_makes_no_database(tmp_path: Path) -> None:
    file = tmp_path / "monitor.toml"
    file.write_text(config_text(NOWHERE, tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "--config", str(file), "web"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "there is no such file" in done.stderr
    assert not (tmp_path / "monitor.db").exists()
