"""The detector on streams of sector steps: found end to end, and the same wherever it is cut."""

import io
import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detection.detector import Detector
from monitor.detection.detector_state import DetectorState
from monitor.detection.inputs import Handed, Sectors, SectorStep, SectorSteps
from monitor.detection.looked import Decided, Looked
from monitor.detection.parameters import DetectionParameters
from monitor.model.interval import Layout
from monitor.model.rotation import PairReading, RotationChange
from tests.unit.detection.stage import AI, MEMES, SECTORS, START, WATCHED, Answers, told

HOUR = timedelta(hours=1)
P = DetectionParameters(horizons_h=(4, 8), least_samples=40, full_samples=80)
LAYOUT = Layout(
    markets=(),
    tokens=(),
    sectors=SECTORS,
    market_token=np.zeros(0, dtype=np.int64),
    multiplier=np.zeros(0),
)
TURN_AT, BACK_AT, LENGTH = 150, 180, 230
EVERY = frozenset(range(LENGTH))
HOLES = frozenset({60, 61, 62, 190})


def detector(p: DetectionParameters = P, width: timedelta = HOUR) -> Detector:
    return Detector(LAYOUT, p, width, watched=WATCHED)


def steps(seed: int = 1, *, holes: frozenset[int] = frozenset()) -> Iterator[SectorStep]:
    """Noise; from ``TURN_AT`` capital leaves AI for memes for eight hours, from ``BACK_AT`` it returns."""
    rng = np.random.default_rng(seed)
    n = len(SECTORS)
    for i in range(LENGTH):
        r = rng.normal(0.0, 0.004, n)
        volume = 100.0 * np.exp(rng.normal(0.0, 0.15, n))
        net = volume * rng.normal(0.0, 0.02, n)
        for since, loser, gainer in ((TURN_AT, AI, MEMES), (BACK_AT, MEMES, AI)):
            if since <= i < since + 8:
                r[loser] -= 0.015
                r[gainer] += 0.01
                volume[gainer] *= 3.0
                net[loser], net[gainer] = -0.1 * volume[loser], 0.1 * volume[gainer]
        yield Sectors(
            r=r,
            e=r.copy(),
            q=r + rng.normal(0.0, 0.001, n),
            volume=volume,
            net_flow=net,
            flow_weight=np.ones(n),
            coverage=np.ones(n),
            stale_weight=np.zeros(n),
            known=i not in holes,
            benchmark_missing=False,
        )


Seen = tuple[tuple[PairReading, ...], tuple[RotationChange, ...]]


def run(
    one: Detector,
    state: DetectorState,
    stream: Iterable[SectorStep],
    cuts: frozenset[int] = frozenset(),
) -> tuple[list[Seen], DetectorState]:
    """All steps in stretches of a day at most; before each step in ``cuts`` the state goes through bytes and back."""
    steps, seen = list(stream), list[Seen]()
    for begin, end in pairwise(sorted({*range(0, len(steps), 24), *cuts, len(steps)})):
        if begin in cuts:
            state = through_bytes(one, state)
        seen += taken(one, state, begin, steps[begin:end])
    return seen, state


def taken(one: Detector, state: DetectorState, begin: int, steps: list[SectorStep]) -> list[Seen]:
    """One stretch; the first of its steps is the stream's at ``begin``."""
    ats = [at(begin + k) for k in range(len(steps))]
    handed = Handed(ats, stacked(steps), [False] * len(steps))
    moved = one.over(state, handed, lambda _t: nullcontext(Answers()))
    return [(one.readings(step.decided(Answers())), step.changes) for step in moved]


def at(i: int) -> datetime:
    return START + (i + 1) * HOUR


def through_bytes(one: Detector, state: DetectorState) -> DetectorState:
    arrays, rest = state.dump()
    blob = io.BytesIO()
    np.savez(blob, allow_pickle=False, **arrays)
    text = json.dumps(rest)
    blob.seek(0)
    with np.load(blob, allow_pickle=False) as stored:
        return one.restore({name: stored[name] for name in stored.files}, json.loads(text), SECTORS)


