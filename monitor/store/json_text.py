"""JSON columns as text: the shortest form, no NaN, keys in their order."""

import json
from typing import Any


def dump(value: Any) -> str:
    """One line of JSON; raises ValueError for NaN or an infinity."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def load(text: str) -> Any:
    """The value again."""
    return json.loads(text)
