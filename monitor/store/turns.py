"""A lock whose waiters get it in the order in which they came.

``threading.Lock`` gives no such promise: a thread that releases it and takes it again at once, as a long catch-up does,
keeps everybody else waiting for as long as it goes on.
"""

import threading
from collections import deque


class Turns:
    """Held by one thread at a time. Not to be taken twice by the same one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def acquire(self, timeout_s: float) -> bool:
        """Wait for our turn; False where it did not come in time."""
        with self._lock:
            if not self._held:
                self._held = True
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(timeout_s):
            return True
        with self._lock:
            if mine.is_set():  # it came as the time ran out
                return True
            self._waiting.remove(mine)
            return False

    def release(self) -> None:
        """Hand it to whoever has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False
