"""Trades of overlapping answers, each counted once, summed by bar (METHOD, chapter 5, grade B)."""

from collections.abc import Sequence
from datetime import timedelta

from monitor.model.grid import floor_time, from_ms, to_ms
from monitor.model.trades import Counted, Trade, TradeSum

Gap = tuple[int, int]
"""Milliseconds from which on and up to which trades may be missing."""


def uncounted(
    trades: Sequence[Trade], counted: Counted | None
) -> tuple[list[Trade], Gap | None, Counted | None]:
    """(Trades that are not counted yet, ascending; the gap before them; how far all are counted then).

    ``trades``: of one answer, ascending. What is older than the last one counted is taken for counted, also where a venue
    names it late: a trade may be missed so, but none is counted twice. There is a gap where the answer does not reach back to
    the last one counted.
    """
    if not trades:
        return [], None, counted
    fresh: dict[tuple[int, str], Trade] = {}
    known = counted.keys if counted is not None else frozenset()
    for trade in trades:
        if counted is not None:
            if trade.time_ms < counted.at_ms:
                continue
            if trade.time_ms == counted.at_ms and trade.key in known:
                continue
        fresh.setdefault((trade.time_ms, trade.key), trade)
    found = sorted(fresh.values(), key=lambda trade: trade.time_ms)
    if not found:
        return [], None, counted
    last_ms = found[-1].time_ms
    keys = frozenset(trade.key for trade in found if trade.time_ms == last_ms)
    if counted is not None and counted.at_ms == last_ms:
        keys |= counted.keys
    return found, _gap(trades[0], known, counted), Counted(last_ms, keys)


def _gap(oldest: Trade, known: frozenset[str], counted: Counted | None) -> Gap | None:
    if counted is None or oldest.time_ms < counted.at_ms:
        return None
    if oldest.time_ms == counted.at_ms and oldest.key in known:
        return None
    return counted.at_ms, oldest.time_ms


def sums_by_bar(
    trades: Sequence[Trade], gap: Gap | None, width: timedelta, *, begun_ms: int | None = None
) -> list[TradeSum]:
    """The sums of each bar in which there was a trade or a part of ``gap``'s two ends, ascending.

    ``begun_ms``: the first trade that was ever read of the market; its bar is a gap up to then.
    """
    width_ms = width // timedelta(milliseconds=1)
    found: dict[int, list[Trade]] = {}
    for trade in trades:
        found.setdefault(_open_ms(trade.time_ms, width), []).append(trade)
    if begun_ms is not None:
        gap = (_open_ms(begun_ms, width), begun_ms)
    ends = [_open_ms(end, width) for end in gap] if gap else []
    return [
        TradeSum(
            from_ms(open_ms),
            sum(t.quote for t in found.get(open_ms, ()) if t.bought),
            sum(t.quote for t in found.get(open_ms, ()) if not t.bought),
            len(found.get(open_ms, ())),
            _within(gap, open_ms, width_ms),
        )
        for open_ms in sorted({*found, *ends})
    ]


def _open_ms(time_ms: int, width: timedelta) -> int:
    return to_ms(floor_time(from_ms(time_ms), width))


def _within(gap: Gap | None, open_ms: int, width_ms: int) -> float:
    """Seconds of the gap that lie in the bar."""
    if gap is None:
        return 0.0
    return max(0, min(gap[1], open_ms + width_ms) - max(gap[0], open_ms)) / 1000
