"""Every surface that answers from a store, asked: the verbs, the page, the JSON API, the tools for assistants, the Python API."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from mcp import Client

from monitor.api.http import api_app
from monitor.assistants import mcp_server
from monitor.bootstrap import enricher_of, sources_of
from monitor.clock import LiveClock
from monitor.frames import Monitor
from monitor.model.errors import MonitorError
from monitor.settings.schema import Settings
from monitor.store.database import Database
from monitor.web.app import make_app
from monitor.web.surroundings import Surroundings

ROOT = Path(__file__).resolve().parents[3]
Tool = tuple[str, dict[str, Any]]
Frames = Mapping[str, Callable[[Monitor], Any]]


@dataclass(frozen=True)
class Answer:
    """``text``: all that its reader sees; ``good``: it is an answer and no failure."""

    text: str
    good: bool


Answers = dict[str, Answer]


def verbs_say(calls: Iterable[Sequence[str]], options: Sequence[str], wait_s: float) -> Answers:
    """Each verb as the console script, with these global options."""
    wanted = [list(call) for call in calls]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.integration.surfaces.verbs", str(wait_s)],
        cwd=ROOT,
        input="".join(json.dumps([*options, *call]) + "\n" for call in wanted),
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    return {
        f"monitor {' '.join(call)[:80]}": Answer(said["out"] + said["err"], said["code"] == 0)
        for call, said in zip(wanted, told, strict=True)
    }


def paths_say(database: Database, settings: Settings, paths: Iterable[str]) -> Answers:
    """Each path of the page and of the JSON API, of one application."""
    clock = LiveClock()
    around = Surroundings(
        database, settings.universe, clock, settings.engine.interval, settings.engine.deadline, enricher_of(settings)
    )  # fmt: skip
    app = make_app(around, api_app(sources_of(settings, database, clock)))

    async def call() -> Answers:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            found = {path: await client.get(path) for path in paths}
        return {f"GET {p[:80]}": Answer(a.text, a.status_code == 200) for p, a in found.items()}

    return asyncio.run(call())


def tools_say(database: Database, settings: Settings, tools: Iterable[Tool]) -> Answers:
    """Each tool for assistants, asked by the SDK's own client."""

    async def call() -> Answers:
        server = mcp_server(sources_of(settings, database, LiveClock()))
        async with Client(server) as client:
            found = {
                f"tool {name} {str(arguments)[:80]}": await client.call_tool(name, arguments)
                for name, arguments in tools
            }
        return {
            name: Answer("".join(part.text for part in a.content if part.type == "text"), not a.is_error)
            for name, a in found.items()
        }  # fmt: skip

    return asyncio.run(call())


def frames_say(opened: Callable[[], Monitor], questions: Frames) -> Answers:
    """Each question of the Python API; what it raises for its caller is what it says."""
    found = {}
    for name, ask in questions.items():
        try:
            with opened() as asked:
                found[f"m.{name}"] = Answer(str(ask(asked)), good=True)
        except MonitorError as error:
            found[f"m.{name}"] = Answer(f"{error}\nnext: {error.remedy}", good=False)
        except ValueError as error:
            found[f"m.{name}"] = Answer(str(error), good=False)
    return found
