"""The configuration's keys, read from the types of its tables: what the environment may set, and what is secret."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from monitor.settings.fields import InFile

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Beside the type of a mapping of tables: names that the environment may set without a table in the file."""

    names: Callable[[], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Key:
    """One key that holds a value. ``by_environment``: whether a variable of its name may set it."""

    path: Path
    annotation: Any
    in_file: InFile | None
    by_environment: bool

    @property
    def text(self) -> str:
        """``sectors[0].tokens[2]``."""
        return key_text(self.path)

    @property
    def is_secret(self) -> bool:
        """Never printed, and never in the configuration's file unless its type says when."""
        return holds_secret(self.annotation)

    @property
    def is_text(self) -> bool:
        """A text, perhaps a checked or an absent one; lengths of time and choices are read as texts anyway."""
        return _may_be_text(self.annotation)


def key_text(path: Sequence[str | int]) -> str:
    """``sectors[0].tokens[2]`` of a path."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def keys_of(model: type[BaseModel], data: Any = None) -> Iterator[Key]:
    """Every key of a table and of the tables in it: for names that the types do not know, those that ``data`` has."""
    yield from _in_table(model, data, (), by_environment=True)


def holds_secret(annotation: Any) -> bool:
    """Whether a secret stands anywhere in a type: in a choice, a list, or a table inside it."""
    if annotation is SecretStr:
        return True
    if _is_table(annotation):
        return any(holds_secret(field.annotation) for field in annotation.model_fields.values())
    return any(holds_secret(inner) for inner in get_args(annotation))


def annotation_at(model: type[BaseModel], path: Sequence[str | int]) -> Any:
    """The type of what stands at a path; None where the types know no such key."""
    found: Any = model
    for part in path:
        if isinstance(part, int):
            found = next(iter(get_args(found)), None) if get_origin(found) is list else found
        elif get_origin(found) is dict:
            found = get_args(found)[1]
        else:
            table = table_in(found)
            field = _field(table, part) if table is not None else None
            found = field.annotation if field is not None else None
        found = _plain(found)
    return found


def table_in(annotation: Any) -> type[BaseModel] | None:
    """The table inside a list, mapping or choice."""
    if _is_table(annotation):
        table: type[BaseModel] = annotation
        return table
    return next((t for t in map(table_in, get_args(annotation)) if t is not None), None)


def _in_table(
    model: type[BaseModel], data: Any, at: Path, *, by_environment: bool
) -> Iterator[Key]:
    given = data if isinstance(data, Mapping) else {}
    for attribute, field in model.model_fields.items():
        name = field.alias or attribute
        path, inner = (*at, name), given.get(name)
        yield from _in_field(field, inner, path, by_environment=by_environment)


def _in_field(field: FieldInfo, data: Any, path: Path, *, by_environment: bool) -> Iterator[Key]:
    annotation, table = field.annotation, table_in(field.annotation)
    kind = get_origin(annotation)
    if kind is dict:
        names, known = _names(field, data)
        value = _plain(get_args(annotation)[1])
        for name in names:
            inside = data.get(name) if isinstance(data, Mapping) else None
            if table is not None:
                yield from _in_table(
                    table, inside, (*path, name), by_environment=by_environment and known
                )
            else:
                yield Key((*path, name), value, None, by_environment and known)
        if table is not None:
            return
    elif table is not None and kind is list:
        for i, inside in enumerate(data if isinstance(data, list) else ()):
            yield from _in_table(table, inside, (*path, i), by_environment=False)
        return
    elif table is not None:
        yield from _in_table(table, data, path, by_environment=by_environment)
        return
    in_file = next((m for m in field.metadata if isinstance(m, InFile)), None)
    yield Key(path, annotation, in_file, by_environment)


def _names(field: FieldInfo, data: Any) -> tuple[list[str], bool]:
    """Names in a mapping, those of the types first; and whether the types know any."""
    names = _plain(get_args(field.annotation)[0])
    marks = [m.names() for m in field.metadata if isinstance(m, KnownNames)]
    known = get_args(names) if get_origin(names) is Literal else tuple(n for m in marks for n in m)
    given = [name for name in data if name not in known] if isinstance(data, Mapping) else []
    return [*known, *given], bool(known)


def _field(table: type[BaseModel], name: str) -> FieldInfo | None:
    fields = table.model_fields
    return next((f for n, f in fields.items() if name == (f.alias or n)), None)


def _plain(annotation: Any) -> Any:
    """Without what is annotated beside it."""
    return annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _may_be_text(annotation: Any) -> bool:
    if get_origin(annotation) in (list, dict):
        return False
    return annotation in (str, SecretStr) or any(map(_may_be_text, get_args(annotation)))
