"""Bars that are sound by themselves and yet unlikely: what is held back until somebody confirms it. Pure.

A frozen venue, volumes off by a factor, closes off within the bar's own range, another coin at a near price, bars moved
by one interval. Measured on a year's part of real five-minute bars of eleven tokens (96,000 bars): no step of 2 % between
a close and the next open, six moves of 10 % within one bar, no volume of six times the most of four hours in a bar of
usual range. What is held back stays unseen and is asked again; what a venue insists on for a day is believed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt

from monitor.ingest.validation.recent import Habit, RecentBars, by_coin
from monitor.model.bars import Bar, Refusal
from monitor.model.universe import DOLLARS, Market

STEP = 0.03
"""Between a close and the next open: more is another coin or another time, unless the market's bars usually reach wider."""

MOVE = 0.10
"""Of a close against the close before it or its own open: more must be confirmed."""

AGREE = 0.05
"""Another venue's close of the same interval this near confirms; the next bar's open this near carries on."""

SURGE = 6.0
"""Times the most volume of four hours, without a wider range."""

RESTATED = 0.03
"""Of a stored close against the same bar read again."""

BELIEVED_AFTER = timedelta(days=1)
LATE_TRADE = timedelta(hours=2)
"""A hole in the answer of a venue that leaves quiet bars out is quiet for good when it is older than this."""

REASONS = frozenset(
    {
        "frozen",
        "misaligned",
        "missing_row",
        "restated",
        "unconfirmed_move",
        "unconfirmed_step",
        "volume_missing",
        "volume_surge",
    }
)
"""Of what is held back; all else that is refused is wrong by itself."""

_STANDING = frozenset({"frozen", "volume_missing"})
"""Reasons that no insistence changes."""


@dataclass(frozen=True, slots=True)
class Peers:
    """What the other markets of the coin did: ``at`` gives their bars of one interval, by the coin; ``trade`` whether
    any market of another venue traded then. ``price``: a data provider's price of one coin now, where there is one.
    ``heard``: all venues have answered; before that what only they can tell is a doubt.
    """

    at: Callable[[datetime], Sequence[Bar]]
    trade: Callable[[datetime], bool]
    price: float | None = None
    heard: bool = True


def peers_of(
    market: Market, recent: RecentBars, asked: Sequence[tuple[Market, Sequence[Bar]]] = ()
) -> Peers:
    """Peers among accepted bars, and among bars of this poll that are judged with it (``asked``)."""
    ours = [
        {bar.open_time: by_coin(bar, other) for bar in bars}
        for other, bars in asked
        if other.token == market.token and other.id != market.id and other.quote in DOLLARS
    ]

    def at(moment: datetime) -> list[Bar]:
        if market.quote not in DOLLARS:
            return []  # prices in another currency say nothing of ours
        return recent.peers(market, moment) + [by[moment] for by in ours if moment in by]

    return Peers(at, lambda moment: recent.others_trade(market.venue, moment))


@dataclass(frozen=True, slots=True)
class Answered:
    """Closed bars of one market, ascending, with the bar that is still forming where the venue serves it.

    ``from_future``: the answer held bars that have not begun.
    """

    market: Market
    bars: Sequence[Bar]
    width: timedelta
    forming: Bar | None = None
    from_future: bool = False


def suspicions(
    answered: Answered, recent: RecentBars, peers: Peers, *, insisted: bool
) -> list[Refusal]:
    """What of an answer is held back and why, by open time; empty where nothing is.

    ``insisted``: the venue has stood by what was held back for :data:`BELIEVED_AFTER`.
    """
    if not answered.bars:
        return []
    whole = None if insisted else _answer_in_doubt(answered, recent, peers)
    if whole is not None:
        reason, detail = whole
        return [_refusal(answered.market, bar, reason, detail) for bar in answered.bars]
    found: list[Refusal] = []
    before = recent.before(answered.market.id, answered.bars[0].open_time)
    followers = [*answered.bars[1:], answered.forming]
    stepped: Bar | None = (
        None  # a bar that was held back for its step: what carries on from it is no better
    )
    for bar, follower in zip(answered.bars, followers, strict=True):
        scene = _Scene(answered, before, peers, follower)
        doubt = _doubt(bar, scene) or _carries_on(bar, stepped, scene)
        if doubt is not None and not (insisted and doubt[0] not in _STANDING):
            found.append(_refusal(answered.market, bar, *doubt))
            stepped = bar if doubt[0] == "unconfirmed_step" else None
        else:
            before.append(bar)
            stepped = None
    return found


