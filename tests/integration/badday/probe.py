"""Asks `/healthz` all day long, and beside it a server that does nothing: what both are slow in is the machine's."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from tests.kit.waiting import PATIENCE_S
from tests.scenarios.stage import ROOT

PROMISED_S = 1.0
AS_SLOW = 20.0
"""So many times longer than the bare server a page may take that shares its processor and its priority."""
BESIDE_S = 5.0
"""Answers of the bare server within that time tell how busy the machine was."""
EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """``at``: when it was asked; ``took``: seconds; ``status``: None where none came."""

    at: float
    took: float
    status: int | None


class Prober:
    """From the first answer on every question must be answered; see :meth:`check`. A question waits for the one before.

    ``nicer``: by how much the page's priority is lower than ours.
    """

    def __init__(self, port: int, *, nicer: int) -> None:
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
        self._threads = [threading.Thread(target=self._ask, args=(p,)) for p in self._asked]
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
        """Of the daemon, from the first on."""
        found = list(self._asked[self.port])
        first = next((k for k, answer in enumerate(found) if answer.status), len(found))
        return found[first:]

    def check(self) -> str:
        """Fails unless each was answered well, within a second or as slowly as this machine answers anything; a summary."""
        answers = self.answers
        bare = [answer for answer in self._asked[self._bare] if answer.status]
        assert len(answers) > 10, "hardly asked"
        for answer in answers:
            beside = [
                b.took
                for b in bare
                if b.at <= answer.at + answer.took + BESIDE_S
                and answer.at <= b.at + b.took + BESIDE_S
            ]
            bound = PROMISED_S + AS_SLOW * max(beside, default=0.0)
            assert answer.status == 200, answer
            assert answer.took <= bound, (answer, bound)
        slowest = max(answer.took for answer in answers)
        peer = max(b.took for b in bare)
        return f"/healthz asked {len(answers)} times, slowest {slowest:.2f} s (bare {peer:.2f} s)"

    def _ask(self, port: int) -> None:
        while not self._over.is_set():
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
            self._asked[port].append(Answer(at, time.monotonic() - at, status))
            self._over.wait(EVERY_S)
