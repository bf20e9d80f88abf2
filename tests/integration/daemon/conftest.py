"""What a real daemon is run against: two days of a small market, and a workspace of Slack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.commands.stage import Market, small_market
from tests.kit.slack_server import SlackServer


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with small_market(tmp_path, hours=48) as found:
        yield found


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer(max_seconds=250) as server:
        yield server
