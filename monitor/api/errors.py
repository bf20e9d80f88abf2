"""A question that cannot be answered as it was asked."""

from collections.abc import Sequence

from monitor.model.errors import MonitorError, shortened


class WrongQuestionError(MonitorError):
    """What was found in the question and what is expected there; ``status`` is HTTP's word for it."""

    def __init__(
        self, error: str, *, found: str, expected: str | Sequence[str], status: int = 400
    ) -> None:
        self.error = error
        self.found = shortened(found)
        self.expected = expected if isinstance(expected, str) else list(expected)
        self.status = status
        known = expected if isinstance(expected, str) else f"one of {', '.join(expected)}"
        super().__init__(f"{error}: found {self.found!r}, expected {known}")


class NotStoredError(MonitorError):
    """The question is right; what would answer it is not stored. ``remedy`` says what would answer it.

    ``status``: 503 where nothing is stored yet at all.
    """

    def __init__(self, error: str, *, expected: str, status: int = 404) -> None:
        super().__init__(error, remedy=expected)
        self.status = status
