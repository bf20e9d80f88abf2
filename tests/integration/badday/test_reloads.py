"""The page's port is taken when a whole daemon starts; its configuration is spoilt, and it is told to read it again."""

import signal
from collections.abc import Callable
from pathlib import Path

from tests.integration.badday.day import Day, day
from tests.integration.badday.history import file_copy


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
"""How it is spoilt (None: removed) -> a word of what is said of it."""
RELOAD = "reload failed"


def test_a_taken_port_and_each_spoilt_configuration_are_told_once_and_healed_once_and_cost_nothing(
    history: Path, undisturbed: str, tmp_path: Path
) -> None:
    with day(tmp_path, file_copy(history, tmp_path), port_taken=True) as found:
        right = found.config.read_text(encoding="utf-8")
        for spoil, word in SPOILT.items():
            with found.told_once_and_healed_once(RELOAD):
                if spoil is None:
                    found.config.unlink()
                else:
                    spoilt = spoil(right)
                    assert spoilt != right
                    found.config.write_text(spoilt, encoding="utf-8")
                for _ in range(2):
                    reread(found, RELOAD)
                found.told(RELOAD)
                assert word in found.log, "the first line of a message may be too short for it"
                found.config.write_text(right, encoding="utf-8")
                reread(found, "configuration read again")
        found.ends_as(undisturbed)


def reread(found: Day, words: str) -> None:
    """Ask for it, and wait until it was done once more."""
    times = found.log.count(words) + 1
    found.process.send_signal(signal.SIGHUP)
    found.logged(words, times)
