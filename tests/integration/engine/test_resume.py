"""A state that is stored and taken up again, in the same universe or in one that has changed since."""

from datetime import timedelta

import numpy as np
import pytest

from monitor.analytics.parameters import AnalyticsParameters
from monitor.detection.parameters import DetectionParameters
from monitor.engine import Engine
from monitor.model.interval import IntervalInput
from monitor.model.rotation import StepOutput
from tests.integration.engine.market import HOUR, Run, Tape, event_of, events_of, token, universe

WATCHED = universe(
    {"ai": ["AIX", "AIY"], "memes": ["DOGE", "TRUMP"]}, [token("AIX", ["a", "b", "c"])]
)
WIDTH = timedelta(minutes=30)


def intervals() -> list[IntervalInput]:
    """Thirty hours with a launch, holes, a jump, issues and quiet markets."""
    tape, rng = Tape(WATCHED, WIDTH), np.random.default_rng(7)
    price: dict[str, float] = {}
    found = []
    for i in range(60):
        for name in ("AIX", "AIY", "DOGE", "BTC"):
            price[name] = price.get(name, 10.0) * float(np.exp(rng.normal(0, 0.01)))
        now: dict[str, float | None] = dict(price)
        now |= {"TRUMP": 5.0 + i / 10} if i >= 20 else {}
        now |= {"AIY": None} if i % 11 == 5 else {}
        now |= {"b:AIX/USD": price["AIX"] * 1.3} if 30 <= i < 34 else {"b:AIX/USD": price["AIX"]}
        found.append(
            tape.next(
                now,
                volume={"DOGE": 0.0 if i % 7 == 3 else 900.0 + i, "AIX": 500.0 - i},
                taker={"AIX": 200.0 + i},
                supply={"AIY": 1.0 + i // 25},
                trades={"DOGE": (600.0 + i, 250.0)} if i % 5 else None,
                unseen=i in (12, 13, 41),
            )
        )
    return found


FEED = intervals()


def test_cut_anywhere_and_resumed_the_outputs_and_the_bytes_are_the_same() -> None:
    engine = Engine(WATCHED, WIDTH)
    whole = engine.new_state()
    outputs, blobs = [], []
    for interval in FEED:
        outputs.append(engine.step(whole, interval))
        blobs.append(engine.dump(whole))
    cut = Engine(WATCHED, WIDTH)
    for i, interval in enumerate(FEED):
        state = cut.new_state() if i == 0 else cut.load(blobs[i - 1])
        assert repr(cut.step(state, interval)) == repr(outputs[i]), f"step {i}"
        assert cut.dump(state) == blobs[i], f"step {i}"
    assert outputs[-1].step.sector("ai").return_24h is not None
    assert any(events_of(out) for out in outputs)


def test_a_step_of_which_nothing_is_told_decides_and_remembers_the_same() -> None:
    engine = Engine(WATCHED, WIDTH)
    told, untold = engine.new_state(), engine.new_state()
    for interval in FEED:
        moved = engine.move(untold, interval)
        output = engine.step(told, interval)
        assert (moved.close_time, moved.changes) == (output.step.close_time, output.changes)
        assert engine.dump(untold) == engine.dump(told)
    assert repr(moved.output()) == repr(output)


@pytest.mark.parametrize("stands_at", [1, 7, 60])
def test_steps_in_stretches_give_the_outputs_and_the_bytes_of_steps_one_by_one(
    stands_at: int,
) -> None:
    engine = Engine(WATCHED, WIDTH)
    alone, state = engine.new_state(), engine.new_state()
    number = {interval.close_time: k for k, interval in enumerate(FEED, 1)}
    moves = engine.moves(state, iter(FEED), stands=lambda at: number[at] % stands_at == 0)
    for k, (interval, moved) in enumerate(zip(FEED, moves, strict=True), 1):
        output = engine.step(alone, interval)
        assert moved.open_time == interval.open_time
        assert repr(moved.output()) == repr(output), f"step {k}"
        if k % stands_at == 0:
            assert engine.dump(state) == engine.dump(alone), f"step {k}"
    assert engine.dump(state) == engine.dump(alone)


def test_an_interval_that_does_not_follow_is_refused_behind_a_stretch() -> None:
    engine = Engine(WATCHED, WIDTH)
    state = engine.new_state()
    moves = engine.moves(state, iter([*FEED[:30], FEED[31]]))
    for _ in FEED[:30]:
        next(moves)
    with pytest.raises(ValueError, match="expected 2025-01-01 15:00"):
        next(moves)


def test_of_a_step_that_the_state_has_left_nothing_more_is_told() -> None:
    engine = Engine(WATCHED, WIDTH)
    state = engine.new_state()
    left, _ = engine.move(state, FEED[0]), engine.move(state, FEED[1])
    with pytest.raises(RuntimeError, match="found the state at step 2, expected 1"):
        left.output()


def test_a_state_before_its_first_step_can_be_stored() -> None:
    engine = Engine(WATCHED, WIDTH)
    state = engine.load(engine.dump(engine.new_state()))
    fresh = engine.new_state()
    assert repr(engine.step(state, FEED[0])) == repr(engine.step(fresh, FEED[0]))


@pytest.mark.parametrize("skipped", [1, -1, 0])
def test_an_interval_that_does_not_follow_is_refused(skipped: int) -> None:
    run = Run(WATCHED)
    run.step({"BTC": 1.0})
    run.tape.opens += (skipped - 1) * HOUR if skipped < 1 else HOUR
    before = run.engine.dump(run.state)
    with pytest.raises(ValueError, match="expected 2025-01-01 01:00"):
        run.step()
    assert run.engine.dump(run.state) == before


def test_bars_of_another_width_are_refused() -> None:
    run = Run(WATCHED)
    run.tape.width = WIDTH
    with pytest.raises(ValueError, match=r"found an interval of 0:30:00, expected 1:00:00"):
        run.step()


def test_a_state_of_another_width_is_refused() -> None:
    blob = Run(WATCHED, HOUR).engine.dump(Run(WATCHED, HOUR).state)
    with pytest.raises(ValueError, match=r"for bars of 3600.0 s, expected .* 1800.0 s"):
        Engine(WATCHED, WIDTH).load(blob)


def test_the_fingerprint_tells_parameters_and_widths_apart_and_not_universes() -> None:
    prints = {
        Engine(WATCHED, WIDTH).fingerprint,
        Engine(WATCHED, HOUR).fingerprint,
        Engine(WATCHED, WIDTH, analytics=AnalyticsParameters(jump_gate=0.3)).fingerprint,
        Engine(WATCHED, WIDTH, detection=DetectionParameters(on=3.1)).fingerprint,
    }
    assert len(prints) == 4
    other = universe({"ai": ["AIX"], "memes": ["DOGE"]})
    assert Engine(other, WIDTH).fingerprint == Engine(WATCHED, WIDTH).fingerprint


BASE = {"BTC": 100.0, "AIX": 1.0, "AIY": 1.0, "DOGE": 1.0, "TRUMP": 1.0}


def stepped() -> Run:
    """A day of the small universe; AI rose by a tenth and by a tenth again."""
    run = Run(WATCHED)
    run.step(BASE)
    run.steps(24)
    run.step({"AIX": 1.1, "AIY": 1.1})
    return run


def figures(out: StepOutput, sector: str) -> tuple[float, float | None, float | None]:
    """What a sector remembers."""
    found = out.step.sector(sector)
    return found.index, found.return_24h, found.volume_24h_usd


def test_a_token_that_is_added_leaves_all_else_as_it_was() -> None:
    run, same = stepped(), stepped()
    run.move_to(
        universe(
            {"ai": ["AAA", "AIX", "AIY"], "memes": ["DOGE", "TRUMP"]},
            [token("AIX", ["a", "b", "c"])],
        )
    )
    now = {"AIX": 1.2, "AIY": 1.2}
    out, expected = run.step(now | {"AAA": 7.0}), same.step(now)
    assert events_of(out) == [("entry", "ai", "AAA")]
    assert out.step.sector("ai").index == expected.step.sector("ai").index
    assert figures(out, "memes") == figures(expected, "memes")
    assert out.step.sector("ai").return_24h == pytest.approx(0.2)
    assert out.readings == expected.readings


def test_a_token_that_is_added_is_a_launch_only_by_its_first_trade() -> None:
    run = stepped()
    new = token("AAA", first_trade=run.tape.opens - 2 * HOUR)
    run.move_to(
        universe(
            {"ai": ["AAA", "AIX", "AIY"], "memes": ["DOGE", "TRUMP"]},
            [new, token("AIX", ["a", "b", "c"])],
        )
    )
    assert events_of(run.step({"AAA": 7.0})) == [("launch", "ai", "AAA")]


def test_what_a_removed_token_does_to_shares_is_told_as_membership() -> None:
    run = stepped()
    before = run.step().step.sector("ai")
    run.move_to(
        universe({"ai": ["AIX", "AIY"], "memes": ["DOGE"]}, [token("AIX", ["a", "b", "c"])])
    )
    after = run.step().step.sector("ai")
    assert before.share_split_24h is not None
    assert after.share_split_24h is not None
    gained = 2.2 / 3.2 - 2.2 / 4.2
    assert after.share_split_24h.membership == pytest.approx(gained)
    assert after.share_split_24h.price == pytest.approx(before.share_split_24h.price)
    assert after.share_change_24h == pytest.approx(2.2 / 3.2 - 2 / 4)


def test_a_token_that_is_removed_leaves_by_its_last_price_and_moves_no_index() -> None:
    run = stepped()
    share = run.step().step.sector("memes").share
    run.move_to(
        universe({"ai": ["AIX", "AIY"], "memes": ["DOGE"]}, [token("AIX", ["a", "b", "c"])])
    )
    out = run.step()
    assert out.step.sector("ai").index == pytest.approx(1100.0)
    assert out.step.sector("memes").index == 1000.0
    assert share == pytest.approx(2 / 4.2)
    assert out.step.sector("memes").share == pytest.approx(1 / 3.2)


def test_a_sector_that_is_added_starts_without_a_past_and_the_others_go_on() -> None:
    run = stepped()
    run.move_to(
        universe(
            {"aa": ["NEW"], "ai": ["AIX", "AIY"], "memes": ["DOGE", "TRUMP"]},
            [token("AIX", ["a", "b", "c"])],
        )
    )
    out = run.step({"NEW": 3.0})
    new = out.step.sector("aa")
    assert (new.index, new.return_24h, new.share_change_24h) == (1000.0, None, None)
    assert out.step.sector("ai").index == pytest.approx(1100.0)
    assert out.step.sector("ai").return_24h == pytest.approx(0.1)
    assert out.step.sector("zz").volume_24h_usd == pytest.approx(24_000.0)


def test_a_sector_that_is_removed_takes_only_itself() -> None:
    run, same = stepped(), stepped()
    run.move_to(universe({"memes": ["DOGE", "TRUMP"]}))
    out, expected = run.step({"DOGE": 1.1}), same.step({"DOGE": 1.1})
    assert [s.id for s in out.step.sectors] == ["memes", "zz"]
    assert figures(out, "memes") == figures(expected, "memes")
    assert out.step.sector("memes").share == 1.0


def test_a_token_that_changes_sectors_between_two_runs_is_an_exit_and_an_entry() -> None:
    run = stepped()
    run.move_to(
        universe(
            {"ai": ["AIX"], "memes": ["AIY", "DOGE", "TRUMP"]}, [token("AIX", ["a", "b", "c"])]
        )
    )
    out = run.step()
    assert events_of(out) == [("exit", "ai", "AIY"), ("entry", "memes", "AIY")]
    assert event_of(out, "exit").market_cap_usd == pytest.approx(1.1)
    assert out.step.sector("ai").index == pytest.approx(1100.0)
    assert out.step.sector("memes").index == pytest.approx(1000.0)


def test_a_venue_that_is_added_brings_its_own_price_only() -> None:
    run = stepped()
    run.move_to(
        universe(
            {"ai": ["AIX", "AIY"], "memes": ["DOGE", "TRUMP"]},
            [token("AIX", ["a", "b", "c"]), token("DOGE", ["a", "v"])],
        )
    )
    out = run.step()
    assert out.step.sector("memes").index == 1000.0
    assert next(t for t in out.step.tokens if t.id == "DOGE").venues == ("a", "v")
