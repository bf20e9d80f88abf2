"""Apprise over HTTP, through the outbox's own sender."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.delivery.batching import Rules
from monitor.delivery.registry import channel_faults
from monitor.model.notice import Act, NoticeKind
from monitor.store.database import Database
from tests.integration.delivery.desk import OPENED, told
from tests.integration.delivery.hook_post import HookPost, settings_of
from tests.integration.delivery.post import MINUTE, NOW, notice
from tests.kit.hook_server import HookServer

HOUR = timedelta(hours=1)
pytest.importorskip("apprise", reason="the extra apprise is not installed")
# Apprise itself imports what Python 3.13 will drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def hook() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


def environ(*urls: str) -> dict[str, str]:
    return {"MONITOR_ALERTS__APPRISE__URLS": json.dumps(urls)}


def at(hook: HookServer, path: str) -> str:
    return f"{hook.url.replace('http://', 'json://')}/{path}"


async def test_each_service_gets_the_text(
    database: Database, hook: HookServer, tmp_path: Path
) -> None:
    post = HookPost(database, settings_of(tmp_path, environ(at(hook, "a"), at(hook, "b"))))
    post.put(told(Act.SAY, OPENED, channel="apprise", event_at=NOW, due_at=NOW))
    assert await post.sender.drain() == 1
    (first,), (second,) = hook.at("/a"), hook.at("/b")
    assert "AI agents → Memes" in first.json["title"]
    assert first.json["message"] == second.json["message"]


async def test_only_the_one_that_refused_gets_it_again(
    database: Database, hook: HookServer, tmp_path: Path
) -> None:
    post = HookPost(database, settings_of(tmp_path, environ(at(hook, "a"), at(hook, "b"))))
    hook.answers = [(200, {}, ""), (500, {}, "")]
    post.put(notice("n", channel="apprise"))
    assert await post.sender.drain() == 0
    assert "URL 2 of 2" in str(post.stored("n").error)
    assert await post.drain_after(MINUTE) == 1
    assert (len(hook.at("/a")), len(hook.at("/b"))) == (1, 2)


async def test_a_lost_answer_is_followed_by_one_repeat_and_told(
    database: Database, hook: HookServer, tmp_path: Path
) -> None:
    post = HookPost(database, settings_of(tmp_path, environ(at(hook, "a"))))
    hook.answers = [(0, {}, "")] * 2
    post.put(notice("n", channel="apprise"))
    for _ in range(5):
        await post.drain_after(HOUR)
    sent = [f"{got.json['title']}\n{got.json['message']}" for got in hook.hooks]
    assert sum("body of n" in text for text in sent) == 2
    assert any("may have arrived" in text for text in sent)


async def test_the_cap_holds_and_operators_are_told_beside_it(
    database: Database, hook: HookServer, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path, environ(at(hook, "a")))
    post = HookPost(database, settings, Rules(per_hour=2))
    post.put(*(notice(f"n{i}", channel="apprise", thread=f"r{i}") for i in range(5)))
    post.put(notice("o", channel="apprise-operators", kind=NoticeKind.OPERATOR, thread="o"))
    await post.sender.drain()
    assert len(hook.hooks) == 3
    await post.drain_after(HOUR + MINUTE)
    assert "3 messages were held" in json.dumps(hook.hooks[-1].json)


def test_a_url_with_a_typo_is_named_by_its_number(tmp_path: Path) -> None:
    (fault,) = channel_faults(settings_of(tmp_path, environ("json://x", "tgrm://wJ4h")))
    assert "URL 2 of 2" in fault
    assert "wJ4h" not in fault
