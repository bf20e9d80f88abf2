"""The chained index and the parts of a share's change: worked examples 1 and 2, the divisor form, the identities."""

from itertools import pairwise

import numpy as np
import pytest

from monitor.analytics.index import Book, cap_changes, chain_return, share_changes, shares

AI, MEMES, NO = 0, 1, -1


def book(*members: tuple[float, float, int]) -> Book:
    """Tokens as (price, supply, sector)."""
    price, supply, sector = zip(*members, strict=True)
    return Book(np.array(price), np.array(supply), np.array(sector, dtype=np.int64))


def test_a_launch_moves_share_by_its_own_part_and_no_index() -> None:
    # billions: AI 16 falls 10 %, memes 60 stay, a launch brings 10
    before = book((1.0, 16.0, AI), (1.0, 60.0, MEMES), (np.nan, np.nan, NO))
    after = book((0.9, 16.0, AI), (1.0, 60.0, MEMES), (10.0, 1.0, MEMES))
    r, some = chain_return(before, after, 2)
    assert some.all()
    assert 1000.0 * np.exp(r) == pytest.approx([900.0, 1000.0], abs=1e-9)

    caps_before, caps_after = np.array([16.0, 60.0]), np.array([14.4, 70.0])
    assert shares(caps_before, 2)[0] == pytest.approx(0.210526, abs=5e-7)
    assert shares(caps_after, 2)[0] == pytest.approx(0.170616, abs=5e-7)
    parts = cap_changes(
        before, after, np.array([False, False, True]), np.zeros(3, dtype=np.bool_), 2
    )
    assert parts == pytest.approx(np.array([[-1.6, 0, 0, 0], [0, 0, 0, 10.0]]))
    price, supply, membership, launch = 100.0 * share_changes(parts, caps_before, caps_after, 2)[AI]
    assert price == pytest.approx(-1.6148, abs=5e-5)
    assert launch == pytest.approx(-2.3762, abs=5e-5)
    assert (supply, membership) == (0.0, 0.0)
    assert price + launch == pytest.approx(-3.9910, abs=5e-5)


def test_a_redenomination_leaves_price_and_supply_effects_apart() -> None:
    # AI16Z at 0.06 with 1.1 bn units, restated by 6: 0.01 with 6.6 bn; then ELIZAOS at 0.0105 with 7.4822 bn
    before = book((0.06 / 6, 1.1e9 * 6, AI))
    after = book((0.0105, 7.4822e9, AI))
    r, _ = chain_return(before, after, 1)
    assert np.expm1(r[0]) == pytest.approx(0.05, abs=1e-12)
    parts = cap_changes(before, after, np.array([False]), np.array([False]), 1)[0]
    assert parts[0] == pytest.approx(3.52055e6, abs=0.5)
    assert parts[1] == pytest.approx(9.04255e6, abs=0.5)
    assert parts.sum() == pytest.approx(12.5631e6, abs=0.5)
    assert before.cap.sum() == pytest.approx(66.0e6)
    assert after.cap.sum() == pytest.approx(78.5631e6, abs=0.5)


def test_the_chained_index_equals_the_divisor_form_through_entry_exit_and_issue() -> None:
    """Level = cap / divisor; the divisor is reset at each event by the cap after over the cap before, at old prices."""
    steps = [
        book((2.0, 10.0, AI), (5.0, 4.0, AI), (7.0, 3.0, NO)),
        book((2.2, 10.0, AI), (4.5, 4.0, AI), (7.0, 3.0, NO)),
        book((2.1, 10.0, AI), (4.6, 4.0, AI), (8.0, 3.0, AI)),  # the third enters
        book((2.3, 15.0, AI), (4.4, 4.0, AI), (9.0, 3.0, AI)),  # the first issues 5 more
        book((2.4, 15.0, AI), (4.4, 4.0, NO), (9.9, 3.0, AI)),  # the second leaves
        book((2.0, 15.0, AI), (9.9, 4.0, NO), (9.0, 3.0, AI)),
    ]
    level = 1000.0
    chained = [level]
    for before, after in pairwise(steps):
        level *= float(np.exp(chain_return(before, after, 1)[0][0]))
        chained.append(level)

    # by hand: cap of the members with the weights in force, over the divisor in force
    divisor = 40.0 / 1000.0
    expected = [1000.0, (22.0 + 18.0) / divisor]
    expected.append((21.0 + 18.4) / divisor)
    divisor *= (21.0 + 18.4 + 24.0) / (21.0 + 18.4)
    expected.append((23.0 + 17.6 + 27.0) / divisor)
    divisor *= (34.5 + 17.6 + 27.0) / (23.0 + 17.6 + 27.0)
    divisor *= (34.5 + 27.0) / (34.5 + 17.6 + 27.0)  # leaves at its last price
    expected.append((36.0 + 29.7) / divisor)
    expected.append((30.0 + 27.0) / divisor)
    assert chained == pytest.approx(expected, rel=1e-12)


def test_a_sector_without_a_kept_member_has_no_return_and_says_so() -> None:
    before = book((1.0, 1.0, AI), (np.nan, np.nan, NO))
    after = book((1.5, 1.0, NO), (3.0, 1.0, AI))
    r, some = chain_return(before, after, 2)
    assert r.tolist() == [0.0, 0.0]
    assert some.tolist() == [False, False]


def test_a_token_that_changes_sectors_is_an_exit_and_an_entry() -> None:
    before = book((2.0, 5.0, AI), (1.0, 30.0, MEMES))
    after = book((3.0, 5.0, MEMES), (1.0, 30.0, MEMES))
    parts = cap_changes(before, after, np.array([False, False]), np.array([False, False]), 2)
    assert parts.tolist() == [[0.0, 0.0, -10.0, 0.0], [0.0, 0.0, 15.0, 0.0]]


def test_share_is_of_the_watched_sectors_only() -> None:
    caps = np.array([30.0, 10.0, 1000.0])
    assert shares(caps, 2).tolist() == [0.75, 0.25]
    assert np.isnan(shares(np.zeros(3), 2)).all()


def test_no_cap_gives_no_parts() -> None:
    parts = np.ones((2, 4))
    assert np.isnan(share_changes(parts, np.zeros(2), np.ones(2), 2)).all()
