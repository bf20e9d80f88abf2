"""The engine's memory as bytes, and back: bit for bit, or realigned by name when the universe has changed since."""

import io
import json
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.analytics.index import Book, by_sector, shares
from monitor.analytics.own import Mean, MeanPart
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.ring import Part, Ring
from monitor.detection.detector import Detector
from monitor.engine.matched import left_of
from monitor.engine.state import EngineState
from monitor.model.grid import iso, parse_iso
from monitor.model.interval import FloatArray, IntArray, Layout
from monitor.model.rotation import Launch

Arrays = dict[str, npt.NDArray[Any]]
Moves = tuple[IntArray, IntArray]
"""Old and new positions of the names that both layouts have."""

FORM = 9
"""Of the stored bytes; counts up when what is kept changes."""


def save(state: EngineState, width: timedelta, watched: int) -> bytes:
    """The whole state; no pickled objects. ``watched``: how many of the layout's first sectors are no benchmark."""
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
    arrays: Arrays = {
        name: getattr(holder, attribute) for name, (holder, attribute) in _vectors(state).items()
    }
    arrays |= {name: ring.dump() for name, ring in _rings(state).items()}
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
    _take_header(state, header)
    _take_arrays(state, arrays, header, watched)
    return state


def _take_header(state: EngineState, header: dict[str, Any]) -> None:
    state.steps, state.gap, state.clean = header["steps"], header["gap"], header["clean"]
    state.first_seen = header["first_seen"]
    state.last_open = parse_iso(header["last_open"]) if header["last_open"] else None
    state.launches = [
        Launch(token, sector, parse_iso(at), pp) for token, sector, at, pp in header["launches"]
    ]


def _take_arrays(state: EngineState, arrays: Arrays, header: dict[str, Any], watched: int) -> None:
    """Every array laid into the new layout by name."""
    layout = state.layout
    names = {"market": layout.markets, "token": layout.tokens, "sector": layout.sectors}
    moves: dict[str, Moves | None] = {"one": None}
    moves |= {axis: _moves(tuple(header[axis]), now) for axis, now in names.items()}
    olds, news = _moves(tuple(header["sector"]), layout.sectors)
    moves["week"] = (
        np.concatenate([olds, olds + len(header["sector"])]),
        np.concatenate([news, news + len(layout.sectors)]),
    )
    for name, (holder, attribute) in _vectors(state).items():
        empty = getattr(holder, attribute)
        setattr(holder, attribute, _moved(arrays[name], empty, moves[name.partition("/")[0]]))
    place = dict(zip(olds.tolist(), news.tolist(), strict=True))
    state.book_sector = np.array(
        [place.get(s, -1) for s in state.book_sector.tolist()], dtype=np.int64
    )
    state.market_sector = np.array(
        [place.get(s, -1) for s in state.market_sector.tolist()], dtype=np.int64
    )
    state.link[news] -= _gone(state, arrays, moves["market"], len(header["sector"]))[olds]
    for i, token in enumerate(layout.tokens):
        if token not in header["token"]:
            state.seen[i] = state.steps
    moved = {
        name: _moved(arrays[name], ring.dump(), moves[name.partition("/")[0]])
        for name, ring in _rings(state).items()
    }
    before = _shares(_stored_book(arrays), len(header["sector"]), header["watched"])[olds]
    book = Book(state.book_price, state.book_supply, state.book_sector)
    after = _shares(book, len(layout.sectors), watched)[news]
    told = np.flatnonzero(np.abs(after - before) > 0)
    moved["sector/ring/p2"][-1, news[told]] += (after - before)[told]
    for name, ring in _rings(state).items():
        ring.fill(moved[name])


def _gone(state: EngineState, arrays: Arrays, moves: Moves | None, sectors: int) -> FloatArray:
    """Log of what is left of each stored sector's usual volume without the markets that the layout no longer holds."""
    sector = arrays["market/sector"]
    usual = Mean(state.market_usual.alpha, len(sector))
    usual.value, usual.count = arrays["market/usual/value"], arrays["market/usual/count"]
    stays = np.zeros(len(sector), dtype=np.bool_)
    if moves is not None:
        stays[moves[0]] = True
    return left_of(np.nan_to_num(usual.get()), sector, stays, sectors)


def _stored_book(arrays: Arrays) -> Book:
    return Book(
        arrays["token/book_price"], arrays["token/book_supply"], arrays["token/book_sector"]
    )


def _shares(book: Book, sectors: int, watched: int) -> FloatArray:
    """Per sector, NaN for the benchmark."""
    out = np.full(sectors, np.nan)
    out[:watched] = shares(by_sector(book.cap, book.sector, sectors), watched)
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
    for name in ("close", "idle", "dark", "outlying", "hour", "known", "sector"):
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
        "hour_sampled",
        "hour_scaled",
    ):
        found[f"token/{name}"] = (state, name)
    found["sector/level"] = (state, "level")
    found["sector/link"] = (state, "link")
    found["sector/begun"] = (state, "begun")
    means: dict[str, Mean | MeanPart] = {
        "market/usual": state.market_usual,
        "token/spread": state.spread,
        "token/own_spread": state.own_spread,
        "sector/matched_usual": state.matched_usual,
        "sector/square": state.betas.square,
        "sector/product": state.betas.product,
        "one/square": state.betas.market_square,
        "sector/market": state.betas.market,
    }
    for name, mean in means.items():
        found[f"{name}/value"] = (mean, "value")
        found[f"{name}/count"] = (mean, "count")
    return found


def _rings(state: EngineState) -> dict[str, Ring | Part]:
    rings: dict[str, Ring | Part] = {
        "market/hours": state.market_hours,
        "week/ring": state.week,
        "sector/matched_days": state.matched_days,
    }
    rings |= {f"token/ring/{name}": ring for name, ring in state.token_rings.items()}
    rings |= {f"token/hours/{name}": ring for name, ring in state.token_hours.items()}
    rings |= {f"sector/ring/{name}": ring for name, ring in state.sector_rings.items()}
    return rings


def _moves(old: tuple[str, ...], new: tuple[str, ...]) -> Moves:
    """Positions (old, new) of the names that both have."""
    position = {name: i for i, name in enumerate(new)}
    kept = [(i, position[name]) for i, name in enumerate(old) if name in position]
    return np.array([i for i, _ in kept], dtype=np.int64), np.array(
        [j for _, j in kept], dtype=np.int64
    )


def _moved(stored: Any, empty: Any, moves: Moves | None) -> Any:
    """``stored`` laid into ``empty`` along the last axis, by name."""
    if moves is None:
        return stored
    out = empty.copy()
    out[..., moves[1]] = stored[..., moves[0]]
    return out
