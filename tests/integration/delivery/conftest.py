"""A Slack-shaped server, a sender that talks to it, and a bot that does so by itself."""

from collections.abc import AsyncIterator, Iterator

import pytest

from monitor.store.database import Database
from tests.integration.delivery.desk import Desk, NewDesk
from tests.integration.delivery.post import Post
from tests.kit.slack_server import SlackServer


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A fresh workspace."""
    with SlackServer(max_seconds=120) as server:
        yield server


@pytest.fixture
def post(database: Database, slack: SlackServer) -> Post:
    """On each database in turn."""
    return Post(database, slack)


@pytest.fixture
async def new_desk() -> AsyncIterator[NewDesk]:
    """Makes bots, closed at the end."""
    made: list[Desk] = []

    def make(slack: SlackServer, **options: object) -> Desk:
        made.append(Desk(slack, **options))  # type: ignore[arg-type]  # as Desk has them
        return made[-1]

    yield make
    for desk in made:
        await desk.bot.close()


@pytest.fixture
def desk(slack: SlackServer, new_desk: NewDesk) -> Desk:
    """A bot in the channel for alerts."""
    return new_desk(slack)
