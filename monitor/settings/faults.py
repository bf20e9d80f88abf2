"""Faults in people's words: ``file: key: found ..., expected ...``."""

import difflib
from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError

from monitor.settings.keys import annotation_at, holds_secret, key_text, table_in
from monitor.settings.tables import Tables

_EXPECTED = {
    "missing": "a value",
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "finite_number": "a finite number",
    "is_instance_of": "a text",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "time_delta_type": "a length of time such as '90s', '5m' or '7d'",
    "datetime_type": "a date or time such as 2025-01-19T05:00:00Z",
    "time_type": "a time of day such as 07:00",
}
_LENGTHS = {
    "too_short": ("min_length", "or more items"),
    "too_long": ("max_length", "or fewer items"),
    "string_too_short": ("min_length", "or more characters"),
    "string_too_long": ("max_length", "or fewer characters"),
}
_LONGEST = 80


def faults_of(error: ValidationError, path: Path, origins: Mapping[str, str]) -> list[str]:
    """Every fault of a failed validation, in the file's order; secrets are never printed."""
    lines: list[str] = []
    for item in own_faults(error):
        loc = own_parts(item["loc"])
        key = key_text(loc)
        place = f"environment: {origins[key]}" if key in origins else f"{path}: {key}"
        line = f"{place}: {_found(item, loc)}, {_expected(item, loc)}"
        if line not in lines:
            lines.append(line)
    return lines


def own_faults(error: ValidationError) -> list[Any]:
    """The validator's findings without those of a choice's branch that was not meant."""
    return [item for item in error.errors(include_url=False) if not _other_branch(item)]


def own_parts(loc: Sequence[str | int]) -> list[str | int]:
    """Without the names that the validator gives to the branches of a choice."""
    return [part for part in loc if part not in ("str", "MemberTable", "[key]")]


def _other_branch(item: Any) -> bool:
    """A member may be a text or a table: where it is a table, that it is no text is no fault of its own."""
    loc, given = item["loc"], item["input"]
    if "str" in loc and isinstance(given, dict):
        return True
    return "MemberTable" in loc and not isinstance(given, dict) and loc[-1] == "MemberTable"


def _found(item: Any, loc: Sequence[str | int]) -> str:
    if item["type"] == "missing":
        return "found nothing"
    if item["type"] == "extra_forbidden":
        return "found an unknown key"
    # A table that holds a secret counts: what stands in its place may be one. The name of a table is none.
    if item["loc"][-1] != "[key]" and holds_secret(annotation_at(Tables, loc)):
        return "found ***"
    given = item["input"]
    # a TOML date prints as it is written, not as the program's constructor call
    text = str(given) if isinstance(given, date | time) else repr(given)
    return f"found {text if len(text) <= _LONGEST else text[:_LONGEST] + '...'}"


def _expected(item: Any, loc: list[str | int]) -> str:
    kind = item["type"]
    if kind == "extra_forbidden":
        return _nearest(loc)
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}"
    if kind in _LENGTHS:
        bound, words = _LENGTHS[kind]
        return f"expected {item['ctx'][bound]} {words}"
    message = str(item["msg"])
    if "expected " in message:
        return message[message.index("expected ") :]
    for opening in ("Input should be ", "Input should have ", "Value error, "):
        message = message.removeprefix(opening)
    return f"expected {message[:1].lower()}{message[1:]}"


def _nearest(loc: list[str | int]) -> str:
    names = _names_at(loc[:-1])
    near = difflib.get_close_matches(str(loc[-1]), names, n=1, cutoff=0.4)
    if near:
        return f"expected {near[0]!r}?"
    return f"expected one of {', '.join(names)}" if names else "expected none here"


def _names_at(loc: list[str | int]) -> list[str]:
    """Keys that the table at this place may have."""
    kind = annotation_at(Tables, loc) if loc else Tables
    table = table_in(kind) if get_origin(kind) is not dict else None
    if table is None:
        return []
    return sorted(field.alias or name for name, field in table.model_fields.items())
