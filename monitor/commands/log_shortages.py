"""What the machine is short of is logged in a line of words; a traceback, which names whoever asked last, is left out."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

from monitor.shortages import shortage


def of_ours(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor that comes before whatever formats exceptions."""
    found = event.get("exc_info")
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException) and (words := shortage(error)):
        del event["exc_info"]
        event["why"] = words
    return event


def of_libraries(record: logging.LogRecord) -> bool:
    """A filter of the standard library's handlers; it lets everything pass."""
    words = shortage(record.exc_info[1]) if record.exc_info else None
    if words:
        first = record.getMessage().partition("\n")[0]
        record.msg, record.args = f"{first}: {words}", ()
        record.exc_info = record.exc_text = None
    return True
