"""Which supply figures are believed: worked examples of METHOD 3."""

from datetime import UTC, datetime, timedelta

from monitor.model.universe import Supply
from monitor.store.supply_gate import is_believed
from tests.kit.supply_fold import accepted_supplies

DAY = datetime(2025, 1, 10, tzinfo=UTC)


def supply(units: float, hours: float = 0, source: str = "coingecko", **changes: object) -> Supply:
    moment = DAY + timedelta(hours=hours)
    values: dict[str, object] = {
        "token": "VIRTUAL",
        "units": units,
        "valid_from": moment,
        "received_at": moment,
        "source": source,
    }
    return Supply(**values | changes)  # type: ignore[arg-type]


def units(rows: list[Supply]) -> list[float]:
    return [row.units for row in accepted_supplies(rows)]


def test_the_first_figure_is_believed() -> None:
    assert units([supply(1e9)]) == [1e9]


def test_a_change_of_exactly_thirty_percent_is_believed_and_a_larger_one_is_not() -> None:
    assert units([supply(100), supply(130, 1)]) == [100, 130]
    assert units([supply(100), supply(130.1, 1)]) == [100]
    assert units([supply(100), supply(70, 1)]) == [100, 70]
    assert units([supply(100), supply(69.9, 1)]) == [100]


def test_after_a_typo_the_old_figure_stays_the_yardstick() -> None:
    assert units([supply(100), supply(1000, 1), supply(1010, 2), supply(101, 3)]) == [100, 101]


def test_the_operators_dated_entry_is_believed_however_large_the_change() -> None:
    entry = supply(660, 1, "config", dated_by_operator=True)
    assert units([supply(110), entry, supply(670, 2)]) == [110, 660, 670]


def test_a_second_source_that_agrees_within_five_percent_bears_the_change_out() -> None:
    rows = [supply(100), supply(200, 1), supply(209, 2, "defillama")]
    assert units(rows) == [100, 209]  # 200 is within 5 % of 209 (10.45); the first alone was not


def test_a_second_source_that_differs_by_more_than_five_percent_does_not() -> None:
    assert units([supply(100), supply(200, 1), supply(211, 2, "defillama")]) == [100]


def test_the_same_source_said_twice_is_no_second_source() -> None:
    assert units([supply(100), supply(200, 1), supply(200, 2)]) == [100]


def test_a_second_source_counts_for_forty_eight_hours() -> None:
    assert units([supply(100), supply(200, 1), supply(200, 49, "defillama")]) == [100, 200]
    assert units([supply(100), supply(200, 1), supply(200, 49.1, "defillama")]) == [100]


def test_a_later_witness_does_not_change_the_past() -> None:
    first = supply(200, 1)
    assert first not in accepted_supplies([supply(100), first, supply(200, 2, "defillama")])


def test_a_figure_dated_later_is_no_witness_though_it_came_earlier() -> None:
    later = supply(200, 2, "defillama")
    assert not is_believed(supply(200, 1), supply(100), [later])
    assert is_believed(supply(200, 2), supply(100), [later])


def test_unlike_bases_and_other_tokens_are_no_yardstick() -> None:
    rows = [
        supply(100),
        supply(1000, 1, basis="total"),
        supply(5000, 1, token="TRUMP"),
        supply(1000, 2, "defillama"),
    ]
    assert units(rows) == [100, 1000, 5000]


def test_order_of_arrival_in_the_list_does_not_matter() -> None:
    rows = [supply(100), supply(125, 1), supply(150, 2)]
    assert units(rows[::-1]) == [100, 125, 150]
