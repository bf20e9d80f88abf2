"""The signed webhook over HTTP, through the outbox's own sender."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.delivery.batching import Rules
from monitor.delivery.registry import channel_faults
from monitor.model.errors import ConfigError
from monitor.model.grid import iso
from monitor.model.notice import Act, NoticeKind
from monitor.model.rotation_json import rotation_to_json
from monitor.store.database import Database
from tests.integration.delivery.desk import OPENED, RAISED, told
from tests.integration.delivery.hook_post import HookPost, settings_of
from tests.integration.delivery.post import MINUTE, NOW, notice
from tests.kit.hook_server import HookServer

SECRET = "wJ4h-of-the-hook"
HOUR = timedelta(hours=1)


@pytest.fixture
def hook() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


def environ(hook: HookServer) -> dict[str, str]:
    return {
        "MONITOR_ALERTS__WEBHOOK__URL": f"{hook.url}/in?token=wJ4h",
        "MONITOR_ALERTS__WEBHOOK__SECRET": SECRET,
    }


@pytest.fixture
def post(database: Database, hook: HookServer, tmp_path: Path) -> HookPost:
    """On each database in turn."""
    return HookPost(database, settings_of(tmp_path, environ(hook)))


async def test_a_receiver_can_check_what_it_reads(post: HookPost, hook: HookServer) -> None:
    post.put(told(Act.SAY, OPENED, channel="webhook", event_at=NOW, due_at=NOW))
    assert await post.sender.drain() == 1
    (got,) = hook.hooks
    stamp = got.headers["X-Monitor-Timestamp"]
    digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + got.body, hashlib.sha256)
    assert got.headers["X-Monitor-Signature"] == f"v1={digest.hexdigest()}"
    assert int(stamp) == int(NOW.timestamp())
    body = got.json
    assert body["rotation"] == rotation_to_json(OPENED.rotation)
    assert body["rotations"] == [OPENED.rotation.id]
    assert (body["kind"], body["act"]) == ("rotation", "say")
    assert body["event_at"] == iso(NOW)
    assert "AI agents → Memes" in body["text"]
    assert got.headers["Idempotency-Key"] == body["key"]


async def test_a_turn_is_a_post_of_its_own_and_an_edit_is_none(
    post: HookPost, hook: HookServer
) -> None:
    when: dict[str, Any] = {"channel": "webhook", "event_at": NOW, "due_at": NOW}
    post.put(told(Act.REPLY, RAISED, **when), told(Act.EDIT, RAISED, first=OPENED, **when))
    assert await post.sender.drain() == 2
    (got,) = hook.hooks
    assert got.json["act"] == "reply"
    assert got.json["rotation"]["severity"] == "critical"


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_success_with_anything_in_the_body_is_success(
    post: HookPost, hook: HookServer, status: int
) -> None:
    hook.usual = (status, {}, '{"ok": false, "error": "made up"}' if status != 204 else "")
    post.put(notice("n", channel="webhook"))
    assert await post.sender.drain() == 1
    assert (post.stored("n").receipt or {})["answer"] == f"HTTP {status}"


async def test_a_repeat_carries_the_same_key(post: HookPost, hook: HookServer) -> None:
    hook.answers = [(500, {}, "<html>"), (503, {}, ""), (0, {}, ""), (0, {}, "")]
    post.put(notice("n", channel="webhook"))
    pauses = []
    while await post.sender.drain() == 0:
        due = post.stored("n").notice.due_at
        pauses.append((due - post.clock.now()).total_seconds())
        post.clock.set(due)
    assert len({got.headers["Idempotency-Key"] for got in hook.hooks}) == 1
    assert len(hook.hooks) == 5
    assert pauses == sorted(pauses)
    assert pauses[0] >= 5


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (302, {"Location": "/login?wJ4h"}, "HTTP 302, a redirect, which is not followed"),
        (308, {"Location": "/elsewhere"}, "HTTP 308, a redirect"),
        (400, {}, "HTTP 400"),
        (404, {}, "HTTP 404"),
        (410, {}, "HTTP 410"),
    ],
)
async def test_what_only_a_person_can_mend_is_told_and_not_repeated(
    post: HookPost, hook: HookServer, status: int, headers: dict[str, str], words: str
) -> None:
    hook.answers = [(status, headers, "wJ4h")]
    post.put(notice("n", channel="webhook"))
    for _ in range(9):
        await post.drain_after(HOUR)
    assert [got.json["kind"] for got in hook.hooks] == ["rotation", "operator"]
    text = hook.hooks[-1].json["text"]
    assert words in text
    assert "wJ4h" not in text + str(post.stored("n").error)


async def test_it_waits_as_long_as_it_is_asked(post: HookPost, hook: HookServer) -> None:
    hook.answers = [(429, {"Retry-After": "77"}, ""), (429, {"Retry-After": "nan"}, "")]
    post.put(notice("n", channel="webhook"))
    await post.sender.drain()
    assert post.stored("n").notice.due_at - NOW == timedelta(seconds=77)
    await post.drain_after(timedelta(seconds=77))
    assert post.stored("n").notice.due_at - post.clock.now() >= timedelta(seconds=10)


async def test_the_cap_and_digests_hold_and_operators_are_told_beside_them(
    database: Database, hook: HookServer, tmp_path: Path
) -> None:
    post = HookPost(database, settings_of(tmp_path, environ(hook)), Rules(per_hour=2))
    post.put(*(notice(f"n{i}", channel="webhook", thread=f"r{i}") for i in range(5)))
    down = notice("down", channel="webhook-operators", kind=NoticeKind.OPERATOR, thread="o")
    post.put(down)
    await post.sender.drain()
    kinds = [got.json["kind"] for got in hook.hooks]
    assert kinds == ["rotation", "rotation", "operator"]
    await post.drain_after(HOUR + MINUTE)
    assert "3 messages were held by the hourly cap" in hook.hooks[-1].json["text"]


async def test_late_ones_become_one_and_quiet_hours_hold(
    database: Database, hook: HookServer, tmp_path: Path
) -> None:
    local = (NOW - HOUR).time(), (NOW + 2 * HOUR).time()
    post = HookPost(database, settings_of(tmp_path, environ(hook)), Rules(quiet=local))
    post.put(*(notice(f"n{i}", channel="webhook", thread=f"r{i}") for i in range(5)))
    loud = notice("loud", channel="webhook", thread="loud", urgent=True)
    post.put(loud, replace(loud, dedup_key="o", channel="webhook-operators", thread="o"))
    await post.sender.drain()
    assert len(hook.hooks) == 2
    await post.drain_after(3 * HOUR)
    (digest,) = hook.hooks[2:]
    assert digest.json["kind"] == "digest"
    assert "5 notices" in digest.json["text"]


def test_an_address_without_a_secret_is_a_fault(hook: HookServer, tmp_path: Path) -> None:
    given = environ(hook)
    del given["MONITOR_ALERTS__WEBHOOK__SECRET"]
    (fault,) = channel_faults(settings_of(tmp_path, given))
    assert "MONITOR_ALERTS__WEBHOOK__SECRET" in fault
    with pytest.raises(ConfigError):
        settings_of(tmp_path, given | {"MONITOR_ALERTS__WEBHOOK__URL": "hooks.example.com"})