def _refusal(market: Market, bar: Bar, reason: str, detail: str) -> Refusal:
    return Refusal(market.venue, market.id, bar.open_time, reason, detail)


def _answer_in_doubt(
    answered: Answered, recent: RecentBars, peers: Peers
) -> tuple[str, str] | None:
    """Why an answer as a whole is not of the market and the times that it claims, measured by bars known already."""
    if answered.from_future:
        return "misaligned", "bars that have not begun stand in the answer"
    known = recent.of(answered.market.id)
    again = [(bar, known[bar.open_time]) for bar in answered.bars if bar.open_time in known]
    for shift in (answered.width, -answered.width):
        moved = sum(
            _same(bar, known.get(bar.open_time - shift)) and not _same(bar, old)
            for bar, old in again
        )
        if moved >= 2:
            minutes = round(shift / timedelta(minutes=1))
            return "misaligned", f"{moved} bars are known as those of {minutes:+d} min"
    for bar, old in again:
        off = abs(bar.close / old.close - 1)
        if off > RESTATED and not _confirmed(bar, answered.market, peers):
            detail = f"the bar of {bar.open_time:%H:%M} closed at {old.close:.8g} and now at {bar.close:.8g}"
            return "restated", f"{detail}, which no other venue confirms"
    return None


def _same(bar: Bar, other: Bar | None) -> bool:
    if other is None or other.base_volume == 0:
        return False
    return (bar.open, bar.high, bar.low, bar.close, bar.base_volume) == (
        other.open,
        other.high,
        other.low,
        other.close,
        other.base_volume,
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    """One bar's surroundings: accepted bars before it, ascending, and the bar that follows in the answer."""

    answered: Answered
    before: Sequence[Bar]
    peers: Peers
    follower: Bar | None


def _doubt(bar: Bar, scene: _Scene) -> tuple[str, str] | None:
    if bar.base_volume == 0:
        return _without_volume(bar, scene)
    return _price(bar, scene) or _volume(bar, scene)


def _carries_on(bar: Bar, stepped: Bar | None, scene: _Scene) -> tuple[str, str] | None:
    """The doubt of a bar that goes on where a doubtful one ended."""
    if stepped is None or bar.open_time - stepped.open_time != scene.answered.width:
        return None
    if _off(bar.open, stepped.close) > AGREE or _confirmed(bar, scene.answered.market, scene.peers):
        return None
    text = f"goes on at {bar.open:.8g} from a step that no other venue confirms"
    return "unconfirmed_step", text


def _without_volume(bar: Bar, scene: _Scene) -> tuple[str, str] | None:
    if bar.high > bar.low:
        return "volume_missing", f"from {bar.low:.8g} to {bar.high:.8g} without a trade"
    habit = Habit.of(scene.before)
    if habit is None or habit.traded < 0.9:
        return None
    moment = bar.open_time
    if not scene.peers.heard:
        return "frozen", "a flat bar without volume, the other venues are not heard yet"
    coin_trades = any(peer.base_volume > 0 for peer in scene.peers.at(moment))
    alone = habit.traded == 1.0 and not scene.peers.at(moment) and scene.peers.trade(moment)
    if not coin_trades and not alone:
        return None
    others = "the coin's other venues trade" if coin_trades else "other venues trade"
    return "frozen", f"a flat bar at {bar.close:.8g} without volume, while {others}"


def _price(bar: Bar, scene: _Scene) -> tuple[str, str] | None:
    if not scene.before:
        return None
    last = scene.before[-1]
    apart = (bar.open_time - last.open_time) // scene.answered.width
    steps = apart == 1 and last.base_volume > 0 and _off(bar.open, last.close) > STEP
    moved = max(_off(bar.close, last.close) / sqrt(max(apart, 1)), _off(bar.close, bar.open))
    if (not steps and moved <= MOVE) or _confirmed(bar, scene.answered.market, scene.peers):
        return None
    if steps and _off(bar.open, last.close) > _usual_step(scene.before):
        text = f"opens at {bar.open:.8g} right after a close of {last.close:.8g}"
        return "unconfirmed_step", f"{text}, and no other venue confirms it"
    return _move(bar, last, scene) if moved > MOVE else None


def _move(bar: Bar, last: Bar, scene: _Scene) -> tuple[str, str] | None:
    """The doubt of a bar that moved far and that no other venue confirms."""
    text = f"closes at {bar.close:.8g} after {last.close:.8g} and an open of {bar.open:.8g}"
    if scene.peers.at(bar.open_time):
        return "unconfirmed_move", f"{text}, and no other venue confirms it"
    follower = scene.follower
    follows = follower is not None and follower.open_time - bar.open_time == scene.answered.width
    if follower is not None and follows and _off(follower.open, bar.close) <= AGREE:
        return None
    return "unconfirmed_move", f"{text}, and the next bar does not carry on from it"


def _usual_step(before: Sequence[Bar]) -> float:
    """A step that is nothing special where bars reach this wide."""
    habit = Habit.of(before)
    return max(STEP, 3 * habit.reach) if habit is not None else 3 * STEP


def _volume(bar: Bar, scene: _Scene) -> tuple[str, str] | None:
    if scene.before and bar.base_volume <= SURGE * scene.before[-1].base_volume:
        return None
    habit = Habit.of(scene.before)
    if habit is None or bar.base_volume <= SURGE * habit.most:
        return None
    if bar.high / bar.low - 1 > 3 * habit.reach:
        return None
    others = [peer.base_volume for peer in scene.peers.at(bar.open_time)]
    if any(volume * SURGE > bar.base_volume for volume in others):
        return None
    times = bar.base_volume / habit.usual
    return "volume_surge", f"{times:.0f} times the usual volume in a bar of usual range"


def _confirmed(bar: Bar, market: Market, peers: Peers) -> bool:
    """Whether another venue's bar of the same time closed near this one, or the provider's price says so."""
    price = bar.close / market.multiplier
    said = [peer.close for peer in peers.at(bar.open_time)]
    if not said and peers.price is not None:
        said = [peers.price]
    return any(_off(price, other) <= AGREE for other in said)


def _off(price: float, other: float) -> float:
    return max(price / other, other / price) - 1


def missing_trades(
    answered: Answered,
    recent: RecentBars,
    peers: Peers,
    spoken: Sequence[tuple[datetime, datetime]],
    now: datetime,
) -> list[Refusal]:
    """Young intervals without a bar in an answer that speaks for them, of a market that always trades: unseen, not quiet."""
    market, width = answered.market, answered.width
    habit = Habit.of(recent.before(market.id, now))
    if habit is None or not _is_whole(recent, market.id, width):
        return []
    there = {bar.open_time for bar in answered.bars} | set(recent.of(market.id))
    found = []
    for since, until in spoken:
        moment = max(since, since + ((now - LATE_TRADE - since) // width) * width)
        while moment < until:
            traded = not peers.heard or any(p.base_volume > 0 for p in peers.at(moment))
            if moment not in there and traded:
                text = "no bar, though this market always trades and the coin's other venues do"
                found.append(Refusal(market.venue, market.id, moment, "missing_row", text))
            moment += width
    return found


def _is_whole(recent: RecentBars, market_id: str, width: timedelta) -> bool:
    """Whether nine of ten neighbours among the known bars follow each other at once."""
    opens = list(recent.of(market_id))
    whole = sum(later - earlier == width for earlier, later in pairwise(opens))
    return whole >= 0.9 * (len(opens) - 1) > 0
