"""Every key of the configuration with its kind, default and variable, read from the tables' types."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from monitor.model.grid import format_duration
from monitor.settings.keys import KnownNames, table_in
from monitor.settings.sources import variable_of

REQUIRED = "required"
_KINDS = (
    (SecretStr, "secret"),
    (timedelta, "length of time"),
    (datetime, "time"),
    (date, "date"),
    (time, "hh:mm"),
    (bool, "true or false"),
    (int, "whole number"),
    (float, "number"),
    (str, "text"),
)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """``key``: with ``<id>`` where a name is the user's own and ``[]`` for each of a list. ``default``: as it is written in
    the file, ``required``, or empty for none. ``variable``: of the environment; empty where none may set it."""

    key: str
    kind: str
    default: str
    variable: str


def key_rows(model: type[BaseModel]) -> Iterator[KeyRow]:
    """In the order of the tables."""
    yield from _of_table(model, "", by_environment=True)


def _of_table(model: type[BaseModel], at: str, *, by_environment: bool) -> Iterator[KeyRow]:
    for attribute, field in model.model_fields.items():
        name = f"{at}.{field.alias or attribute}" if at else field.alias or attribute
        table, origin = table_in(field.annotation), get_origin(field.annotation)
        if table is None or origin is Literal:
            yield _row(field, name, by_environment=by_environment)
        elif origin is dict:
            known = _has_known_names(field)
            yield from _of_table(table, f"{name}.<id>", by_environment=by_environment and known)
        elif origin is list:
            yield from _of_table(table, f"{name}[]", by_environment=False)
        else:
            yield from _of_table(table, name, by_environment=by_environment)


def _has_known_names(field: FieldInfo) -> bool:
    names = get_args(field.annotation)[0]
    return get_origin(names) is Literal or any(isinstance(m, KnownNames) for m in field.metadata)


def _row(field: FieldInfo, key: str, *, by_environment: bool) -> KeyRow:
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):  # a default is the program's own, and no secret
        value = value.get_secret_value()
    default = REQUIRED if field.is_required() else _written(value)
    variable = variable_of(key) if by_environment else ""
    return KeyRow(key, _kind(field.annotation), default, variable)


def _kind(annotation: Any) -> str:
    """In words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        return _kind(annotation.__origin__)
    if origin is Literal:
        return " | ".join(map(str, inner))
    if origin is list:
        return f"list of {_kind(inner[0])}"
    if origin is dict:
        return f"table of {_kind(inner[1])}"
    if inner:  # a choice, of which None is no kind
        return " or ".join(dict.fromkeys(_kind(a) for a in inner if a is not type(None)))
    return next((word for kind, word in _KINDS if annotation is kind), "table")


def _written(value: Any) -> str:
    """As the file has it; a table as the environment takes it."""
    return "" if value is None else json.dumps(value, default=_plain)


def _plain(value: timedelta | time) -> str:
    return format_duration(value) if isinstance(value, timedelta) else f"{value:%H:%M}"
