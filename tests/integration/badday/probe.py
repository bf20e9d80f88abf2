"""Asks `/healthz` all day long, and beside it a server that does nothing: what both are slow in is the machine's."""

import subprocess
import sys
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from tests.kit.cores import waited_s
from tests.kit.waiting import PATIENCE_S
from tests.scenarios.stage import ROOT

PROMISED_S = 1.0
AS_SLOW = 20.0
"""So many times longer than the bare server a page may take that shares its processor and its priority."""
BESIDE_S = 5.0
"""Answers of the bare server within that time tell how busy the machine was."""
EVERY_S = 0.1
ENOUGH = 10
"""Answers that a day is judged by."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``at``: when it was asked; ``took``: seconds, without those that its process waited for a core; ``status``: None where
    none came."""

    at: float
    took: float
    status: int | None


class Prober:
    """After the first answer every question must be answered; see :meth:`check`. A question waits for the one before.

    ``nicer``: by how much the page's priority is lower than ours. ``served_by``: the page's processes as of now.
    """

    def __init__(self, port: int, served_by: Callable[[], list[int]], *, nicer: int) -> None:
        self.port = port
        self._peer = subprocess.Popen(
            [sys.executable, "-m", "tests.kit.bare_answers", "--nicer", str(nicer)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._peer.stdout is not None
        bare = int(self._peer.stdout.readline())
        self._asked: dict[int, list[Answer]] = {port: [], bare: []}
        self._bare = bare
        self._over = threading.Event()
        asks = {port: served_by, bare: lambda: [self._peer.pid]}
        self._threads = [threading.Thread(target=self._ask, args=each) for each in asks.items()]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Ask no more; harmless when it has ended."""
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        if self._peer.returncode is None:
            self._peer.communicate(timeout=PATIENCE_S)

    @property
    def answers(self) -> list[Answer]:
        """Of the daemon, after the first: that one waited for the page's start, whose connections the daemon takes."""
        found = list(self._asked[self.port])
        first = next((k for k, answer in enumerate(found) if answer.status), len(found))
        return found[first + 1 :]

    def check(self) -> str:
        """Fails unless each was answered well, within a second or as slowly as this machine answers anything; a summary."""
        answers = self.answers
        bare = [answer for answer in self._asked[self._bare] if answer.status]
        assert len(answers) > ENOUGH, "hardly asked"
        begins = [b.at for b in bare]
        longest = max((b.took for b in bare), default=0.0)
        for answer in answers:
            first = bisect_left(begins, answer.at - BESIDE_S - longest)
            last = bisect_right(begins, answer.at + answer.took + BESIDE_S)
            beside = [b.took for b in bare[first:last] if answer.at <= b.at + b.took + BESIDE_S]
            bound = PROMISED_S + AS_SLOW * max(beside, default=0.0)
            assert answer.status == 200, answer
            assert answer.took <= bound, (answer, bound)
        slowest = max(answer.took for answer in answers)
        peer = max(b.took for b in bare)
        return f"/healthz asked {len(answers)} times, slowest {slowest:.2f} s (bare {peer:.2f} s)"

    def _ask(self, port: int, served_by: Callable[[], list[int]]) -> None:
        while not self._over.is_set():
            before = {pid: waited_s(pid) for pid in served_by()}
            at = time.monotonic()
            status = None
            connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            try:
                connection.request("GET", "/healthz")
                status = connection.getresponse().status
            except (OSError, HTTPException):
                pass
            finally:
                connection.close()
            took = time.monotonic() - at
            waited = sum(max(0.0, waited_s(pid) - since) for pid, since in before.items())
            self._asked[port].append(Answer(at, max(0.0, took - waited), status))
            self._over.wait(EVERY_S)
