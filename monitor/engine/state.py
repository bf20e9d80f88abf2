"""The engine's memory: arrays of fixed size, saved and restored bit for bit."""

import io
import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.analytics.index import Book, by_sector, shares
from monitor.analytics.own import Betas, Mean, decay
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.ring import Ring
from monitor.detection.detector import Detector, DetectorState
from monitor.model.grid import iso, parse_iso
from monitor.model.interval import FloatArray, IntArray, Layout
from monitor.model.rotation import Launch

Arrays = dict[str, npt.NDArray[Any]]

TOKEN_RINGS = ("own", "log_return", "volume", "net", "contribution")
SECTOR_RINGS = {
    "r": 24,
    "e": 24,
    "market": 24,
    "volume": 48,
    "net": 24,
    "graded_a": 24,
    "graded_c": 24,
    "p0": 24,
    "p1": 24,
    "p2": 24,
    "p3": 72,
}
"""Hours that are kept of each: the longest window, the day before it for volume, a launch's drain for part 3."""
NEVER = 10**9
FORM = 3
"""Of the stored bytes; counts up when what is kept changes."""


class EngineState:
    """What is remembered of the past. Per market, per token, per sector; see the engine for how it moves.

    ``market_close`` is in the quote currency per coin, ``market_idle`` and ``market_dark`` count steps without a move or
    trade and without a known volume. ``age``: steps since a price was accepted, ``absent``: those of them in which anybody
    answered, ``seen``: steps since the first was. ``hold``, ``hold_price``: steps and price of a jump that is not believed
    yet. ``pending``: the market's part of the steps in which a token's price was unknown. ``book_*``: the members as of
    the last step; ``line_supply``: supply a redenomination handed on, until one is told.
    """

    def __init__(
        self,
        layout: Layout,
        width: timedelta,
        parameters: AnalyticsParameters,
        detector: DetectorState,
    ) -> None:
        markets, tokens, sectors = len(layout.markets), len(layout.tokens), len(layout.sectors)
        step_h = width / timedelta(hours=1)
        day = round(24 / step_h)
        self.layout = layout
        self.steps = 0
        self.last_open: datetime | None = None
        self.gap = 0  # unseen steps in a row until now
        self.clean = 0  # steps in a row with a benchmark, neither unseen nor the first after a hole
        self.first_seen: int | None = None  # the step in which anybody first answered
        self.launches: list[Launch] = []
        self.market_close = np.full(markets, np.nan)
        self.market_idle = np.zeros(markets, dtype=np.int64)
        self.market_dark = np.zeros(markets, dtype=np.int64)
        self.market_outlying = np.zeros(markets, dtype=np.bool_)
        self.market_usual = Mean(decay(84.0, step_h), markets)
        self.market_hours = Ring(23, markets)  # USD of whole clock hours, and of the present one
        self.market_hour = np.zeros(markets)
        self.price = np.full(tokens, np.nan)
        self.age = np.full(tokens, NEVER, dtype=np.int64)
        self.absent = np.zeros(tokens, dtype=np.int64)
        self.hold = np.zeros(tokens, dtype=np.int64)
        self.hold_price = np.full(tokens, np.nan)
        self.pending = np.zeros(tokens)
        self.guarded = np.full(tokens, np.nan)
        self.seen = np.full(tokens, -1, dtype=np.int64)
        self.book_price = np.full(tokens, np.nan)
        self.book_supply = np.full(tokens, np.nan)
        self.line_supply = np.full(tokens, np.nan)
        self.book_sector = np.full(tokens, -1, dtype=np.int64)
        self.spread = Mean(decay(parameters.spread_half_life_h, step_h), tokens)
        self.own_spread = Mean(decay(parameters.spread_half_life_h, step_h), tokens)
        self.token_rings = {name: Ring(day, tokens) for name in TOKEN_RINGS}
        self.sector_rings = {
            name: Ring(round(hours / step_h), sectors) for name, hours in SECTOR_RINGS.items()
        }
        self.week = Ring(7 * day + 1, 2 * sectors)
        self.level = np.zeros(sectors)
        self.betas = Betas(sectors, step_h, parameters)
        self.detector = detector


def save(state: EngineState, width: timedelta, watched: int) -> bytes:
    """The whole state; no pickled objects."""
    layout = state.layout
    header: dict[str, Any] = {
        "form": FORM,
        "width_s": width.total_seconds(),
        "watched": watched,
        "market": layout.markets,
        "token": layout.tokens,
        "sector": layout.sectors,
        "steps": state.steps,
        "last_open": iso(state.last_open) if state.last_open else None,
        "gap": state.gap,
        "clean": state.clean,
        "first_seen": state.first_seen,
        "launches": [[x.token, x.sector, iso(x.at), x.share_pp] for x in state.launches],
    }
    arrays: Arrays = {}
    for name, (holder, attribute) in _vectors(state).items():
        arrays[name] = getattr(holder, attribute)
    for name, ring in _rings(state).items():
        arrays[name] = ring.dump()
    detector, header["detector"] = state.detector.dump()
    arrays |= {f"detector/{name}": array for name, array in detector.items()}
    out = io.BytesIO()
    header_bytes = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(out, allow_pickle=False, header=header_bytes, **arrays)
    return out.getvalue()


