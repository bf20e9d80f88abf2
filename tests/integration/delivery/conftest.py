"""A Slack-shaped server and a sender that talks to it."""

from collections.abc import Iterator

import pytest

from monitor.store.database import Database
from tests.integration.delivery.post import Post
from tests.slack_server import SlackServer


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A fresh workspace."""
    with SlackServer(max_seconds=120) as server:
        yield server


@pytest.fixture
def post(database: Database, slack: SlackServer) -> Post:
    """On each database in turn."""
    return Post(database, slack)
