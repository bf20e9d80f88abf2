"""Where a setting comes from: the file, then the environment over it, then secrets by file."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from monitor.settings.keys import Key, keys_of
from monitor.settings.tables import Tables

PREFIX = "MONITOR_"
GLOBALS = frozenset({"MONITOR_CONFIG", "MONITOR_LOG_LEVEL", "MONITOR_LOG_FORMAT"})
Data = dict[str, Any]
DEEPEST = 20
"""Levels of tables and lists; no key lies half as deep."""
_TOO_DEEP = f"found tables or lists more than {DEEPEST} deep in each other, expected a few levels"


def read_file(path: Path) -> tuple[Data, list[str]]:
    """The file's tables, or what is wrong with the file as a whole. A byte order mark before them is no part of them."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
        if _is_shallow(data):
            return data, []
        fault = _TOO_DEEP
    except UnicodeDecodeError as error:
        fault = f"found a byte that is not UTF-8 at position {error.start}, expected UTF-8 text"
    except tomllib.TOMLDecodeError as error:
        fault = _no_toml(text, str(error))
    except RecursionError:
        fault = _TOO_DEEP
    except ValueError as error:  # a number or time that is TOML by its form and beyond every bound
        fault = f"found a value that cannot be read ({str(error).split(';')[0]}), expected TOML"
    except OSError as error:
        fault = _unreadable(error)
    return {}, [f"{path}: {fault}"]


def _is_shallow(data: Data) -> bool:
    """Whether nothing stands deeper than a configuration goes; found without going there by recursion."""
    level: list[Any] = [data]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return not level


def _no_toml(text: str, error: str) -> str:
    """What the reader of TOML says; it names no key that stands twice, so that is looked up."""
    place = re.search(r"\(at line (?P<line>\d+), column \d+\)", error)
    if place is None or not error.startswith(("Cannot overwrite", "Cannot declare")):
        return f"found what is not TOML ({error}), expected TOML"
    lines = text.splitlines()[: int(place["line"])]
    last = next((line for line in reversed(lines) if line.strip()), "").strip()
    if last.startswith("["):
        return f"found the table {last.partition(']')[0].strip('[] ')} twice {place.group()}, expected it once"
    table = next((line.strip() for line in reversed(lines) if line.strip().startswith("[")), "")
    key = ".".join(
        filter(None, (table.partition("]")[0].strip("[] "), last.partition("=")[0].strip()))
    )
    return f"found {key} twice {place.group()}, expected it once"


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
    secret = (key for key in keys_of(Tables, data) if key.is_secret)
    for key in sorted(secret, key=lambda k: k.text):
        holder = _holder(data, key)
        if holder is None:
            continue
        if key.in_file is not None and key.in_file.allowed(str(holder[key.path[-1]])):
            continue
        del holder[key.path[-1]]
        what = key.in_file.what if key.in_file is not None else "a secret"
        place = "in the environment"
        if key.by_environment:
            place = f"in {variable_of(key.text)} or {variable_of(key.text)}_FILE"
        found.append(f"{path}: {key.text}: found {what} in the file, expected it {place}")
    return found


def _holder(data: Data, key: Key) -> Any:
    """The table in which the key stands; None where it does not."""
    node: Any = data
    for part in key.path[:-1]:
        if isinstance(node, dict):
            node = node.get(str(part))
        elif isinstance(node, list) and isinstance(part, int):
            node = node[part]
        else:
            return None
    return node if isinstance(node, dict) and key.path[-1] in node else None


def variable_of(key: str) -> str:
    """The environment variable of a dotted key."""
    return PREFIX + "__".join(part.upper() for part in key.split("."))


def overlay(data: Data, environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Lay the environment's settings over ``data``, in place: (dotted key -> variable, faults)."""
    origins: dict[str, str] = {}
    faults: list[str] = []
    ours = sorted(v for v in environ if v.startswith(PREFIX) and v not in GLOBALS)
    if not ours:
        return origins, faults
    known = {variable_of(key.text): key for key in keys_of(Tables, data) if key.by_environment}
    for variable in ours:
        key, by_file = _key_of(variable, known)
        if key is None:
            faults.append(
                f"environment: {variable}: found an unknown setting, {_near(variable, known)}"
            )
            continue
        text: str | None = environ[variable]
        if by_file:
            text, fault = _held(variable, environ)
            faults += fault
        if text is None:
            continue
        _set(data, key.path, text if key.is_text else _value(text))
        origins[key.text] = variable
    return origins, faults


def _held(variable: str, environ: Mapping[str, str]) -> tuple[str | None, list[str]]:
    """What the file that the variable names holds; None and the fault where that cannot count."""
    plain = variable.removesuffix("_FILE")
    if plain in environ:
        return None, [f"environment: {variable}: found beside {plain}, expected one of the two"]
    try:
        return Path(environ[variable]).read_text(encoding="utf-8-sig").strip(), []
    except (OSError, UnicodeDecodeError):
        fault = "found a file that cannot be read, expected one that holds the secret"
        return None, [f"environment: {variable}: {fault}"]


def given_keys(data: Data) -> Iterator[str]:
    """Dotted keys of every scalar or list in the tables that are no list."""
    for name, value in data.items():
        if isinstance(value, dict):
            yield from (f"{name}.{inner}" for inner in given_keys(value))
        else:
            yield name


def _key_of(variable: str, known: Mapping[str, Key]) -> tuple[Key | None, bool]:
    """The key that a variable names, and whether it names a file that holds a secret."""
    if variable in known:
        return known[variable], False
    base = known.get(variable.removesuffix("_FILE"))
    if base is not None and variable.endswith("_FILE") and base.is_secret:
        return base, True
    return None, False


def _near(variable: str, known: Mapping[str, Key]) -> str:
    near = difflib.get_close_matches(variable, known, n=1, cutoff=0.8)
    return f"expected {near[0]}?" if near else "expected MONITOR_<SECTION>__<KEY>"


def _set(data: Data, path: Sequence[str | int], value: Any) -> None:
    *tables, last = map(str, path)
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
