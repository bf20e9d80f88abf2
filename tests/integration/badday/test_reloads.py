"""The configuration is spoilt while a whole daemon works, and it is told to read it again."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.badday.day import Day, day, file_copy
from tests.scenarios.left_behind import Rows, assert_same

pytestmark = pytest.mark.bad_day


def with_broken_syntax(right: str) -> str:
    """A bracket is missing."""
    return right.replace("[engine]", "[engine", 1)


def with_unknown_key(right: str) -> str:
    """A key that nobody reads."""
    return right.replace("[engine]", '[engine]\nintervall = "1h"', 1)


def with_unknown_venue(right: str) -> str:
    """A market of a venue that there is not."""
    return right.replace('venue = "okx"', 'venue = "okks"', 1)


SPOILT: dict[Callable[[str], str] | None, str] = {
    with_broken_syntax: "monitor.toml",
    with_unknown_key: "intervall",
    with_unknown_venue: "okks",
    None: "monitor.toml",
}
"""How it is spoilt (None: removed) -> a word of what the operator is told."""


def test_each_spoilt_configuration_is_told_once_and_healed_once_and_costs_nothing(
    history: Path, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    with day(tmp_path, file_copy(history, tmp_path)) as found:
        right = found.config.read_text(encoding="utf-8")
        for spoil in SPOILT:
            if spoil is None:
                found.config.unlink()
            else:
                spoilt = spoil(right)
                assert spoilt != right
                found.config.write_text(spoilt, encoding="utf-8")
            for _ in range(2):
                reread(found, "reload failed")
            found.config.write_text(right, encoding="utf-8")
            reread(found, "configuration read again")
        left = found.ended_well()
    told = [text.removeprefix("Monitor: ") for text in found.operator()]
    assert len(told) == 2 * len(SPOILT), told
    for word, broke, well in zip(SPOILT.values(), told[::2], told[1::2], strict=True):
        assert broke.startswith("reload failed"), broke
        assert word in broke
        assert well.startswith("well again after: reload failed"), well
    assert_same(left, undisturbed)


def reread(found: Day, words: str) -> None:
    """Ask for it, and wait until it was done once more."""
    times = found.log.count(words) + 1
    found.process.send_signal(signal.SIGHUP)
    found.logged(words, times)
