"""Configurations that are odd but may well be legal: every key with every odd value of its kind, and several at once."""

import json
import random
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from monitor.settings.reference import KeyRow, key_rows
from monitor.settings.tables import Tables

NOWHERE = "http://127.0.0.1:9"
"""An address on this machine at which nobody answers."""
VARIABLES = {
    "MONITOR_ALERTS__SLACK__WEBHOOK": f"{NOWHERE}/slack",
    "MONITOR_ALERTS__SLACK__OPERATOR_WEBHOOK": f"{NOWHERE}/operator",
    "MONITOR_ALERTS__WEBHOOK__URL": f"{NOWHERE}/hook",
    "MONITOR_ALERTS__WEBHOOK__SECRET": "0123456789abcdef0123456789abcdef",
    "MONITOR_HEARTBEAT__URL": f"{NOWHERE}/ping",
    "MONITOR_SMTP__PASSWORD": "letmein",
}
CHANGED_ELSEWHERE = {"database.url"}
"""What a run in this process cannot take: it has its own database. Real processes try it."""
ADDRESSES = [
    NOWHERE,
    "http://[::1",
    "http://[::1]:9/",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:0",
    "http://127.0.0.1:9/a b",
    "http://@127.0.0.1:9",
    "http://u:p@127.0.0.1:9",
    "http://127.0.0.1:nine",
    "http://127.0.0.1:9?x=1#y",
    "http://.127.0.0.1",
    "http://" + "a" * 300,
    "ftp://127.0.0.1",
    "HTTP://127.0.0.1:9",
    "http://127.0.0.1:9/" + "x" * 3000,
    "http://127.0.0.1:9/\x00",
    "http://\u2603.localhost:9",
    "http://xn--.localhost:9",
]
TEXTS = [
    "",
    " ",
    "x",
    "\x00",
    "a\x00b",
    "a\nb",
    "\u202egnirts",
    "\ufeffBOM",
    "<b>&amp;</b>",
    "{{ 7 * 7 }}",
    "%s %(x)s {0}",
    "*" * 300,
    "W" * 5000,
    "'; DROP TABLE bar; --",
    "日本語",
    "nul",
    "a/b/c",
    "../../etc",
    "-",
    "1",
    "True",
]
LENGTHS = [
    "1s",
    "0.000001s",
    "0.4s",
    "1m",
    "59s",
    "7m",
    "1h",
    "31d",
    "365d",
    "36500d",
    "800000d",
    "99999999d",
    "999999999d",
    "0s",
    "-5m",
    "1w",
]
NUMBERS = [
    0.0,
    -1.0,
    1e-300,
    5e-324,
    1e-9,
    0.5,
    0.999999,
    1.0,
    2.4,
    100.0,
    1e9,
    1e18,
    1e300,
    1.7e308,
    float("nan"),
    float("inf"),
]
COUNTS = [0, -1, 1, 2, 65_535, 65_536, 2**31, 2**63, 2**64, 10**30]
MOMENTS = [
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31",
    "9999-12-31T23:59:59-12:00",
    "1969-12-31",
    "2025-01-20T12:00:00.000001Z",
    "2025-01-20T11:57:00Z",
    "2030-02-28",
    "2024-02-29",
    "2025-01-20T12:00:00",
]
TIMES = ["00:00", "23:59", "23:59:59.999999", "24:00", "02:30", "7:00", "07:00+02:00"]


@dataclass(frozen=True)
class Tried:
    """A configuration by what is odd about it; the file's text and the environment's variables."""

    name: str
    text: str
    environ: Mapping[str, str] = field(default_factory=dict)


def base(urls: Mapping[str, str]) -> dict[str, Any]:
    """All tables in use, every address on this machine."""
    coins = {"VIRTUAL": ("ai", 1e9), "ARC": ("ai", 1e9), "DOGE": ("memes", 147e9)}
    return {
        "engine": {"interval": "5m"},
        "schedule": {"poll_timeout": "30s"},
        "sectors": [
            {"id": sector, "name": sector.title(), "tokens": [c for c in coins if coins[c][0] == sector]}
            for sector in ("ai", "memes")
        ],
        "venues": {
            venue: {"base_url": url, "rate_limit_ms": 1.0, "timeout": "20s"} for venue, url in urls.items()
        },
        "tokens": {
            coin: {
                "name": coin.title(),
                "coingecko": coin.lower(),
                "markets": [{"venue": venue, "symbol": f"{coin}/USDT"} for venue in urls],
                "supplies": [{"from": "2024-01-01", "circulating": units, "source": "by hand"}],
            }
            for coin, (_, units) in coins.items()
        },
        "sources": {"coingecko": {"enabled": True, "base_url": f"{NOWHERE}/"}},
        "alerts": {"email": {"recipients": ["desk@example.com"], "operators": ["ops@example.com"]}},
        "report": {"recipients": ["desk@example.com"]},
        "smtp": {"host": "127.0.0.1", "port": 9, "user": "joe", "security": "none", "timeout": "2s"},
        "web": {"enabled": False},
    }  # fmt: skip