def changes_of(seen: list[Seen]) -> list[RotationChange]:
    return [change for _, changes in seen for change in changes]


def same_bits(first: DetectorState, second: DetectorState) -> bool:
    (arrays, rest), (others, other_rest) = first.dump(), second.dump()
    equal = all(np.array_equal(arrays[k], others[k], equal_nan=True) for k in arrays)
    return arrays.keys() == others.keys() and equal and rest == other_rest


@pytest.fixture(scope="module")
def seen() -> list[Seen]:
    """The stream without a cut, to be read."""
    one = detector()
    return run(one, one.new_state(), steps())[0]


@pytest.fixture(scope="module")
def one_by_one() -> tuple[list[Seen], DetectorState]:
    """The stream with ``HOLES``, cut before every step, to be read."""
    one = detector()
    return run(one, one.new_state(), steps(holes=HOLES), EVERY)


def test_a_scripted_turn_and_its_way_back_are_found_in_time(seen: list[Seen]) -> None:
    alarms = [c for c in changes_of(seen) if c.reason.value == "confirmed"]
    assert told(alarms) == [("confirmed", "ai", "memes"), ("confirmed", "memes", "ai")]
    for alarm, since in zip(alarms, (TURN_AT, BACK_AT), strict=True):
        assert at(since) < alarm.changed_at <= at(since + 8)
    assert alarms[1].rotation.reverses == alarms[0].rotation.id


def test_the_beginning_is_estimated_at_the_turn(seen: list[Seen]) -> None:
    first = next(c.rotation for c in changes_of(seen) if c.reason.value == "confirmed")
    assert first.started_at is not None
    assert abs(first.started_at - at(TURN_AT - 1)) <= 2 * HOUR
    moved = first.evidence.moved_before_detection_pp
    hours = (first.confirmed_at or START) - first.started_at
    assert moved == pytest.approx(1.5 * (hours / HOUR), abs=2.0)


def test_a_state_that_goes_through_bytes_before_every_step_changes_nothing(
    one_by_one: tuple[list[Seen], DetectorState],
) -> None:
    one = detector()
    whole, end = run(one, one.new_state(), steps(holes=HOLES))
    cut, cut_end = one_by_one
    assert cut == whole
    assert len(changes_of(whole)) >= 6
    assert same_bits(end, cut_end)


def stacked(stream: list[SectorStep]) -> SectorSteps:
    names = [f.name for f in fields(Sectors)]
    return Sectors(**{name: np.array([getattr(s, name) for s in stream]) for name in names})


@pytest.mark.parametrize("length", [1, 5, 24])
def test_steps_in_stretches_are_decided_and_remembered_as_one_by_one(
    length: int, one_by_one: tuple[list[Seen], DetectorState], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, (alone, end) = detector(), one_by_one
    state, decide = one.new_state(), one.decide
    found: list[Seen] = []
    walked: list[datetime] = []

    def counted(state: DetectorState, looked: Looked) -> Decided:
        walked.append(looked.at)
        return decide(state, looked)

    monkeypatch.setattr(one, "decide", counted)
    stream = list(steps(holes=HOLES))
    for begin in range(0, LENGTH, length):
        found += taken(one, state, begin, stream[begin : begin + length])
    assert found == alone
    assert same_bits(state, end)
    assert len(changes_of(found)) >= 6
    assert (len(walked) == LENGTH) == (length == 1)


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    cuts=st.frozensets(st.integers(0, LENGTH - 1), max_size=5),
    holes=st.frozensets(st.integers(20, LENGTH - 1), max_size=12),
)
def test_any_stream_cut_anywhere_gives_the_same(
    seed: int, cuts: frozenset[int], holes: frozenset[int]
) -> None:
    one = detector()
    whole, end = run(one, one.new_state(), steps(seed, holes=holes))
    cut, cut_end = run(one, one.new_state(), steps(seed, holes=holes), cuts)
    assert cut == whole
    assert same_bits(end, cut_end)


