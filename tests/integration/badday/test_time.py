"""Time goes wrong for a whole daemon: it is stopped for long, or the machine's clock is set."""

import signal
from pathlib import Path

import pytest

from tests.integration.badday.day import HOUR_S, day, file_copy
from tests.scenarios.left_behind import Rows, assert_same

pytestmark = pytest.mark.bad_day

FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def test_stopped_for_long_it_takes_up_what_it_missed(
    history: Path, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    with day(tmp_path, file_copy(history, tmp_path)) as found:
        found.process.send_signal(signal.SIGSTOP)
        found.bars_pass(6)
        found.process.send_signal(signal.SIGCONT)
        assert_same(found.ended_well(), undisturbed)
        assert not any("page" in text for text in found.operator()), "it was not silent, we were"


@pytest.mark.parametrize("by", [-3600.0, HOUR_S, -HOUR_S])
@pytest.mark.skipif(not FAKETIME, reason="libfaketime is not installed (Debian: faketime)")
def test_a_clock_that_is_set_and_set_right_again_costs_nothing(
    by: float, history: Path, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    """By an hour of the daemon's fast clock, and back by an hour of the machine's, by which it rings: that none is awaited
    is seen from its polls."""
    step = tmp_path / "step"
    step.write_text("+0")
    environ = {
        "LD_PRELOAD": str(FAKETIME[0]),
        "FAKETIME_TIMESTAMP_FILE": str(step),
        "FAKETIME_CACHE_DURATION": "1",  # each look at the clock would read the file
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with day(tmp_path, file_copy(history, tmp_path), environ=environ) as found:
        step.write_text(f"{by:+.3f}")
        found.more("clock was set")
        found.more('"event": "poll"', 2)
        step.write_text("+0")
        found.more("clock was set")
        assert_same(found.ended_well(), undisturbed)
