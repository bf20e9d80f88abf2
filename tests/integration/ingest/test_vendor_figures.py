"""Vendors' figures over HTTP as documented: what is stored, restated, refused and told, and what a vendor lacks."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.alerting.operators import Operators, OperatorWay
from monitor.clock import ManualClock
from monitor.ingest.coingecko_categories import CoinGeckoCategories
from monitor.ingest.defillama import DefiLlama, Protocol
from monitor.ingest.errors import BadVenueData, VenueBusy, VenueDown, VenueError, VenueForbidden
from monitor.ingest.sosovalue import SoSoValue
from monitor.ingest.vendor_job import read_vendor_into
from monitor.ingest.vendor_source import VendorSource
from monitor.jobs.vendors import activity_sources, reference_sources, vendors_read
from monitor.model.vendor_reading import ACTIVITY, REFERENCES, VendorFigure, VendorReading
from monitor.settings.load import load_settings
from monitor.settings.shipped import shipped_folder
from monitor.store import outbox, quarantine
from monitor.store.database import Database
from monitor.store.prune import prune
from monitor.store.vendor_readings import latest_vendor_readings
from tests.kit.vendor_server import VendorServer

NOW = datetime(2025, 1, 4, 6, 10, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = datetime(2025, 1, 2, tzinfo=UTC)
THIRD = SECOND + DAY
KEY = "sk-soso-0123456789"


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with VendorServer() as made:
        yield made


def days(*values: Any, last: datetime = THIRD) -> dict[str, Any]:
    """A summary as DefiLlama gives it; a value a day, up to ``last``."""
    first = last - (len(values) - 1) * DAY
    chart = [[int((first + i * DAY).timestamp()), value] for i, value in enumerate(values)]
    return {"name": "Virtuals Protocol", "total24h": values[-1], "totalDataChart": chart}


def llama_says(server: VendorServer, kind: str, answer: Any) -> None:
    path = "dexs" if kind == "dailyVolume" else "fees"
    server.answers[f"/summary/{path}/virtuals-protocol?dataType={kind}"] = answer


def llama(server: VendorServer, clock: ManualClock, fee_rate: float | None = None) -> DefiLlama:
    protocols = {"VIRTUAL": Protocol("virtuals-protocol", fee_rate)}
    return DefiLlama(clock, protocols, base_url=server.url, attempts=1)


def known(
    database: Database, figures: Sequence[VendorFigure] = ACTIVITY, by: datetime = NOW + 9 * DAY
) -> list[VendorReading]:
    with database.read() as conn:
        return latest_vendor_readings(conn, figures, since=NOW - 90 * DAY, until=by, known_by=by)


def told(database: Database) -> list[str]:
    with database.read() as conn:
        rows = outbox.list_notices(conn, NOW - DAY, NOW + 9 * DAY)
    return [row.notice.text for row in rows]


async def test_days_that_are_over_are_stored_and_the_running_one_is_not(
    server: VendorServer, database: Database
) -> None:
    clock = ManualClock(NOW)
    source = llama(server, clock)
    llama_says(server, "dailyFees", days(90_000, 1_700_000.5, 800_000, 30_000, last=THIRD + DAY))
    llama_says(server, "dailyRevenue", days(None, 1_594_093, 700_000))
    llama_says(server, "dailyVolume", days(9e6, 160e6, 81e6))
    stored = await read_vendor_into(source, database, clock)
    await source.close()
    assert (stored.saved.new, stored.refused, stored.reading.missing) == (8, (), ())
    assert {(r.figure.value, r.at, r.value, r.source) for r in known(database)} == {
        ("daily_fees", THIRD, 800_000.0, "defillama"),
        ("daily_revenue", THIRD, 700_000.0, "defillama"),
        ("daily_volume", THIRD, 81e6, "defillama"),
    }


async def test_a_day_that_is_restated_has_both_figures_each_from_when_it_was_known(
    server: VendorServer, database: Database
) -> None:
    clock = ManualClock(NOW)
    source = llama(server, clock)
    llama_says(server, "dailyFees", days(100.0, 200.0))
    await read_vendor_into(source, database, clock)
    clock.advance(timedelta(hours=6))
    llama_says(server, "dailyFees", days(100.0, 250.0))
    stored = await read_vendor_into(source, database, clock)
    await source.close()
    assert (stored.saved.new, stored.saved.revised, stored.saved.unchanged) == (0, 1, 1)
    assert [r.value for r in known(database)] == [250.0]
    assert [r.value for r in known(database, by=NOW + timedelta(hours=1))] == [200.0]


async def test_volume_that_has_no_series_is_told_from_fees_only_where_their_rate_is_named(
    server: VendorServer,
) -> None:
    clock = ManualClock(NOW)
    llama_says(server, "dailyFees", days(800_000.0))
    plain, rated = llama(server, clock), llama(server, clock, 0.01)
    without, with_rate = await plain.read(), await rated.read()
    await plain.close()
    await rated.close()
    assert "daily_volume of virtuals-protocol" in without.missing
    assert {r.figure for r in without.readings} == {VendorFigure.DAILY_FEES}
    assert {r.figure: r.value for r in with_rate.readings} == {
        VendorFigure.DAILY_FEES: 800_000.0,
        VendorFigure.DAILY_VOLUME_FROM_FEES: 80_000_000.0,
    }


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((404, {"message": "Protocol not found"}), VenueError),
        ((503, "<html>cloudflare</html>"), VenueDown),
        ("<html>cloudflare</html>", BadVenueData),
        ((429, {}), VenueBusy),
        ((403, {}), VenueForbidden),
    ],
)
async def test_an_answer_that_is_none_is_told_apart(
    server: VendorServer, answer: Any, error: type[VenueError]
) -> None:
    for kind in ("dailyFees", "dailyRevenue", "dailyVolume"):
        llama_says(server, kind, answer)
    source = llama(server, ManualClock(NOW))
    with pytest.raises(error):
        await source.read()
    await source.close()


@pytest.mark.parametrize("answer", [{"message": "unknown"}, [], {"totalDataChart": "none"}])
async def test_a_protocol_without_a_series_is_missing_and_no_figure(
    server: VendorServer, answer: Any
) -> None:
    for kind in ("dailyFees", "dailyRevenue", "dailyVolume"):
        llama_says(server, kind, answer)
    source = llama(server, ManualClock(NOW))
    found = await source.read()
    await source.close()
    assert found.readings == ()
    assert len(found.missing) == 3


async def test_what_cannot_be_is_kept_out_counted_and_told_once_in_a_week(
    server: VendorServer, database: Database
) -> None:
    clock = ManualClock(NOW)
    source = llama(server, clock)
    llama_says(server, "dailyFees", days(8e3, 9e3, 8e3, 9e3, 9e10))
    llama_says(server, "dailyRevenue", {"totalDataChart": [["soon", 5.0], [1735776000, "many"]]})
    work = vendors_read(
        [source], database, clock, Operators((OperatorWay("operator"),)), wake=lambda: None
    )
    for _ in range(3):
        await work()
        clock.advance(timedelta(hours=6))
    await source.close()
    assert {r.value for r in known(database)} == {9e3}
    with database.read() as conn:
        counted = {(row[0], row[2]): row[3] for row in quarantine.counts(conn)}
    assert counted == {
        ("defillama", "implausible_figure"): 3,
        ("defillama", "not_a_figure"): 6,
    }
    texts = told(database)
    assert len(texts) == 3
    assert texts[2].startswith(
        "Monitor: a figure of defillama is not believed and not shown: VIRTUAL, daily_fees of"
        " 2025-01-03 00:00: found 90,000,000,000, which is 1.06e+07 times the usual 8,500."
    )


def categories(server: VendorServer, clock: ManualClock) -> CoinGeckoCategories:
    named = {"ai-agents": "ai-agents", "memes": "meme-token", "gone": "no-such"}
    return CoinGeckoCategories(clock, named, base_url=server.url, attempts=1)


async def test_categories_are_read_without_a_key_in_one_call(
    server: VendorServer, database: Database
) -> None:
    clock = ManualClock(NOW)
    server.answers["/coins/categories"] = [
        {"id": "ai-agents", "market_cap": 9.1e9, "market_cap_change_24h": -3.47, "volume_24h": 1e9},
        {"id": "meme-token", "market_cap": 0, "market_cap_change_24h": None},
        {"id": "layer-1", "market_cap": 2e12, "market_cap_change_24h": 0.2},
    ]
    source = categories(server, clock)
    stored = await read_vendor_into(source, database, clock)
    await source.close()
    assert server.asked == ["/coins/categories"]
    assert stored.reading.missing == ("category no-such",)
    assert {
        (r.subject, r.figure.value, round(r.value, 6)) for r in known(database, REFERENCES)
    } == {
        ("ai-agents", "market_cap", 9.1e9),
        ("ai-agents", "change_24h", -0.0347),
    }


@pytest.mark.parametrize("answer", [[], {"error": "no"}, "null"])
async def test_categories_that_are_none_are_said(server: VendorServer, answer: Any) -> None:
    server.answers["/coins/categories"] = answer
    source = categories(server, ManualClock(NOW))
    with pytest.raises(BadVenueData):
        await source.read()
    await source.close()


def soso(server: VendorServer, changes: Any = "percent") -> SoSoValue:
    return SoSoValue(
        ManualClock(NOW),
        {"ai-agents": "AI Agents", "memes": "Meme"},
        key=KEY,
        changes=changes,
        base_url=server.url,
        attempts=1,
    )


@pytest.mark.parametrize(("changes", "value"), [("percent", 0.0347), ("ratio", 3.47)])
async def test_sosovalue_gives_changes_by_key_in_the_unit_that_the_configuration_says(
    server: VendorServer, changes: str, value: float
) -> None:
    server.answers["/currencies/sector-spotlight"] = {
        "code": 0,
        "message": "success",
        "data": {
            "sector": [{"name": "Meme", "change_pct_24h": -1.2, "marketcap_dom": 2.1}],
            "spotlight": [{"name": "AI agents", "24h_change_pct": 3.47}],
        },
    }
    source = soso(server, changes)
    found = await source.read()
    await source.close()
    assert {r.subject: r.value for r in found.readings}["ai-agents"] == pytest.approx(value)
    assert len(found.readings) == 2
    assert server.headers[0]["x-soso-api-key"] == KEY


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            {"code": 42901, "message": "Rate limit exceeded", "details": {"retry_after": 45}},
            VenueBusy,
        ),
        ({"code": 400101, "message": "bad key"}, VenueForbidden),
        ({"code": 500301, "message": "maintenance"}, VenueError),
        ({"code": 0, "data": None}, BadVenueData),
        ([], BadVenueData),
        ((429, {"code": 42901}), VenueBusy),
    ],
)
async def test_the_codes_of_sosovalue_are_told_apart_and_name_no_key(
    server: VendorServer, answer: Any, error: type[VenueError]
) -> None:
    server.answers["/currencies/sector-spotlight"] = answer
    source = soso(server)
    with pytest.raises(error) as caught:
        await source.read()
    await source.close()
    assert KEY not in f"{caught.value} {caught.value.remedy}"


async def test_a_vendor_that_fails_stops_no_other(server: VendorServer, database: Database) -> None:
    clock = ManualClock(NOW)
    server.answers["/currencies/sector-spotlight"] = (503, {})
    server.answers["/coins/categories"] = [{"id": "ai-agents", "market_cap": 9.1e9}]
    sources: list[VendorSource] = [soso(server), categories(server, clock)]
    await vendors_read(sources, database, clock, Operators(()), wake=lambda: None)()
    for source in sources:
        await source.close()
    assert [r.value for r in known(database, REFERENCES)] == [9.1e9]


def test_nothing_is_read_until_it_is_named() -> None:
    shipped = load_settings(shipped_folder() / "monitor.toml", {})
    clock = ManualClock(NOW)
    assert activity_sources(shipped, clock) == []
    assert reference_sources(shipped, clock) == []
    on = load_settings(
        shipped_folder() / "monitor.toml",
        {
            "MONITOR_SOURCES__DEFILLAMA__ENABLED": "true",
            "MONITOR_SOURCES__COINGECKO__ENABLED": "true",
        },
    )
    assert [source.name for source in activity_sources(on, clock)] == ["defillama"]
    assert [source.name for source in reference_sources(on, clock)] == ["coingecko"]


async def test_old_figures_are_pruned(server: VendorServer, database: Database) -> None:
    clock = ManualClock(NOW)
    source = llama(server, clock)
    llama_says(server, "dailyFees", days(100.0, 200.0))
    await read_vendor_into(source, database, clock)
    await source.close()
    with database.write() as conn:
        gone = prune(conn, now=NOW, retention={"vendors": timedelta(hours=36)})
    assert gone == {"vendors": 1}
    assert [r.at for r in known(database)] == [THIRD]
