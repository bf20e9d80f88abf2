"""The sign of life to an address outside: what is said when, and that an address which hangs or refuses costs nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import structlog.testing

from monitor.jobs.heartbeat import Beat, Heartbeat, beating
from tests.kit.hook_server import HookServer
from tests.kit.waiting import PATIENCE_S, soon


@pytest.fixture
def outside() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


@asynccontextmanager
async def running(heartbeat: Heartbeat) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(heartbeat.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE_S)


async def until_heard(outside: HookServer, count: int) -> list[tuple[str, str]]:
    """The beats so far, when there are so many."""
    await soon(lambda: len(outside.hooks) >= count, what=f"{count} beats")
    return [(hook.path, hook.body.decode()) for hook in outside.hooks]


async def test_a_good_poll_is_a_success_and_a_bad_one_says_why(outside: HookServer) -> None:
    heartbeat = Heartbeat(f"{outside.url}/ping/uuid/", signals=True)
    heard, reasons = [True], list[str]()

    async def work() -> None:
        await until_heard(outside, len(outside.hooks) + 1)  # its start has gone out

    poll = beating(heartbeat, work, lambda: reasons, heard=lambda: heard[0])
    async with running(heartbeat):
        await poll()
        assert await until_heard(outside, 2) == [("/ping/uuid/start", ""), ("/ping/uuid", "")]
        reasons.append("the outbox does not drain: 3 waiting, the oldest for 1000 s")
        await poll()
        assert (await until_heard(outside, 4))[3] == ("/ping/uuid/fail", reasons[0])
        reasons.clear()
        heard[0] = False
        await poll()
        assert [path for path, _ in await until_heard(outside, 5)][4:] == ["/ping/uuid/start"]


async def test_a_poll_that_ends_in_an_error_is_a_failure_and_still_an_error(
    outside: HookServer,
) -> None:
    heartbeat = Heartbeat(outside.url, signals=True)

    async def work() -> None:
        await until_heard(outside, 1)
        raise RuntimeError("with words of another's")

    async with running(heartbeat):
        with pytest.raises(RuntimeError):
            await beating(heartbeat, work, tuple, heard=lambda: True)()
        assert (await until_heard(outside, 2))[1] == ("/fail", "RuntimeError")


async def test_an_address_of_another_kind_hears_successes_alone(outside: HookServer) -> None:
    heartbeat = Heartbeat(f"{outside.url}/push?key=1", signals=False)
    async with running(heartbeat):
        for beat in (Beat.START, Beat.FAIL, Beat.SUCCESS):
            heartbeat.say(beat)
        assert await until_heard(outside, 1) == [("/push", "")]


async def test_an_address_that_hangs_or_refuses_is_said_once_and_once_when_it_is_well(
    outside: HookServer,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, structlog.testing.capture_logs() as logs:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/secret"
        hung = Heartbeat(url, signals=True, timeout=timedelta(milliseconds=100))
        async with running(hung):
            for _ in range(2):
                hung.say(Beat.SUCCESS)
                await soon(lambda: bool(logs) and not hung._next, what="the beat was given up")
        outside.answers += [(500, {}, ""), (302, {"Location": url}, "")]
        refused = Heartbeat(f"{outside.url}/secret", signals=True)
        async with running(refused):
            for count in (1, 2, 3):
                refused.say(Beat.SUCCESS)
                await until_heard(outside, count)
        assert [(log["event"], log.get("error")) for log in logs] == [
            ("heartbeat not heard", "TimeoutError"),
            ("heartbeat not heard", "HTTP 500"),
            ("heartbeat heard again", None),
        ]
        assert "secret" not in str(logs)
