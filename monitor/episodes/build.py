"""Makes the January 2025 reconstruction from its facts: `python -m monitor.episodes.build`.

Between the pins the log price is a bridge: a random path that starts and ends at 0. The path is shared by the market,
by the sector, and the token's own part, so that what is not pinned moves together as such tokens do. Volume is the pinned
volume of the day, or market cap times a stated daily turnover that rises with the day's move. Net taker flow was not
published and is left unknown. One fixed seed; nothing here knows of any detector.
"""

import csv
import gzip
import io
import math
import tomllib
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from monitor.episodes.markets import SECTORS, VENUES_OF, listed_from
from monitor.model.grid import iso
from monitor.model.interval import FloatArray

HERE = Path(__file__).resolve().parent
FACTS = HERE / "january_2025_facts.toml"
DATA = HERE / "january_2025_bars.csv.gz"
SINCE = datetime(2024, 12, 1, tzinfo=UTC)
UNTIL = datetime(2025, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEED = 20250118
COLUMNS = (
    "ts", "exchange", "symbol", "open", "high", "low", "close", "base_volume", "quote_volume", "taker_buy_quote",
)  # fmt: skip

# Standard deviation of an hour's log return that is not pinned (assumptions): the market, a sector's own, a token's own.
MARKET_SD, MARKET_BETA = 0.0045, {"benchmark": 1.0, "ai-agents": 1.6, "memes": 1.3}
SECTOR_SD = {"benchmark": 0.0, "ai-agents": 0.007, "memes": 0.004}
TOKEN_SD = {"benchmark": 0.001, "ai-agents": 0.011, "memes": 0.006}
VENUE_SD = 0.0004
# Volume (assumptions): the day's turnover rises with its move, hours breathe by a quarter and rise with their own move.
DAY_RESPONSE, HOUR_RESPONSE, BREATH, NOISE = 0.5, 0.25, 0.25, 0.18


def build() -> bytes:
    """The bars as gzipped CSV, the same bytes each time."""
    facts = tomllib.loads(FACTS.read_text(encoding="utf-8"))
    dice = np.random.Generator(np.random.PCG64(SEED))
    hours = round((UNTIL - SINCE) / HOUR)
    market = _walk(dice, hours, MARKET_SD)
    sector = {name: _walk(dice, hours, sd) for name, sd in SECTOR_SD.items()}
    rows: list[tuple[str, ...]] = []
    for token in facts["tokens"]:
        home = next(name for name, members in SECTORS.items() if token["id"] in members)
        path = MARKET_BETA[home] * market + sector[home] + _walk(dice, hours, TOKEN_SD[home])
        first, closes = _closes(token, path)
        rows += _rows(dice, token, first, closes, TOKEN_SD[home] + MARKET_SD)
    rows.sort()
    return _packed(rows)


def pins_of(token: dict[str, Any]) -> list[tuple[int, float]]:
    """(hours since the beginning, price), ascending: daily closes at the end of their day, and points."""
    found: dict[int, float] = {}
    for day, price in token["closes"].items():
        moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(
            days=1
        )
        found[round((moment - SINCE) / HOUR)] = price
    for text, price in token.get("points", {}).items():
        found[round((datetime.fromisoformat(text) - SINCE) / HOUR)] = price
    return sorted(found.items())


def _walk(dice: np.random.Generator, hours: int, sd: float) -> FloatArray:
    """A random walk of the log price at each hour's end, beginning at 0."""
    return np.concatenate([[0.0], np.cumsum(dice.normal(0.0, 1.0, hours) * sd)])


def _closes(token: dict[str, Any], path: FloatArray) -> tuple[int, FloatArray]:
    """(first hour, price at the end of each hour from there on): the pins, and a bridge of ``path`` between them."""
    pins = pins_of(token)
    first = pins[0][0]
    if "first_trade" in token:
        first = round((token["first_trade"] - SINCE) / HOUR)
    log = np.full(len(path), np.nan)
    for (a, price_a), (b, price_b) in pairwise(pins):
        t = np.arange(a, b + 1)
        line = (t - a) / (b - a)
        bridge = path[a : b + 1] - path[a] - line * (path[b] - path[a])
        log[a : b + 1] = math.log(price_a) + line * math.log(price_b / price_a) + bridge
    log[pins[-1][0] :] = np.where(
        np.isnan(log[pins[-1][0] :]), math.log(pins[-1][1]), log[pins[-1][0] :]
    )
    start = max(first, 0)
    begin = pins[0][0]
    log[start:begin] = math.log(pins[0][1]) + 0.25 * (path[start:begin] - path[begin])
    return start, np.exp(log[start:])


def _rows(
    dice: np.random.Generator, token: dict[str, Any], first: int, closes: FloatArray, sd: float
) -> list[tuple[str, ...]]:
    """A row a market and hour; the venues share the price up to a little noise, and split the volume."""
    moves = np.diff(np.log(closes))
    volume = _volumes(dice, token, first, closes, moves)
    rows: list[tuple[str, ...]] = []
    split = VENUES_OF[token["id"]]
    for venue, part in split.items():
        noise = dice.normal(0.0, VENUE_SD, len(closes))
        level = closes * np.exp(noise)
        up, down = (np.abs(dice.normal(0.0, 0.5 * sd, len(moves))) for _ in range(2))
        begins = listed_from(token["id"], venue)
        for k in range(len(moves)):
            opened = SINCE + (first + k) * HOUR
            if begins is not None and opened < begins:
                continue
            o, c = level[k], level[k + 1]
            h, low = max(o, c) * math.exp(up[k]), min(o, c) * math.exp(-down[k])
            quote = part * volume[k]
            rows.append(_row(opened, venue, token["id"], (o, h, low, c), quote))
    return rows


def _row(
    opened: datetime,
    venue: str,
    token: str,
    prices: tuple[float, float, float, float],
    quote: float,
) -> tuple[str, ...]:
    o, h, low, c = (float(f"{price:.6g}") for price in prices)
    h, low = max(h, o, c), min(low, o, c)
    base = quote / ((o + h + low + c) / 4)
    return (
        iso(opened),
        venue,
        f"{token}/USDT",
        *(f"{x:.6g}" for x in (o, h, low, c)),
        f"{base:.6g}",
        f"{quote:.6g}",
        "",
    )


def _volumes(
    dice: np.random.Generator,
    token: dict[str, Any],
    first: int,
    closes: FloatArray,
    moves: FloatArray,
) -> FloatArray:
    """USD of each hour: the day's volume spread over its hours."""
    stated = {date.fromisoformat(day): value for day, value in token.get("volumes", {}).items()}
    opens = [SINCE + (first + k) * HOUR for k in range(len(moves))]
    days = sorted({moment.date() for moment in opens})
    usual = float(np.median(np.abs(moves))) or 1e-9
    out = np.zeros(len(moves))
    for day in days:
        here = np.array([k for k, moment in enumerate(opens) if moment.date() == day])
        shape = np.array(
            [1.0 + BREATH * math.sin((opens[k].hour - 9) * math.pi / 12) for k in here]
        )
        response = 1.0 + HOUR_RESPONSE * np.minimum(np.abs(moves[here]) / usual, 6.0)
        weight = shape * response * np.exp(dice.normal(0.0, NOISE, len(here)))
        total = stated.get(day) or _usual_day(token, closes[here[0]], moves[here], len(here))
        out[here] = total * weight / weight.sum()
    return out


def _usual_day(token: dict[str, Any], price: float, moves: FloatArray, hours: int) -> float:
    """Cap times turnover, more on days that move: ``1 + response x (|move| / 5 % - 1)``, at least half."""
    lift = max(0.5, 1.0 + DAY_RESPONSE * (min(abs(float(moves.sum())) / 0.05, 4.0) - 1.0))
    return float(price * token["supply"] * token["daily_turnover"] * lift * hours / 24)


def _packed(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0, compresslevel=9) as packed:
        packed.write(text.getvalue().encode())
    return out.getvalue()


if __name__ == "__main__":
    DATA.write_bytes(build())