def test_returns_of_an_interval_that_nobody_answered_for_are_not_believed() -> None:
    one, holes = detector(), frozenset({100, 101, 160})
    clean = [replace(s, e=s.e * np.nan) if not s.known else s for s in steps(holes=holes)]
    wild = [replace(s, e=s.e + 0.3) if not s.known else s for s in steps(holes=holes)]
    first, _ = run(one, one.new_state(), clean)
    second, _ = run(one, one.new_state(), wild)
    assert first == second


def test_only_the_pairs_asked_for_are_watched() -> None:
    one = detector(replace(P, pairs=(("memes", "ai"),)))
    seen, _ = run(one, one.new_state(), steps())
    pairs = {(r.from_sector, r.to_sector) for readings, _ in seen for r in readings}
    assert pairs == {("memes", "ai")}
    assert ("confirmed", "ai", "memes") not in told(changes_of(seen))


def test_every_watched_pair_is_read_in_every_step(seen: list[Seen]) -> None:
    assert {len(readings) for readings, _ in seen} == {6}
    assert seen[100][0][0].at == at(100)


def test_a_sector_that_is_added_later_leaves_the_others_memory_untouched() -> None:
    one = detector()
    stream = list(steps())
    _, state = run(one, one.new_state(), stream[:160])
    wider = Layout(
        markets=(),
        tokens=(),
        sectors=("ai", "defi", "games", "memes", "market"),
        market_token=np.zeros(0, dtype=np.int64),
        multiplier=np.zeros(0),
    )
    grown = Detector(wider, P, HOUR, watched=4)
    arrays, rest = state.dump()
    moved = grown.restore(arrays, rest, SECTORS)
    place = [0, 1, 3, 4]
    for i, narrow in enumerate(stream[160:], start=160):
        ((before, _),) = taken(one, state, i, [narrow])
        ((after, _),) = taken(grown, moved, i, [widened(narrow, place)])
        wanted = {(r.from_sector, r.to_sector): r for r in before}
        found = {(r.from_sector, r.to_sector): r for r in after}
        assert {pair: found[pair] for pair in wanted} == wanted
        assert all(found[pair].score is None for pair in found.keys() - wanted.keys())


def widened(narrow: SectorStep, place: list[int]) -> SectorStep:
    def spread(row: np.ndarray) -> np.ndarray:
        out = np.full(5, np.nan)
        out[place] = row
        return out

    return replace(
        narrow,
        r=spread(narrow.r),
        e=spread(narrow.e),
        q=spread(narrow.q),
        volume=spread(narrow.volume),
        net_flow=spread(narrow.net_flow),
        flow_weight=np.nan_to_num(spread(narrow.flow_weight)),
        coverage=np.nan_to_num(spread(narrow.coverage)),
        stale_weight=np.nan_to_num(spread(narrow.stale_weight)),
    )


def test_the_rank_says_how_the_score_stands_among_the_hourly_maxima(seen: list[Seen]) -> None:
    first = next(c.rotation for c in changes_of(seen) if c.reason.value == "confirmed")
    evidence = first.evidence
    qualified = [
        max((r.score for r in readings if r.qualified and r.score is not None), default=None)
        for readings, changes in seen
        if readings[0].at < (first.confirmed_at or START)
    ]
    hourly = [score for score in qualified if score is not None]
    assert evidence.score_rank_of == len(hourly) + 1
    assert first.score is not None
    assert evidence.score_rank == 1 + sum(score > first.score for score in hourly)


@pytest.mark.parametrize("change", [{"on": 3.1}, {"horizons_h": (4, 12)}, {"pairs": (("a", "b"),)}])
def test_every_parameter_is_in_the_fingerprint(change: dict[str, object]) -> None:
    changed = replace(P, **change)  # type: ignore[arg-type]
    assert changed.fingerprint() != P.fingerprint()
    assert replace(P).fingerprint() == P.fingerprint()


@pytest.mark.parametrize("minutes", [7, 240])
def test_bars_that_do_not_divide_an_hour_are_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="divides an hour"):
        detector(width=timedelta(minutes=minutes))


@pytest.mark.parametrize("horizons", [(0, 4), (4, 25)])
def test_horizons_beyond_the_memory_are_refused(horizons: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="1 to 24 hours"):
        detector(replace(P, horizons_h=horizons))
