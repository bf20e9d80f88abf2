"""The tools for assistants, asked by the SDK's own client over stdio and over HTTP."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from monitor.model.rotation import ChangeReason, StepOutput
from monitor.store import rotations
from monitor.store.database import Database
from tests.integration.store.samples import FIVE
from tests.integration.web.conftest import CLOSE, picture
from tests.kit import rotations as samples
from tests.kit.stored import save_step

TOOLS = {"sectors", "series", "report", "status", "rotations", "explain", "why_not"}


@pytest.fixture
def filled(database: Database) -> str:
    """URL of a database with three steps and a rotation; the default configuration fits it."""
    with database.write() as conn:
        for i in range(3):
            save_step(conn, StepOutput(picture(CLOSE - i * FIVE), (), ()), CLOSE)
        confirmed = samples.change(samples.confirmed(), ChangeReason.CONFIRMED)
        rotations.save_changes(conn, [confirmed])
    return database.engine.url.render_as_string(hide_password=False)


@asynccontextmanager
async def over_stdio(url: str, folder: Path) -> AsyncIterator[Client]:
    """`monitor mcp` started by the client, as an assistant does."""
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "monitor", "--db", url, "mcp"],
        env=dict(os.environ),
        cwd=folder,
    )
    with (folder / "stderr").open("w") as errors:
        async with Client(stdio_client(command, errlog=errors)) as client:
            yield client


@asynccontextmanager
async def over_http(url: str, folder: Path) -> AsyncIterator[Client]:
    """`monitor mcp --port` on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = (sys.executable, "-m", "monitor", "--db", url, "mcp", "--port", str(port))
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _answers(port)
        async with Client(f"http://127.0.0.1:{port}/mcp") as client:
            yield client
    finally:
        process.terminate()
        await process.wait()


async def _answers(port: int) -> None:
    """When the port is open."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        await writer.wait_closed()
        return


def words(answer: Any) -> str:
    """The text of a tool's answer."""
    return "".join(part.text for part in answer.content)


@pytest.mark.parametrize("way", [over_stdio, over_http], ids=["stdio", "http"])
async def test_an_assistant_finds_the_tools_and_is_answered(
    way: Any, filled: str, tmp_path: Path
) -> None:
    async with way(filled, tmp_path) as client:
        listed = (await client.list_tools()).tools
        assert {tool.name for tool in listed} == TOOLS
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed)
        assert all(tool.description for tool in listed)

        sectors = (await client.call_tool("sectors", {})).structured_content
        assert sectors["as_of"] == "2025-01-19T11:35:00Z"
        assert [s["id"] for s in sectors["sectors"]] == ["ai-agents", "benchmark", "memes"]

        found = (await client.call_tool("rotations", {"status": "confirmed"})).structured_content
        assert [r["id"] for r in found["rotations"]] == ["rot-7f3a"]

        told = (await client.call_tool("explain", {"rotation_id": "rot-7"})).structured_content
        assert "lost 10.4 % in 24 h" in told["explanation"]

        status = (await client.call_tool("status", {})).structured_content
        assert status["last_step"] == "2025-01-19T11:35:00Z"

        series = (
            await client.call_tool("series", {"sector": "memes", "since": "2025-01-19"})
        ).structured_content
        assert len(series["points"]) == 3

        report = (await client.call_tool("report", {"date": "2025-01-19"})).structured_content
        assert report["date"] == "2025-01-19"
        assert "19 Jan 2025" in report["subject"]


async def test_a_wrong_question_is_answered_with_what_is_expected(
    filled: str, tmp_path: Path
) -> None:
    async with over_stdio(filled, tmp_path) as client:
        for tool, arguments, expected in (
            ("series", {"sector": "nope"}, "no such sector: found 'nope', expected one of"),
            ("explain", {"rotation_id": "rot-x"}, "no such rotation: found 'rot-x'"),
            ("rotations", {"since": "yesterday"}, "since cannot be read: found 'yesterday'"),
            ("why_not", {"from_sector": "ai-agents", "to_sector": "memes"}, "nothing is stored"),
            ("rotations", {"limit": 0}, "limit"),
        ):
            answer = await client.call_tool(tool, arguments)
            assert answer.is_error
            assert expected in words(answer)
            assert not re.search(r"Traceback|File \"", words(answer))
    assert "Traceback" not in (tmp_path / "stderr").read_text()
