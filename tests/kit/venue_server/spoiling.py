"""Random damage to a venue's answers: to the JSON tree, to its text, to headers and status. By a seed, so that it repeats."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.kit.venue_server.wire import Answer

Tree = Any
Place = tuple[Any, Any]  # a list or object of the tree, and the index or name in it

ODD_VALUES: tuple[Tree, ...] = (
    None, True, False, "", " ", "n/a", "NaN", "Infinity", "-Infinity", "null", "0x1F", "1e400", "1,5", "1_000", "\u0661",
    -1, -0.0, "-1", 1e18, 1e300, 1.7e308, "9" * 400, 10**400, -(10**30), 2**63, [], {}, [[]], [None], {"a": None},
    "<html>", "\x00", "x" * 5000, "2025-01-20T12:00:00Z", float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
"""What takes a value's place: nothing that a venue could mean by it."""
ODD_HEADERS = (
    ("Retry-After", ("nan", "inf", "-1", "0", "1e999", "9" * 60, "soon", "", "Wed, 99 Foo 2025", "\u0663")),
    ("Content-Type", ("text/html", "application/octet-stream", "image/png", "application/json; charset=utf-7", ";;;")),
    ("Content-Encoding", ("gzip", "br", "deflate", "nonsense")),
    ("Date", ("never", "Thu, 01 Jan 1970 00:00:00 GMT")),
    ("Set-Cookie", ("=;;;", "a=" + "b" * 3000)),
    ("X-MBX-USED-WEIGHT-1M", ("nan", "-5", "9" * 50)),
    ("X-Bapi-Limit-Reset-Timestamp", ("nan", "-1", "9" * 13, "9" * 40, "1.5")),
    ("X-RateLimit-Remaining", ("nan", "-1", "x")),
    ("Location", ("http://127.0.0.1:9/elsewhere", "/")),
)  # fmt: skip
STATUSES = (201, 204, 206, 300, 304, 400, 401, 403, 404, 409, 418, 422, 429, 451, 500, 502, 503, 504, 520, 599)  # fmt: skip
FAR_APART = 2.0
"""Neighbours change places only where they differ by this factor: an open for a close of the same bar tells nobody anything."""
TIMES = (1e3, 1e6, 1e12)


class Spoiler:
    """Damages about ``share`` of the answers, each in one to three ways. ``done`` counts the damage by kind."""

    def __init__(self, seed: int, *, share: float = 0.7) -> None:
        self._draw = random.Random(seed)
        self._share = share
        self.done: dict[str, int] = {}
        self.words: list[str] = []

    def __call__(self, endpoint: str, answer: Answer) -> Answer:
        """The answer, damaged or as it was."""
        if self._draw.random() >= self._share:
            return answer
        if isinstance(answer.body, str):
            return self._in_text(answer, endpoint)
        kind = self._draw.choices((self._in_tree, self._in_text, self._in_headers, self._in_status), (6, 2, 2, 1))[0]  # fmt: skip
        return kind(answer, endpoint)

    def _note(self, endpoint: str, kind: str, words: str = "") -> None:
        self.done[kind] = self.done.get(kind, 0) + 1
        self.words.append(f"{endpoint}: {kind} {words[:200]}")

    def _in_tree(self, answer: Answer, endpoint: str) -> Answer:
        body = json.loads(json.dumps(answer.body))
        for _ in range(self._draw.randint(1, 3)):
            places = list(_places(body))
            if not places:
                break
            where = self._draw.choice(places)
            kinds: tuple[Callable[[Place, random.Random], str], ...] = (_replaced, _removed, _doubled, _swapped, _times, _other_type)  # fmt: skip
            change = self._draw.choice(kinds)
            words = change(where, self._draw)
            if words:
                self._note(endpoint, change.__name__.strip("_"), words)
        return replace(answer, body=_text(body))

    def _in_text(self, answer: Answer, endpoint: str) -> Answer:
        whole = answer.body if isinstance(answer.body, str) else _text(answer.body)
        cut = self._draw.randrange(len(whole) + 1)
        kind, text = self._draw.choice([
            ("cut", whole[:cut]),
            ("twice", whole + whole),
            ("tail", whole + "<!-- edge -->"),
            ("mark", "\ufeff" + whole),
            ("bare", "NaN"),
            ("quoted", json.dumps(whole)),
            ("padded", " " * 10_000 + whole),
            ("deep", "[" * 50_000),
        ])  # fmt: skip
        self._note(endpoint, kind)
        return replace(answer, body=text)

    def _in_headers(self, answer: Answer, endpoint: str) -> Answer:
        name, values = self._draw.choice(ODD_HEADERS)
        value = self._draw.choice(values)
        self._note(endpoint, "header", f"{name}: {value}")
        status = answer.status if self._draw.random() < 0.6 else self._draw.choice(STATUSES)
        return replace(answer, headers={**answer.headers, name: value}, status=status)

    def _in_status(self, answer: Answer, endpoint: str) -> Answer:
        status = self._draw.choice(STATUSES)
        self._note(endpoint, "status", str(status))
        return replace(answer, status=status)


def _text(body: Tree) -> str:
    """Numbers without end print as NaN and Infinity, as careless servers print them."""
    return json.dumps(body, separators=(",", ":"))


def _places(tree: Tree) -> Iterator[Place]:
    """Every value of the tree that stands in a list or object."""
    items: Iterator[tuple[Any, Tree]] = iter(())
    if isinstance(tree, dict):
        items = iter(tree.items())
    elif isinstance(tree, list):
        items = iter(enumerate(tree))
    for name, value in list(items):
        yield tree, name
        yield from _places(value)


def _replaced(place: Place, draw: random.Random) -> str:
    inside, name = place
    before, inside[name] = inside[name], draw.choice(ODD_VALUES)
    return f"{name}: {str(before)[:80]} -> {str(inside[name])[:80]}"


def _removed(place: Place, _draw: random.Random) -> str:
    inside, name = place
    return f"{name}: {str(inside.pop(name))[:80]}"


def _doubled(place: Place, draw: random.Random) -> str:
    """An item once more, or a value under a name of its own."""
    inside, name = place
    if isinstance(inside, list):
        value = inside[name]
        if not isinstance(value, list | dict):
            return (
                ""  # every cell behind it would move by one: that is removed and swapped together
            )
        inside.insert(draw.randint(0, len(inside)), json.loads(json.dumps(value)))
    else:
        inside[f"{name}2"] = inside[name]
    return str(name)


def _swapped(place: Place, draw: random.Random) -> str:
    inside, name = place
    names = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
    other = draw.choice(names)
    if not _differ(inside[name], inside[other]):
        return ""
    inside[name], inside[other] = inside[other], inside[name]
    return f"{name} and {other}"


def _times(place: Place, draw: random.Random) -> str:
    inside, name = place
    number = _number(inside[name])
    if number is None:
        return ""
    grown = number * draw.choice(TIMES)
    inside[name] = repr(grown) if isinstance(inside[name], str) else grown
    return f"{name}: {number} -> {grown}"


def _other_type(place: Place, _draw: random.Random) -> str:
    """A number for a text of it, a text for a number: the same figure, to be read or refused."""
    inside, name = place
    number = _number(inside[name])
    if number is None:
        inside[name] = [inside[name]]
    else:
        inside[name] = number if isinstance(inside[name], str) else str(inside[name])
    return str(name)


def _number(value: Tree) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _differ(one: Tree, other: Tree) -> bool:
    a, b = _number(one), _number(other)
    if a is None or b is None:
        return bool(one != other)
    low, high = sorted((abs(a), abs(b)))
    return high > FAR_APART * low
