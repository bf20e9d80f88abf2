"""Answers that are kept for a moment: made once for many, anew when old, and bounded."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from monitor.clock import ManualClock
from monitor.web.kept_answers import FRESH, LARGEST, MOST, KeptAnswers

NOW = datetime(2025, 1, 19, 12, tzinfo=UTC)


class Counting:
    """An application that says how often it was asked; ``/slow`` waits until ``go`` is set."""

    def __init__(self) -> None:
        self.made = 0
        self.asked = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.made += 1
        self.asked.set()
        if scope["path"] == "/slow":
            await self.go.wait()
        if scope["path"] == "/fails":
            raise ValueError("locked")
        if scope["path"] == "/large":
            await Response(b"x" * (LARGEST + 1))(scope, receive, send)
            return
        status = 404 if scope["path"] == "/none" else 200
        await PlainTextResponse(str(self.made), status)(scope, receive, send)


def reader(app: KeptAnswers) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page")


async def test_an_answer_is_made_once_for_many_readers_and_anew_when_it_is_old() -> None:
    clock, inner = ManualClock(NOW), Counting()
    async with reader(KeptAnswers(inner, clock)) as client:
        asked = [asyncio.create_task(client.get("/slow")) for _ in range(50)]
        await inner.asked.wait()
        inner.go.set()
        assert {answer.text for answer in await asyncio.gather(*asked)} == {"1"}
        assert inner.made == 1
        clock.advance(FRESH)
        assert (await client.get("/slow")).text == "2"


@pytest.mark.parametrize("path", ["/none", "/large"])
async def test_what_is_not_an_answer_or_is_too_large_is_not_kept(path: str) -> None:
    inner = Counting()
    async with reader(KeptAnswers(inner, ManualClock(NOW))) as client:
        first, second = await client.get(path), await client.get(path)
    assert first.status_code == second.status_code
    assert inner.made == 2


async def test_a_failure_is_not_kept_and_stops_nobody_who_asks_next() -> None:
    inner = Counting()
    async with reader(KeptAnswers(inner, ManualClock(NOW))) as client:
        for _ in range(2):
            with pytest.raises(ValueError, match="locked"):
                await client.get("/fails")
    assert inner.made == 2


async def test_new_questions_take_no_more_memory() -> None:
    app = KeptAnswers(Counting(), ManualClock(NOW))
    async with reader(app) as client:
        for i in range(3 * MOST):
            await client.get(f"/?since={i}")
    assert len(app._kept) == MOST


async def test_a_question_of_another_host_is_another_and_a_change_of_state_is_asked_each_time() -> (
    None
):
    inner = Counting()
    async with reader(KeptAnswers(inner, ManualClock(NOW))) as client:
        for host in ("page", "page", "other"):
            await client.get("/", headers={"Host": host})
        assert inner.made == 2
        for _ in range(2):
            await client.post("/")
    assert inner.made == 4


async def test_what_the_caller_has_is_not_sent_again() -> None:
    async with reader(KeptAnswers(Counting(), ManualClock(NOW))) as client:
        first = await client.get("/")
        again = await client.get(
            "/", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        )
        other = await client.get("/", headers={"If-None-Match": '"other"'})
    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.text) == (200, "1")
