"""Pretended sectors: a universe's own tokens dealt at random, so that whatever is flagged between them is a false alarm.

Real tails, real volume, real outages, and no labels needed: tokens that were put together by chance share no story.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from monitor.model.interval import Layout
from monitor.model.universe import Membership, Sector, Universe
from monitor.research.history import History, HistoryError

LEAST_MEMBERS = 2
"""A sector of one token cannot be told from the token."""
TRIES = 200


@dataclass(frozen=True, slots=True)
class Dealing:
    """How tokens are dealt: into ``sectors`` pretended sectors, as ``seed`` draws them.

    ``even``: each real sector's tokens are spread evenly over the pretended ones, so that a real rotation between the
    real sectors does not show between the pretended ones; else they are dealt without looking. ``launches``: deal tokens
    too that began to trade within the history; a launch that draws trading is an event, wherever its token is put.
    """

    sectors: int
    seed: int
    even: bool = True
    launches: bool = False


def pretended(history: History, dealing: Dealing) -> Universe:
    """The history's universe with its tokens dealt anew; the benchmark stays. The same seed deals the same.

    Sizes differ by one member at most. A migrated token and its successor stay together. Raises HistoryError where
    there are too few tokens, or where no deal gives every sector two tokens with a price at the end of the warm-up.
    """
    universe = history.universe
    new = set() if dealing.launches else set(launched(history))
    lines = [line for line in _lines(universe) if line[0] not in new]
    need = LEAST_MEMBERS * dealing.sectors
    if dealing.sectors < 2 or len(lines) < need:
        raise HistoryError(
            f"found {len(lines)} tokens to deal into {dealing.sectors} sectors, expected at least"
            f" {need} and 2 sectors: a pretended sector needs {LEAST_MEMBERS} tokens",
            remedy="watch more tokens, or deal into fewer sectors",
        )
    priced = _priced_early(history)
    home = {m.token: sector.id for sector in universe.watched for m in sector.members}
    rng = np.random.default_rng([dealing.seed, dealing.sectors])
    for _ in range(TRIES):
        order = [lines[i] for i in rng.permutation(len(lines)).tolist()]
        if dealing.even:
            order.sort(key=lambda line: home[line[0]])
        first = int(rng.integers(dealing.sectors))
        hands = [
            order[(first + s) % dealing.sectors :: dealing.sectors] for s in range(dealing.sectors)
        ]
        if all(sum(any(t in priced for t in line) for line in h) >= LEAST_MEMBERS for h in hands):
            return _universe(universe, hands)
    raise HistoryError(
        f"found {len(priced)} tokens with a price at the end of the warm-up, expected enough that"
        f" {dealing.sectors} pretended sectors get {LEAST_MEMBERS} each (tried {TRIES} deals)",
        remedy="take a longer history, or deal into fewer sectors",
    )


def launched(history: History) -> tuple[str, ...]:
    """Watched tokens whose first trade lies within the history, sorted."""
    members = {m.token for sector in history.universe.watched for m in sector.members}
    return tuple(
        token.id
        for token in history.universe.tokens
        if token.id in members
        and token.first_trade is not None
        and history.since <= token.first_trade < history.until
    )


def _lines(universe: Universe) -> list[tuple[str, ...]]:
    """Watched tokens by line: a token and what it was redenominated into are one. Sorted."""
    successor = {move.old: move.new for move in universe.redenominations}
    members = {m.token for sector in universe.watched for m in sector.members}
    found = []
    for token in sorted(members - set(successor.values())):
        line = [token]
        while line[-1] in successor:
            line.append(successor[line[-1]])
        found.append(tuple(line))
    return found


def _priced_early(history: History) -> set[str]:
    layout = Layout.of(history.universe)
    seen = np.zeros(len(layout.tokens), dtype=np.bool_)
    for interval in history.intervals:
        if interval.open_time >= history.judged_from:
            break
        seen[layout.market_token[~np.isnan(interval.close)]] = True
    return {layout.tokens[i] for i in np.flatnonzero(seen).tolist()}


def _universe(universe: Universe, hands: list[list[tuple[str, ...]]]) -> Universe:
    """Memberships keep their dates, whichever sector they were in."""
    dated: dict[str, list[Membership]] = defaultdict(list)
    for sector in universe.watched:
        for member in sector.members:
            dated[member.token].append(member)
    sectors = []
    for number, hand in enumerate(hands, start=1):
        members = [m for line in hand for token in line for m in dated[token]]
        name = f"split-{number}"
        sectors.append(Sector(name, name, tuple(sorted(members, key=lambda m: (m.token, m.since)))))
    benchmarks = [sector for sector in universe.sectors if sector.benchmark]
    return Universe(
        tuple(sorted([*sectors, *benchmarks], key=lambda s: s.id)),
        universe.tokens,
        universe.redenominations,
    )
