"""Time goes wrong for a whole daemon: it is stopped for long, or the machine's clock is set."""

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.badday.day import day
from tests.integration.badday.history import file_copy
from tests.integration.badday.machine_clock import MachineClock, needs_faketime

HOUR_OF_MACHINE_S = 3600.0
TEN_MINUTES_S = 600.0
BERLIN = "Europe/Berlin"
LATE_ENOUGH = {
    f"MONITOR_VENUES__{venue}__SETTLE": "20m"
    for venue in ("BINANCE", "BYBIT", "GATE", "KUCOIN", "OKX")
}
"""How far a venue's clock is from ours is measured to the time that its answer takes: a few milliseconds, which are minutes of
a clock that is so fast. A bar is taken for closed only so long after its close that it is."""
SUMMER_TIME = {
    "begins": datetime(2027, 3, 28, 1, tzinfo=UTC),
    "ends": datetime(2027, 10, 31, 1, tzinfo=UTC),
}
"""When the clocks of Berlin are put forward and back."""


@needs_faketime
def test_stopped_for_ten_minutes_it_takes_up_what_it_missed_and_nobody_is_told(
    history: Path, undisturbed: str, tmp_path: Path
) -> None:
    """By SIGSTOP; of the ten minutes, in which six bars close, nine seconds are waited for, the others are added to both
    counts of its time, so that whatever may have run out by then has."""
    machine = MachineClock(tmp_path)
    with day(tmp_path, file_copy(history, tmp_path), environ=machine.environ) as found:
        found.process.send_signal(signal.SIGSTOP)
        found.bars_pass(6)
        machine.passed(found, TEN_MINUTES_S)
        found.process.send_signal(signal.SIGCONT)
        found.ends_as(undisturbed)
        assert "page is silent" not in found.log, "it was not silent, we were"


@pytest.mark.bad_day
@pytest.mark.timeout(2700)
def test_stopped_for_ten_minutes_of_the_machine_it_takes_up_what_it_missed_and_nobody_is_told(
    history: Path, undisturbed: str, tmp_path: Path
) -> None:
    """The same with nothing added: all ten minutes are waited for, and the page, which was not stopped, answers in them."""
    with day(tmp_path, file_copy(history, tmp_path), longest_s=2400.0) as found:
        found.process.send_signal(signal.SIGSTOP)
        before = len(found.prober.answers)
        found.stands_for(TEN_MINUTES_S, bars=6)
        assert len(found.prober.answers) > before
        found.process.send_signal(signal.SIGCONT)
        found.ends_as(undisturbed)
        assert "page is silent" not in found.log, "it was not silent, we were"


@needs_faketime
@pytest.mark.parametrize("sign", [1, -1], ids=["forward", "back"])
def test_a_clock_that_is_set_by_an_hour_and_set_right_again_costs_nothing(
    sign: int, history: Path, undisturbed: str, tmp_path: Path
) -> None:
    """The machine's, by which the daemon rings, and the market's, by which it asks for bars. That it rings none the less is
    seen from its polls; that it is not with the venues' clocks may be told, of each once."""
    machine = MachineClock(tmp_path)
    environ = {**machine.environ, **LATE_ENOUGH}
    with day(tmp_path, file_copy(history, tmp_path), environ=environ) as found:
        for by_s, market_h in ((sign * HOUR_OF_MACHINE_S, sign * 1.0), (0.0, 0.0)):
            seen = found.log.count("clock was set")
            machine.is_set(found, by_s, market_h=market_h)
            found.logged("clock was set", seen + 1)
            found.more('"event": "poll"', 2)
        found.ends_with_each_well_as(undisturbed)


@needs_faketime
def test_summer_time_that_begins_and_ends_under_it_costs_nothing(
    history: Path, undisturbed: str, tmp_path: Path
) -> None:
    machine = MachineClock(tmp_path, zone=BERLIN)
    with day(tmp_path, file_copy(history, tmp_path), environ=machine.environ) as found:
        for change in SUMMER_TIME.values():
            machine.is_set_to(found, change - timedelta(seconds=5))
            found.bars_pass(5)
            found.more('"event": "poll"', 2)
        found.ends_as(undisturbed)
