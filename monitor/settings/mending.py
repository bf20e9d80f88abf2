"""What is left of a faulty configuration, so that the rules across keys can still be asked of it."""

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from monitor.settings.faults import own_faults, own_parts
from monitor.settings.tables import Tables

_STAND_INS: dict[str, Any] = {
    "sectors": [{"id": name, "name": name, "tokens": [name]} for name in ("a", "b")],
    "tokens": {},
}
"""For tables without a default; no rule is asked that reads them."""


def whole_part(data: dict[str, Any], error: ValidationError) -> tuple[Tables | None, set[str]]:
    """The tables without their unknown keys, a default in the place of each broken table, and the broken ones' names.

    An unknown key leaves its table whole. None where even that does not validate.
    """
    rest = copy.deepcopy(data)
    broken = set()
    for item, loc in _faults(error):
        if item["type"] == "extra_forbidden":
            _drop(rest, loc)
        else:
            broken.add(str(loc[0]))
    for name in broken:
        rest.pop(name, None)
        if name in _STAND_INS:
            rest[name] = _STAND_INS[name]
    try:
        return Tables.model_validate(rest), broken
    except ValidationError:
        return None, broken


def _faults(error: ValidationError) -> Iterator[tuple[Any, list[str | int]]]:
    for item in own_faults(error):
        yield item, own_parts(item["loc"])


def _drop(data: Any, loc: Sequence[str | int]) -> None:
    *way, last = loc
    node = data
    for part in way:
        node = node[part]
    node.pop(last, None)
