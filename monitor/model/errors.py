"""The error every failure of ours descends from: what failed, why, and what to do next."""

from typing import Any

SHOWN = 60
"""Characters that are shown of what somebody gave."""


class MonitorError(Exception):
    """A failure that a person can act on. ``remedy`` is what to type or change next, in one line.

    ``cause``: what it has in common with others that have the same reason in other words; by default the message.
    """

    def __init__(
        self, message: str, *, remedy: str | None = None, cause: str | None = None
    ) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.cause = cause or message

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is handed to another process, whatever its class is made from."""
        return _remade, (type(self), self.args, self.__dict__)


def _remade(
    kind: type[MonitorError], arguments: tuple[Any, ...], fields: dict[str, Any]
) -> MonitorError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(fields)
    return error


class ConfigError(MonitorError):
    """The configuration is wrong; ``problems`` holds every fault as ``file: key: found ..., expected ...``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems), remedy="monitor config check")
        self.problems = problems


class SchemaError(MonitorError):
    """The database's schema is older or newer than this program."""


def shortened(text: str) -> str:
    """What somebody gave, short enough to be shown again."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
