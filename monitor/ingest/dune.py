"""A token's daily activity from saved queries of Dune, by its own client library (extra ``dune``).

The latest stored result alone is read: nothing is executed, which would be billed. What a query's columns are called is
its author's choice, so the configuration names them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from monitor.clock import Clock
from monitor.ingest.errors import BadVenueData, VenueBusy, VenueDown, VenueError, VenueForbidden
from monitor.ingest.vendor_http import BUSY_WAIT_S, LARGEST_ANSWER
from monitor.ingest.vendor_source import Gathered, VendorRead, number
from monitor.model.vendor_reading import VendorFigure, VendorReading
from monitor.network import USER_AGENT, VENDOR_TIMEOUT, proxy_for, trusted_path

if TYPE_CHECKING:
    from dune_client.client import DuneClient

SOURCE = "dune"
BASE = "https://api.dune.com"
DAY = timedelta(days=1)
REACH = timedelta(days=90)
_NEVER_H = 24 * 366 * 100
"""The library executes a query anew when its result is older than this."""
_NOT_ALLOWED = (401, 402, 403)


@dataclass(frozen=True, slots=True)
class DuneQuery:
    """A saved query whose rows are days: ``day`` and ``value`` are the names of its columns."""

    token: str
    query: int
    figure: VendorFigure
    day: str
    value: str


class Dune:
    """Reads one query after the other, in a thread of its own: the library blocks."""

    def __init__(
        self,
        clock: Clock,
        queries: Sequence[DuneQuery],
        *,
        key: str,
        base_url: str | None = None,
        timeout: timedelta = VENDOR_TIMEOUT,
        attempts: int = 3,
    ) -> None:
        self._clock = clock
        self._queries = tuple(queries)
        self._key = key
        self._base = (base_url or BASE).rstrip("/")
        self._timeout_s = timeout.total_seconds()
        self._attempts = attempts

    @property
    def name(self) -> str:
        """``dune``."""
        return SOURCE

    async def read(self) -> VendorRead:
        """Days of the last three months that are over. Raises VenueError where no query was answered."""
        return await asyncio.to_thread(self._read)

    async def close(self) -> None:
        """No connection is kept."""

    def _read(self) -> VendorRead:
        found = Gathered(SOURCE, self._clock.now())
        client = self._client()
        failed: VenueError | None = None
        try:
            for query in self._queries:
                try:
                    rows = _rows(client, query)
                except VenueError as error:
                    if error.stops_venue:
                        raise
                    failed = error
                    found.missing.append(f"{query.figure.value} of query {query.query}")
                    continue
                _take(found, query, rows)
        finally:
            client.http.close()
        if failed is not None and not found.readings:
            raise failed
        return found.read()

    def _client(self) -> "DuneClient":
        try:
            from dune_client.client import DuneClient  # noqa: PLC0415  an extra, and a second to import
            from requests.adapters import HTTPAdapter  # noqa: PLC0415  comes with it
            from urllib3.util import Retry  # noqa: PLC0415
        except ImportError:
            raise VenueForbidden(
                SOURCE,
                "cannot be asked: its client library is not installed",
                remedy="pip install 'sector-rotation-monitor[dune]'",
            ) from None

        class Client(DuneClient):
            def default_headers(self) -> dict[str, str]:
                return {**super().default_headers(), "User-Agent": USER_AGENT}

        client = Client(self._key, base_url=self._base, request_timeout=self._timeout_s)
        client.logger.disabled = True  # its texts hold answers and addresses
        http = client.http
        http.trust_env = False
        http.verify = trusted_path() or True
        proxy = proxy_for(self._base)
        http.proxies = {"http": proxy, "https": proxy} if proxy else {}
        http.max_redirects = 0
        http.hooks["response"].append(_refuse_large)
        retries = Retry(
            total=self._attempts - 1, backoff_factor=0.5, status_forcelist={502, 503, 504}
        )
        for scheme in ("https://", "http://"):
            http.mount(scheme, HTTPAdapter(max_retries=retries))
        return client


def _refuse_large(response: Any, **_: Any) -> None:
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > LARGEST_ANSWER:
        response.close()
        raise BadVenueData(SOURCE, f"gave {int(length):,} bytes, expected a row a day")


def _rows(client: "DuneClient", query: DuneQuery) -> list[Mapping[str, Any]]:
    """Of the query's latest stored result; raises VenueError, whose text never holds the key."""
    import requests  # noqa: PLC0415  comes with the extra

    try:
        result = client.get_latest_result(
            query.query, max_age_hours=_NEVER_H, columns=[query.day, query.value]
        )
        rows = result.get_rows()
    except VenueError:
        raise
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        raise _refused(query, status) from None
    except requests.Timeout:
        raise VenueDown(SOURCE, "gave no answer in time") from None
    except requests.RequestException as error:
        raise VenueDown(SOURCE, f"is unreachable ({type(error).__name__})") from None
    except Exception as error:  # noqa: BLE001  it asserts and looks up keys where an answer has another form
        text = f"gave an answer to query {query.query} that is no result ({type(error).__name__})"
        raise BadVenueData(SOURCE, text) from None
    if not rows:
        raise BadVenueData(SOURCE, f"has no finished result of query {query.query}: run it there")
    return list(rows)


def _refused(query: DuneQuery, status: int) -> VenueError:
    if status == 429:
        return VenueBusy(SOURCE, "asks for fewer requests", wait_s=BUSY_WAIT_S)
    if status == 402:
        return VenueForbidden(
            SOURCE, "has no credits left this month (HTTP 402)", remedy="check the plan of its key"
        )
    if status in _NOT_ALLOWED:
        remedy = "check MONITOR_SOURCES__DUNE__API_KEY, and that the query is public or yours"
        return VenueForbidden(SOURCE, f"does not let us ask (HTTP {status})", remedy=remedy)
    if status >= 500:
        return VenueDown(SOURCE, f"is unreachable (HTTP {status})")
    return VenueError(SOURCE, f"refused query {query.query} (HTTP {status})")


def _take(found: Gathered, query: DuneQuery, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = sorted({name for row in rows for name in row})
    absent = [name for name in (query.day, query.value) if name not in columns]
    if absent:
        names = f"{', '.join(absent)} among {', '.join(columns)[:120]}"
        found.refuse(f"query {query.query}: found no column {names}")
        return
    for row in rows:
        if row.get(query.value) is None:
            continue
        day, value = _day(row.get(query.day)), number(row[query.value])
        if day is None or value is None:
            given = f"{row.get(query.day)!r:.40}, {row[query.value]!r:.40}"
            found.refuse(f"query {query.query}: found {given}, expected a UTC day and a number")
        elif found.asked_at - REACH <= day and not day <= found.asked_at < day + DAY:
            found.readings.append(
                VendorReading(query.token, query.figure, value, day, SOURCE, found.asked_at)
            )


def _day(text: Any) -> datetime | None:
    """``2025-01-02``, ``2025-01-02 00:00:00.000 UTC`` or ISO 8601; Dune's times are UTC."""
    if not isinstance(text, str):
        return None
    try:
        given = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return None
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
