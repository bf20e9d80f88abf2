"""Saved queries of Dune through its own client library, against a server that answers as its API documents."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.clock import ManualClock
from monitor.ingest.dune import Dune, DuneQuery
from monitor.ingest.errors import BadVenueData, VenueBusy, VenueDown, VenueError, VenueForbidden
from monitor.model.vendor_reading import VendorFigure
from tests.kit.vendor_server import VendorServer

NOW = datetime(2025, 1, 4, 6, 10, tzinfo=UTC)
KEY = "dune-0123456789"
PATH = "/api/v1/query/3493826/results"
RUN = "/api/v1/execution/01HKZJ2683PHF9Q9PHHQ8FW4Q1/results"
"""The library reads whose result the latest is, then that result."""
QUERY = DuneQuery("VIRTUAL", 3493826, VendorFigure.DAILY_VOLUME, "day", "volume_usd")


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with VendorServer() as made:
        yield made


def result(*rows: dict[str, Any], state: str = "QUERY_STATE_COMPLETED") -> dict[str, Any]:
    """The latest stored result of the query, ended long ago."""
    columns = list(rows[0]) if rows else []
    return {
        "execution_id": "01HKZJ2683PHF9Q9PHHQ8FW4Q1",
        "query_id": 3493826,
        "is_execution_finished": True,
        "state": state,
        "submitted_at": "2024-01-01T11:04:18.724658Z",
        "expires_at": "2026-01-01T11:04:18.724658Z",
        "execution_started_at": "2024-01-01T11:04:19.724658Z",
        "execution_ended_at": "2024-01-01T11:04:20.724658Z",
        "result": {
            "rows": list(rows),
            "metadata": {
                "column_names": columns,
                "column_types": ["varchar"] * len(columns),
                "row_count": len(rows),
                "total_row_count": len(rows),
                "result_set_bytes": 59,
                "total_result_set_bytes": 59,
                "datapoint_count": 2 * len(rows),
                "pending_time_millis": 121,
                "execution_time_millis": 7238,
            },
        },
    }


def dune(server: VendorServer, *queries: DuneQuery) -> Dune:
    return Dune(
        ManualClock(NOW),
        queries or (QUERY,),
        key=KEY,
        base_url=server.url,
        timeout=timedelta(seconds=60),
        attempts=1,
    )


async def test_the_stored_result_is_read_by_key_and_nothing_is_executed(
    server: VendorServer,
) -> None:
    server.answers[PATH] = server.answers[RUN] = result(
        {"day": "2025-01-02 00:00:00.000 UTC", "volume_usd": 1.2e8},
        {"day": "2025-01-03", "volume_usd": "81000000.5"},
        {"day": "2025-01-01T00:00:00Z", "volume_usd": None},
        {"day": "2025-01-04 00:00:00.000 UTC", "volume_usd": 3e6},
    )
    found = await dune(server).read()
    assert {(r.at.day, r.value) for r in found.readings} == {(2, 1.2e8), (3, 81000000.5)}
    assert {(r.subject, r.figure, r.source) for r in found.readings} == {
        ("VIRTUAL", VendorFigure.DAILY_VOLUME, "dune")
    }
    assert (found.refusals, found.missing) == ((), ())
    assert {path.partition("?")[0] for path in server.asked} == {PATH, RUN}
    assert "columns=day%2Cvolume_usd" in server.asked[-1]  # what is not read is not billed
    assert {headers["x-dune-api-key"] for headers in server.headers} == {KEY}
    assert not any(KEY in path for path in server.asked)


async def test_columns_that_are_called_otherwise_are_named(server: VendorServer) -> None:
    server.answers[PATH] = server.answers[RUN] = result({"date": "2025-01-02", "usd": 1.2e8})
    found = await dune(server).read()
    assert found.readings == ()
    assert [r.detail for r in found.refusals] == [
        "query 3493826: found no column day, volume_usd among date, usd"
    ]


@pytest.mark.parametrize("day", ["yesterday", 20250102, None, "2025-13-40"])
async def test_a_row_that_is_no_day_is_refused(server: VendorServer, day: Any) -> None:
    server.answers[PATH] = server.answers[RUN] = result({"day": day, "volume_usd": 1.0})
    found = await dune(server).read()
    assert (found.readings, len(found.refusals)) == ((), 1)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((401, {"error": "invalid API Key"}), VenueForbidden, "HTTP 401"),
        ((402, {"error": "credits"}), VenueForbidden, "no credits left"),
        ((404, {"error": "Query not found"}), VenueError, "refused query 3493826"),
        ((429, {"error": "too many"}), VenueBusy, "fewer requests"),
        ((503, {}), VenueDown, "unreachable"),
        ("<html>cloudflare</html>", VenueError, "dune"),
        ({"state": "QUERY_STATE_CANCELED"}, BadVenueData, "no result"),
        (result(state="QUERY_STATE_EXECUTING"), BadVenueData, "no finished result"),
    ],
)
async def test_what_is_no_result_is_told_apart_and_names_no_key(
    server: VendorServer, answer: Any, error: type[VenueError], words: str
) -> None:
    server.answers[PATH] = server.answers[RUN] = answer
    with pytest.raises(error) as caught:
        await dune(server).read()
    assert words in str(caught.value)
    assert KEY not in f"{caught.value} {caught.value.remedy}"


async def test_one_query_that_fails_stops_no_other(server: VendorServer) -> None:
    server.answers[PATH] = server.answers[RUN] = result({"day": "2025-01-02", "volume_usd": 1.2e8})
    other = DuneQuery("VIRTUAL", 77, VendorFigure.DAILY_FEES, "day", "fees")
    found = await dune(server, other, QUERY).read()
    assert [r.value for r in found.readings] == [1.2e8]
    assert found.missing == ("daily_fees of query 77",)


async def test_an_answer_beyond_all_bounds_is_not_taken(server: VendorServer) -> None:
    server.answers[PATH] = server.answers[RUN] = result(
        {"day": "2025-01-02", "volume_usd": 1.0, "more": "x" * 5_000_000}
    )
    with pytest.raises(BadVenueData, match="bytes"):
        await dune(server).read()


async def test_nobody_there(server: VendorServer) -> None:
    away = Dune(ManualClock(NOW), (QUERY,), key=KEY, base_url="http://127.0.0.1:9", attempts=1)
    with pytest.raises(VenueDown, match="unreachable"):
        await away.read()
