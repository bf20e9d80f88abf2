"""Where a setting comes from: the file, then the environment over it, then secrets by file."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from monitor.settings.tables import (
    AlertMailTable,
    AlertsTable,
    DatabaseTable,
    DetectionTable,
    EngineTable,
    ReportTable,
    ScheduleTable,
    SlackTable,
    SmtpTable,
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
    | {f"sources.{name}.api_key" for name in ("coingecko", "defillama", "dune", "sosovalue")}
)
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
_NAMED: dict[str, type[BaseModel]] = {"venues": VenueTable, "sources": SourceTable}

Data = dict[str, Any]


def read_file(path: Path) -> tuple[Data, list[str]]:
    """The file's tables, or what is wrong with the file as a whole."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except FileNotFoundError:
        return {}, [
            f"{path}: found no such file, expected a configuration (see config/monitor.toml)"
        ]
    except IsADirectoryError:
        return {}, [f"{path}: found a directory, expected a file"]
    except PermissionError:
        return {}, [f"{path}: found no permission to read it, expected a readable file"]
    except UnicodeDecodeError as error:
        return {}, [
            f"{path}: found a byte that is not UTF-8 at position {error.start}, expected UTF-8 text"
        ]
    except tomllib.TOMLDecodeError as error:
        return {}, [f"{path}: found what is not TOML ({error}), expected TOML"]


def secrets_in(data: Data, path: Path) -> list[str]:
    """A secret that stands in the file: named, never printed."""
    found = []
    for key in sorted(SECRETS):
        node: Any = data
        for part in key.split("."):
            node = node.get(part) if isinstance(node, dict) else None
        if node is not None:
            variable = variable_of(key)
            found.append(
                f"{path}: {key}: found a secret in the file, expected it in {variable} or {variable}_FILE"
            )
    return found


def variable_of(key: str) -> str:
    """The environment variable of a dotted key."""
    return PREFIX + "__".join(part.upper() for part in key.split("."))


def overlay(data: Data, environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Lay the environment's settings over ``data``, in place: (dotted key -> variable, faults)."""
    origins: dict[str, str] = {}
    faults: list[str] = []
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in GLOBALS:
            continue
        key, by_file = _key_of(variable, data)
        if key is None:
            faults.append(
                f"environment: {variable}: found an unknown setting, expected MONITOR_<SECTION>__<KEY>"
            )
            continue
        text = environ[variable]
        if by_file:
            try:
                text = Path(text).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                faults.append(
                    f"environment: {variable}: found a file that cannot be read, expected one that holds the secret"
                )
                continue
        _set(data, key, text if key in SECRETS else _value(text))
        origins[key] = variable
    return origins, faults


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
    if base != variable and known.get(base) in SECRETS:
        return known[base], True
    return None, False


def _settable(data: Data) -> Iterator[str]:
    for table, model in _PLAIN.items():
        for name, field in model.model_fields.items():
            if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
                yield f"{table}.{name}"
    for kind in ("bars", "steps", "tokens", "readings", "quarantine", "outbox"):
        yield f"schedule.retention.{kind}"
    for table, model in _NAMED.items():
        names = set(data.get(table, {})) | (
            {"coingecko", "defillama", "dune", "sosovalue"} if table == "sources" else set()
        )
        for name in names:
            yield from (f"{table}.{name}.{field}" for field in model.model_fields)


def _set(data: Data, key: str, value: Any) -> None:
    *tables, last = key.split(".")
    node = data
    for part in tables:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):  # the validation says what is wrong with it
            return
    node[last] = value


def _value(text: str) -> Any:
    """A TOML value where the text is one, else the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        pass
    try:
        return json.loads(text)
    except ValueError:
        return text
