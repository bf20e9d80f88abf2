"""A whole daemon is short of descriptors or memory for a while."""

import os
import resource
from pathlib import Path

import pytest

from tests.integration.badday.day import day
from tests.integration.badday.history import file_copy

LOG_LINES = 600
"""Of both processes while nothing can be opened: a few of each kind a minute."""


def test_out_of_descriptors_it_says_so_at_a_bounded_rate_and_goes_on(
    history: Path, undisturbed: str, tmp_path: Path
) -> None:
    with day(tmp_path, file_copy(history, tmp_path)) as found:
        before = found.log.count("\n")
        usual = resource.getrlimit(resource.RLIMIT_NOFILE)
        for pid in (found.process.pid, *found.children()):
            highest = max(int(file.name) for file in Path(f"/proc/{pid}/fd").iterdir())
            room = 1 if pid == found.process.pid else 2  # the page answers one at a time
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + room, usual[1]))
        found.bars_pass(6)
        lines = found.log.count("\n") - before
        for pid in (found.process.pid, *found.children()):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
        print(f"\n{lines} lines of log")
        assert lines < LOG_LINES
        found.ends_with_each_well_as(undisturbed)


@pytest.mark.bad_day
def test_at_its_memory_limit_it_says_so_and_goes_on_or_a_restart_does(
    history: Path, undisturbed: str, tmp_path: Path
) -> None:
    """No more address space than it has. Libraries in C may end the process at that, as the kernel does at the limit of a
    control group; then its service manager starts it again."""
    with day(tmp_path, file_copy(history, tmp_path)) as found:
        usual = resource.getrlimit(resource.RLIMIT_AS)
        held = int(Path(f"/proc/{found.process.pid}/statm").read_text().split()[0])
        limit = held * resource.getpagesize()
        resource.prlimit(found.process.pid, resource.RLIMIT_AS, (limit, usual[1]))
        found.bars_pass(6)
        ended = found.process.poll()
        print(f"\nheld {limit >> 20} MB; {'went on' if ended is None else f'ended with {ended}'}")
        if ended is None:
            resource.prlimit(found.process.pid, resource.RLIMIT_AS, usual)
        else:
            assert found.log, "it said something"
            os.truncate(
                found.log_file, 0
            )  # an interpreter that dies for want of memory leaves tracebacks
            found.prober.end()
            found.restarted()
        found.ends_with_each_well_as(undisturbed)
