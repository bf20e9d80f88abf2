"""Dealing venues among processes: alone one takes all, a newcomer gets its share, and it comes to rest."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.store.venue_leases import Division, divide


def test_alone_it_takes_all() -> None:
    assert divide((), {"okx": False, "bybit": False}, []) == Division(take=("bybit", "okx"))


def test_who_holds_most_makes_room_and_who_holds_least_takes() -> None:
    assert divide(("a", "b", "c"), {}, [0]) == Division(leave=("c",))
    assert divide((), {"c": False}, [2]) == Division(take=("c",))
    assert divide(("a", "b"), {"c": False}, [0]) == Division()


def test_one_more_than_another_is_no_reason_to_move() -> None:
    assert divide(("a", "b"), {}, [1]) == Division()


def test_what_nobody_wanted_for_long_is_anybodys() -> None:
    assert divide(("a", "b"), {"c": True}, [0]) == Division(take=("c",))


@given(st.integers(0, 12), st.lists(st.integers(0, 12), min_size=1, max_size=5))
@pytest.mark.filterwarnings("error")
def test_it_comes_to_rest_evenly_with_every_venue_held_once(
    free: int, counts: Sequence[int]
) -> None:
    held = [{f"{i}-{k}" for k in range(count)} for i, count in enumerate(counts)]
    left = {f"free-{k}" for k in range(free)}
    everything = set().union(left, *held)
    for _ in range(60):
        before = [set(h) for h in held]
        for i, mine in enumerate(held):
            others = [len(h) for k, h in enumerate(held) if k != i]
            found = divide(mine, dict.fromkeys(left, False), others)
            mine |= set(found.take)
            left -= set(found.take)
            mine -= set(found.leave)
            left |= set(found.leave)
        if held == before:
            break
    assert not left
    assert sorted(v for h in held for v in h) == sorted(everything)
    assert max(map(len, held)) - min(map(len, held)) <= 1