def each_key(urls: Mapping[str, str]) -> Iterator[Tried]:
    """One key odd at a time: every key that there is, with every value of its kind."""
    for row in key_rows(Tables):
        if row.key in CHANGED_ELSEWHERE:
            continue
        for value in odd_values(row):
            yield _tried(urls, [(row, value)])


def several_keys(urls: Mapping[str, str], count: int, *, seed: int) -> Iterator[Tried]:
    """Two to five keys odd at once, drawn by the seed."""
    draw = random.Random(seed)
    rows = [row for row in key_rows(Tables) if row.key not in CHANGED_ELSEWHERE]
    for _ in range(count):
        chosen = draw.sample(rows, draw.randint(2, 5))
        yield _tried(urls, [(row, draw.choice(odd_values(row))) for row in chosen])


def odd_values(row: KeyRow) -> list[Any]:
    """Values of the key's kind, and some of another."""
    kind = row.kind
    if row.key.endswith(("_url", ".url", ".webhook")):
        return ADDRESSES
    if kind.startswith("list of list"):
        return [[], [["ai", "memes"]], [["ai", "ai"]], [["ai"]], [["memes", "ai"], ["memes", "ai"]]]
    if kind.startswith("list of "):
        inner = odd_values(KeyRow(row.key, kind.removeprefix("list of "), "", ""))
        return [[], inner[:1], [inner[0], inner[0]], inner[:3], inner[3:5], [5, 1]]
    if kind.startswith("table of "):
        inner = odd_values(KeyRow(row.key, kind.removeprefix("table of "), "", ""))
        names = ("bars", "steps", "checkpoints", "outbox", "solana", "ethereum", "x")
        return [{}] + [{name: value} for name in names for value in inner[3:11]]
    if "|" in kind:
        return [*kind.split(" | "), "", "Warning"]
    by_kind: dict[str, list[Any]] = {
        "length of time": LENGTHS,
        "number": NUMBERS,
        "whole number": COUNTS,
        "time": MOMENTS,
        "hh:mm": TIMES,
        "true or false": [True, False, "yes", 1],
    }
    return by_kind.get(kind, TEXTS)


def toml(config: Mapping[str, Any]) -> str:
    """One line a table, all values inline."""
    return "".join(f"{_key(name)} = {_inline(value)}\n" for name, value in config.items())


def _tried(urls: Mapping[str, str], changes: list[tuple[KeyRow, Any]]) -> Tried:
    config, environ = deepcopy(base(urls)), dict(VARIABLES)
    for row, value in changes:
        if row.kind == "secret":
            environ[row.variable.replace("<ID>", "COINGECKO")] = str(value)
        else:
            _put(config, row.key, value)
    name = ", ".join(f"{row.key} = {str(value)[:60]!r}" for row, value in changes)
    return Tried(name, toml(config), {k: v for k, v in environ.items() if "\x00" not in v})


def _put(config: dict[str, Any], key: str, value: Any) -> None:
    """Set it at the first of what the key's ``<id>`` and ``[]`` stand for."""
    at: Any = config
    *path, last = key.split(".")
    for part in path:
        name = part.removesuffix("[]")
        if name == "<id>":
            at = at.setdefault(next(iter(at), "mine"), {})
            continue
        empty: Any = [{}] if part.endswith("[]") else {}
        at = at.setdefault(name, empty)
        if part.endswith("[]"):
            if name == "tokens":  # a sector's member that was named alone
                at[0] = at[0] if isinstance(at[0], dict) else {"id": at[0]}
            at = at[0]
    at[last.removesuffix("[]")] = value
    if "migrated_to" in key:
        at.setdefault("token", "DOGE2")
        at.setdefault("ratio", 1.0)
        at.setdefault("at", "2025-01-20")
        config["tokens"].setdefault("DOGE2", {"name": "Doge two", "markets": []})


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=True)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)} = {_inline(v)}" for name, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)
