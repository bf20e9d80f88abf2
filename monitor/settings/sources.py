"""Where a setting comes from: the file, then the environment over it, then secrets by file."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from monitor.settings.tables import (
    VENUES,
    AlertMailTable,
    AlertsTable,
    DatabaseTable,
    DetectionTable,
    EngineTable,
    ReportTable,
    RetentionKind,
    ScheduleTable,
    SlackTable,
    SmtpTable,
    SourceName,
    SourceTable,
    VenueTable,
    WebTable,
)

PREFIX = "MONITOR_"
GLOBALS = frozenset({"MONITOR_CONFIG", "MONITOR_LOG_LEVEL", "MONITOR_LOG_FORMAT"})
SECRETS = frozenset(
    {
        "alerts.slack.webhook",
        "alerts.slack.operator_webhook",
        "alerts.slack.bot_token",
        "smtp.password",
        "web.token",
    }
    | {f"sources.{name}.api_key" for name in get_args(SourceName)}
)
PRIVATE = SECRETS | {"database.url"}
"""Never printed in a fault; each may stand in a file that ``<KEY>_FILE`` names."""
_PASSWORD = re.compile(r"(?P<scheme>[a-z0-9+.-]+://[^:/@\s]*):[^@/\s]*@", re.IGNORECASE)
_PLAIN: dict[str, type[BaseModel]] = {
    "engine": EngineTable,
    "database": DatabaseTable,
    "schedule": ScheduleTable,
    "detection": DetectionTable,
    "alerts": AlertsTable,
    "alerts.slack": SlackTable,
    "alerts.email": AlertMailTable,
    "report": ReportTable,
    "smtp": SmtpTable,
    "web": WebTable,
}
_NAMED: dict[str, tuple[type[BaseModel], tuple[str, ...]]] = {
    "venues": (VenueTable, VENUES),
    "sources": (SourceTable, get_args(SourceName)),
}

Data = dict[str, Any]


def read_file(path: Path) -> tuple[Data, list[str]]:
    """The file's tables, or what is wrong with the file as a whole."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except UnicodeDecodeError as error:
        fault = f"found a byte that is not UTF-8 at position {error.start}, expected UTF-8 text"
    except tomllib.TOMLDecodeError as error:
        fault = f"found what is not TOML ({error}), expected TOML"
    except OSError as error:
        fault = _unreadable(error)
    return {}, [f"{path}: {fault}"]


def _unreadable(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "found no such file, expected a configuration (see config/monitor.toml)"
        case IsADirectoryError():
            return "found a directory, expected a file"
        case PermissionError():
            return "found no permission to read it, expected a readable file"
    return f"found no way to read it ({error.strerror}), expected a readable file"


def take_secrets(data: Data, path: Path) -> list[str]:
    """Take secrets out of the file's tables: each is a fault that names its key and never its value."""
    found = []
    for key in sorted(PRIVATE):
        *tables, last = key.split(".")
        node: Any = data
        for part in tables:
            node = node.get(part) if isinstance(node, dict) else None
        if not isinstance(node, dict) or last not in node:
            continue
        if key in SECRETS or masked(str(node[last])) != str(node[last]):
            del node[last]
            what = "a secret" if key in SECRETS else "a password"
            variable = variable_of(key)
            found.append(
                f"{path}: {key}: found {what} in the file, expected it in {variable} or {variable}_FILE"
            )
    return found


def masked(text: str) -> str:
    """A URL without its password."""
    return _PASSWORD.sub(r"\g<scheme>:***@", text)


def variable_of(key: str) -> str:
    """The environment variable of a dotted key."""
    return PREFIX + "__".join(part.upper() for part in key.split("."))


def overlay(data: Data, environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Lay the environment's settings over ``data``, in place: (dotted key -> variable, faults)."""
    origins: dict[str, str] = {}
    faults: list[str] = []
    texts = {key for key, is_text in _settable(data).items() if is_text}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in GLOBALS:
            continue
        key, by_file = _key_of(variable, data)
        if key is None:
            faults.append(
                f"environment: {variable}: found an unknown setting, {_near(variable, data)}"
            )
            continue
        text: str | None = environ[variable]
        if by_file:
            text, fault = _held(variable, environ)
            faults += fault
        if text is None:
            continue
        _set(data, key, text if key in PRIVATE or key in texts else _value(text))
        origins[key] = variable
    return origins, faults


def _held(variable: str, environ: Mapping[str, str]) -> tuple[str | None, list[str]]:
    """What the file that the variable names holds; None and the fault where that cannot count."""
    plain = variable.removesuffix("_FILE")
    if plain in environ:
        return None, [f"environment: {variable}: found beside {plain}, expected one of the two"]
    try:
        return Path(environ[variable]).read_text(encoding="utf-8").strip(), []
    except (OSError, UnicodeDecodeError):
        fault = "found a file that cannot be read, expected one that holds the secret"
        return None, [f"environment: {variable}: {fault}"]


def keys_of(data: Data) -> Iterator[str]:
    """Dotted keys of every scalar or list in the tables that are no list."""
    for name, value in data.items():
        if isinstance(value, dict):
            yield from (f"{name}.{inner}" for inner in keys_of(value))
        else:
            yield name


def _key_of(variable: str, data: Data) -> tuple[str | None, bool]:
    """The dotted key that a variable names, and whether it names a file that holds it."""
    known = {variable_of(key): key for key in _settable(data)}
    if variable in known:
        return known[variable], False
    base = variable.removesuffix("_FILE")
    if base != variable and known.get(base) in PRIVATE:
        return known[base], True
    return None, False


def _near(variable: str, data: Data) -> str:
    known = [variable_of(key) for key in _settable(data)]
    near = difflib.get_close_matches(variable, known, n=1, cutoff=0.8)
    return f"expected {near[0]}?" if near else "expected MONITOR_<SECTION>__<KEY>"


def _settable(data: Data) -> dict[str, bool]:
    """Dotted keys that the environment may set -> whether the value is a text, to be taken as it stands."""
    keys: dict[str, bool] = {}
    for table, model in _PLAIN.items():
        keys |= _keys_in(table, model)
    keys |= dict.fromkeys((f"schedule.retention.{kind}" for kind in get_args(RetentionKind)), False)
    for table, (model, names) in _NAMED.items():
        given = data.get(table)
        for name in sorted({*names, *(given if isinstance(given, dict) else ())}):
            keys |= _keys_in(f"{table}.{name}", model)
    return keys


def _keys_in(table: str, model: type[BaseModel]) -> dict[str, bool]:
    return {
        f"{table}.{name}": _may_be_text(field.annotation)
        for name, field in model.model_fields.items()
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
    }


def _may_be_text(annotation: Any) -> bool:
    """A text, perhaps a checked or an absent one; lengths of time and choices are read as texts anyway."""
    if get_origin(annotation) in (list, dict):
        return False
    return annotation is str or any(_may_be_text(inner) for inner in get_args(annotation))


def _set(data: Data, key: str, value: Any) -> None:
    *tables, last = key.split(".")
    node = data
    for part in tables:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):  # the validation says what is wrong with it
            return
    node[last] = value


def _value(text: str) -> Any:
    """A TOML value where the text is one, else the text itself; True and False as shells write them."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        pass
    try:
        return json.loads(text)
    except ValueError:
        return text