def load(
    blob: bytes,
    layout: Layout,
    width: timedelta,
    parameters: AnalyticsParameters,
    detector: Detector,
    watched: int,
) -> EngineState:
    """The inverse of :func:`save`. Markets, tokens and sectors are matched by name: new ones start without a past.

    A token that is new to the state is taken for old: it is a launch only if its first trade says so. Members that the
    layout no longer holds leave before the next step; what that does to the others' shares is told as membership.
    Raises ValueError when the blob was made with bars of another width or by another form of the state.
    """
    with np.load(io.BytesIO(blob), allow_pickle=False) as stored:
        arrays: Arrays = {name: stored[name] for name in stored.files}
    header = json.loads(arrays.pop("header").tobytes())
    _check(header, width)
    mine = {
        name.removeprefix("detector/"): array
        for name, array in arrays.items()
        if name.startswith("detector/")
    }
    detected = detector.restore(mine, header["detector"], tuple(header["sector"]))
    state = EngineState(layout, width, parameters, detected)
    state.steps, state.gap, state.clean = header["steps"], header["gap"], header["clean"]
    state.first_seen = header["first_seen"]
    state.last_open = parse_iso(header["last_open"]) if header["last_open"] else None
    state.launches = [
        Launch(token, sector, parse_iso(at), pp) for token, sector, at, pp in header["launches"]
    ]
    now = {"market": layout.markets, "token": layout.tokens, "sector": layout.sectors}
    moves: dict[str, tuple[IntArray, IntArray] | None] = {"one": None}
    moves |= {axis: _moves(tuple(header[axis]), names) for axis, names in now.items()}
    olds, news = _moves(tuple(header["sector"]), layout.sectors)
    moves["week"] = (
        np.concatenate([olds, olds + len(header["sector"])]),
        np.concatenate([news, news + len(layout.sectors)]),
    )
    for name, (holder, attribute) in _vectors(state).items():
        setattr(
            holder,
            attribute,
            _moved(arrays[name], getattr(holder, attribute), moves[name.partition("/")[0]]),
        )
    place = dict(zip(olds.tolist(), news.tolist(), strict=True))
    state.book_sector = np.array(
        [place.get(s, -1) for s in state.book_sector.tolist()], dtype=np.int64
    )
    for i, name in enumerate(layout.tokens):
        if name not in header["token"]:
            state.seen[i] = state.steps
    moved = {
        name: _moved(arrays[name], ring.dump(), moves[name.partition("/")[0]])
        for name, ring in _rings(state).items()
    }
    before = _shares(arrays, len(header["sector"]), header["watched"])[olds]
    after = _shares(_book(state), len(layout.sectors), watched)[news]
    told = np.flatnonzero(np.abs(after - before) > 0)
    moved["sector/ring/p2"][-1, news[told]] += (after - before)[told]
    for name, ring in _rings(state).items():
        ring.fill(moved[name])
    return state


def _book(state: EngineState) -> Arrays:
    return {
        "token/book_price": state.book_price,
        "token/book_supply": state.book_supply,
        "token/book_sector": state.book_sector,
    }


def _shares(book: Arrays, sectors: int, watched: int) -> FloatArray:
    """Per sector, NaN for the benchmark."""
    members = Book(book["token/book_price"], book["token/book_supply"], book["token/book_sector"])
    out = np.full(sectors, np.nan)
    out[:watched] = shares(by_sector(members.cap, members.sector, sectors), watched)
    return out


def _check(header: dict[str, Any], width: timedelta) -> None:
    found = (header["form"], header.get("width_s"))
    expected = (FORM, width.total_seconds())
    if found != expected:
        raise ValueError(
            f"found a stored state of form {found[0]} for bars of {found[1]} s, expected form"
            f" {expected[0]} for bars of {expected[1]} s: fold the stored bars anew"
        )


def _vectors(state: EngineState) -> dict[str, tuple[Any, str]]:
    """axis/name -> (object, attribute) of every array that is no ring; the axis is the array's only one."""
    found: dict[str, tuple[Any, str]] = {}
    for name in ("close", "idle", "dark", "outlying", "hour"):
        found[f"market/{name}"] = (state, f"market_{name}")
    for name in (
        "price",
        "age",
        "absent",
        "hold",
        "hold_price",
        "pending",
        "guarded",
        "seen",
        "book_price",
        "book_supply",
        "line_supply",
        "book_sector",
    ):
        found[f"token/{name}"] = (state, name)
    found["sector/level"] = (state, "level")
    means = {
        "market/usual": state.market_usual,
        "token/spread": state.spread,
        "token/own_spread": state.own_spread,
        "sector/square": state.betas.square,
        "sector/product": state.betas.product,
        "one/square": state.betas.market_square,
        "sector/market": state.betas.market,
    }
    for name, mean in means.items():
        found[f"{name}/value"] = (mean, "value")
        found[f"{name}/count"] = (mean, "count")
    return found


def _rings(state: EngineState) -> dict[str, Ring]:
    rings = {"market/hours": state.market_hours, "week/ring": state.week}
    rings |= {f"token/ring/{name}": ring for name, ring in state.token_rings.items()}
    rings |= {f"sector/ring/{name}": ring for name, ring in state.sector_rings.items()}
    return rings


def _moves(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[IntArray, IntArray]:
    """Positions (old, new) of the names that both have."""
    position = {name: i for i, name in enumerate(new)}
    kept = [(i, position[name]) for i, name in enumerate(old) if name in position]
    return np.array([i for i, _ in kept], dtype=np.int64), np.array(
        [j for _, j in kept], dtype=np.int64
    )


def _moved(stored: Any, empty: Any, moves: tuple[IntArray, IntArray] | None) -> Any:
    """``stored`` laid into ``empty`` along the last axis, by name."""
    if moves is None:
        return stored
    out = empty.copy()
    out[..., moves[1]] = stored[..., moves[0]]
    return out
