"""The one module that touches ccxt: typed calls, our errors, our markets only.

Of ccxt the classes of our venues are imported, when their clients are made (0.6 s, 50 MB). A venue's full market table is 30 MB and more, so only our
markets' records are kept of it and the freed memory is given back.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from monitor.clock import Clock
from monitor.ingest.errors import BadVenueData, VenueError, VenueForbidden
from monitor.ingest.exchange.bounded import LARGEST_ANSWER, LARGEST_TABLE, bounded
from monitor.ingest.exchange.market_table import MarketTable, choose_markets, refuse_reload
from monitor.ingest.exchange.plan import ConnectionPlan
from monitor.ingest.exchange.translate import Answer, translate
from monitor.ingest.exchange.venue_class import venue_class
from monitor.ingest.venues.book_levels import read_book
from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.derivatives import needs_ticker, read_derivatives
from monitor.ingest.venues.recent_trades import RawTrade, read_trades
from monitor.ingest.venues.registry import definition_of
from monitor.ingest.venues.request import CandleQuestion, Kind, MarketFacts, kind_of
from monitor.ingest.venues.rows import RawCandle, WrongShapeError
from monitor.model.derivatives import DerivativeReading
from monitor.model.errors import ConfigError
from monitor.model.grid import format_duration, from_ms, parse_duration
from monitor.model.order_book import OrderBook
from monitor.model.universe import Market
from monitor.network import MARKET_TABLE_TIMEOUT, USER_AGENT, VENUE_TIMEOUT, proxy_for, trust
from monitor.process import return_free_memory
from monitor.settings.venue_names import venue_names

T = TypeVar("T")

_GATE_WAIT_S = (
    8.0  # tables are parsed one after another, but one hanging venue must not hold up the others
)
_BODY_KEPT = 400
_INTERVALS_KEPT = timedelta(hours=6)
_answer: ContextVar[Answer | None] = ContextVar("answer", default=None)


def rebased(addresses: Any, base_url: str) -> Any:
    """ccxt's tree of addresses with scheme and host of ``base_url``; paths are kept, below the base's own path."""
    if isinstance(addresses, dict):
        return {key: rebased(value, base_url) for key, value in addresses.items()}
    if not isinstance(addresses, str):
        return addresses
    base, old = urlsplit(base_url), urlsplit(addresses)
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + old.path, "", ""))


class CcxtClient:
    """One ccxt instance for the life of the process, belonging to one event loop."""

    def __init__(
        self,
        venue: str,
        markets: Collection[Market],
        clock: Clock,
        *,
        base_url: str | None = None,
        timeout: timedelta = VENUE_TIMEOUT,
        rate_limit_ms: float | None = None,
        options: Mapping[str, Any] | None = None,
        load_gate: asyncio.Lock | None = None,
        possible: Collection[Market] = (),
    ) -> None:
        self.venue = venue
        self.markets = tuple(markets)
        self._possible = tuple(possible)
        self.table: MarketTable | None = None
        self._definition = definition_of(venue)
        self._clock = clock
        self._timeout_ms = _milliseconds(timeout)
        self._intervals: tuple[datetime, dict[str, Any]] | None = None
        self._load_gate = load_gate or asyncio.Lock()
        self._exchange = _make_exchange(
            self._definition,
            {kind_of(market) for market in self.markets} or {"spot"},
            timeout_ms=self._timeout_ms,
            base_url=base_url,
            rate_limit_ms=rate_limit_ms,
            options=options or {},
        )

    async def load_markets(self, expected_gone: Collection[str] = ()) -> MarketTable:
        """Load the venue's table and keep our markets of it; the old one stays where the new one is not believed.

        ``expected_gone``: symbols that the venue has just called unknown. Raises VenueError.
        """
        async with self._one_load_at_a_time():
            self._exchange.timeout = max(_milliseconds(MARKET_TABLE_TIMEOUT), self._timeout_ms)
            self._exchange.largest_answer = LARGEST_TABLE
            try:
                served = await self._ask(None, self._fetch_markets)
            finally:
                self._exchange.timeout = self._timeout_ms
                self._exchange.largest_answer = LARGEST_ANSWER
            if not isinstance(served, list):
                raise BadVenueData(self.venue, "served no table of markets")
            table = choose_markets(self.venue, self.markets, served, self._possible)
            refused = self.table and refuse_reload(self.venue, self.table, table, expected_gone)
            if refused:
                raise refused
            try:
                self._exchange.set_markets([dict(record) for record in table.records])
            except Exception as error:  # ccxt takes records apart unguarded
                what = f"served markets that cannot be read ({type(error).__name__})"
                raise BadVenueData(self.venue, what) from error
            self.table = table
            del served
            gc.collect()
            return_free_memory()
        return table

    async def candles(
        self, market: Market, width: timedelta, since_ms: int, count: int, now_ms: int
    ) -> Sequence[RawCandle]:
        """Rows as the venue served them; raises VenueError. The market table must have been loaded."""
        facts = self._facts(market)
        interval = self.interval(facts.kind, width)
        if self._definition.request is not None:
            question = CandleQuestion(facts, interval, width, since_ms, count, now_ms)
            name, parameters = self._definition.request(question)
            method = getattr(self._exchange, name)
            payload = await self._ask(market.symbol, lambda: method(parameters))
        else:
            fetch, timeframe = self._exchange.fetch_ohlcv, format_duration(width)
            payload = await self._ask(
                market.symbol, lambda: fetch(market.symbol, timeframe, since_ms, count)
            )
        try:
            return self._definition.rows(facts, payload)
        except WrongShapeError as error:
            raise BadVenueData(self.venue, str(error), symbol=market.symbol) from error

    async def order_book(self, market: Market, levels: int) -> OrderBook:
        """Both sides in coins, best first; raises VenueError. The market table must have been loaded."""
        facts = self._facts(market)
        fetch = self._exchange.fetch_order_book
        payload = await self._ask(market.symbol, lambda: fetch(market.symbol, levels))
        try:
            return read_book(payload, facts.contract_size)
        except WrongShapeError as error:
            raise BadVenueData(self.venue, str(error), symbol=market.symbol) from error

    async def recent_trades(self, market: Market, count: int) -> tuple[list[RawTrade], float]:
        """(The newest trades as served, coins in one contract); raises VenueError. The market table must have been loaded."""
        facts = self._facts(market)
        fetch = self._exchange.fetch_trades
        payload = await self._ask(market.symbol, lambda: fetch(market.symbol, None, count))
        try:
            return read_trades(payload), facts.contract_size
        except WrongShapeError as error:
            raise BadVenueData(self.venue, str(error), symbol=market.symbol) from error

    async def derivatives(self, market: Market, at: datetime) -> DerivativeReading:
        """A perpetual's funding and open interest as of ``at``; raises VenueError. The market table must have been loaded."""
        facts, symbol = self._facts(market), market.symbol
        funding = await self._ask(symbol, lambda: self._exchange.fetch_funding_rate(symbol))
        interest = None
        if self._exchange.has["fetchOpenInterest"]:
            interest = await self._ask(symbol, lambda: self._exchange.fetch_open_interest(symbol))
        ticker, named = None, self._definition.ticker_interest
        if needs_ticker(funding, interest) and (interest is not None or named is not None):
            ticker = await self._ask(symbol, lambda: self._exchange.fetch_ticker(symbol))
        try:
            return read_derivatives(
                market.id,
                at,
                funding,
                interest,
                contract_size=facts.contract_size,
                interval_h=await self._funding_h(symbol, at),
                ticker=ticker,
                ticker_interest=named,
            )
        except WrongShapeError as error:
            raise BadVenueData(self.venue, str(error), symbol=symbol) from error

    async def _funding_h(self, symbol: str, at: datetime) -> float | None:
        """Where rates name no interval: the usual one, or that of the venue's list of others, which is kept for a while."""
        usual = self._definition.usual_funding_h
        if usual is None:
            return None
        if self._intervals is None or at - self._intervals[0] > _INTERVALS_KEPT:
            served = await self._ask(None, self._exchange.fetch_funding_intervals)
            if not isinstance(served, dict):
                raise BadVenueData(self.venue, "served no list of funding intervals")
            self._intervals = (at, served)
        named = self._intervals[1].get(symbol, {}).get("interval")
        return usual if named is None else parse_duration(named).total_seconds() / 3600

    async def venue_time(self) -> datetime:
        """What the venue's clock shows; raises VenueError."""
        shown = await self._ask(None, self._exchange.fetch_time)
        if not isinstance(shown, int) or not 0 < shown < 4_000_000_000_000:
            raise BadVenueData(self.venue, f"showed the time {shown!r}, expected milliseconds")
        return from_ms(shown)

    def interval(self, kind: Kind, width: timedelta) -> str:
        """The venue's own word for a bar width; raises VenueForbidden where it has no such bars."""
        words = self._exchange.timeframes or {}
        if self._definition.interval_words:
            found = self._exchange.options
            for part in (*self._definition.interval_words, kind):
                found = found[part]
            words = found
        timeframe = format_duration(width)
        if timeframe not in words:
            known = ", ".join(str(w) for w in words)
            what = f"has no bars of {timeframe}, expected one of: {known}"
            raise VenueForbidden(self.venue, what, remedy="set engine.interval to one of these")
        return str(words[timeframe])

    async def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self._exchange.close()

    async def _fetch_markets(self) -> Any:
        spot_only = all(kind_of(market) == "spot" for market in self.markets)
        method = self._definition.spot_markets if spot_only else "fetch_markets"
        return await getattr(self._exchange, method)()

    def _facts(self, market: Market) -> MarketFacts:
        if self.table is None:
            raise RuntimeError("markets are loaded before candles are asked for")
        gone = self.table.gone.get(market.symbol)
        if gone is not None:
            raise gone
        return self.table.facts.get(market.symbol) or self.table.others[market.symbol]

    async def _ask(self, symbol: str | None, request: Callable[[], Awaitable[T]]) -> T:
        answer = Answer()
        token = _answer.set(answer)
        try:
            result = await request()
        except VenueError:
            raise
        except Exception as error:
            now = self._clock.now()
            raise translate(error, self.venue, symbol, answer, now) from error
        finally:
            _answer.reset(token)
        if answer.status is not None and answer.status >= 400:
            # ccxt lets statuses through that it does not know, such as 523.
            unknown = OSError(f"HTTP {answer.status}")
            raise translate(unknown, self.venue, symbol, answer, self._clock.now())
        if answer.no_json:
            what = f"answered with no JSON: {answer.body or 'nothing'}"
            raise BadVenueData(self.venue, what, symbol=symbol)
        return result

    @asynccontextmanager
    async def _one_load_at_a_time(self) -> Any:
        held = True
        try:
            await asyncio.wait_for(self._load_gate.acquire(), _GATE_WAIT_S)
        except TimeoutError:
            held = False
        try:
            yield
        finally:
            if held:
                self._load_gate.release()


def connect_all(plans: Sequence[ConnectionPlan], clock: Clock) -> list[CcxtClient]:
    """The venues' connections; their market tables are loaded one after another. Raises ConfigError for a venue that ccxt does
    not know.
    """
    gate = asyncio.Lock()
    return [
        CcxtClient(
            plan.venue,
            plan.markets,
            clock,
            base_url=plan.base_url,
            timeout=plan.timeout,
            rate_limit_ms=plan.rate_limit_ms,
            load_gate=gate,
            possible=plan.possible,
        )
        for plan in plans
    ]


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def check_known(venue: str) -> None:
    """Raises ConfigError for a venue that ccxt does not know."""
    known = venue_names()
    if venue not in known:
        near = ", ".join(name for name in known if name[:3] == venue[:3]) or "none"
        raise ConfigError(
            [f"venues.{venue}: found {venue!r}, expected a venue of ccxt (nearest: {near})"]
        )


def _make_exchange(
    definition: VenueDefinition,
    kinds: set[Kind],
    *,
    timeout_ms: int,
    base_url: str | None,
    rate_limit_ms: float | None,
    options: Mapping[str, Any],
) -> Any:
    check_known(definition.venue)
    config: dict[str, Any] = {
        "enableRateLimit": True,
        "timeout": timeout_ms,
        "enableLastHttpResponse": False,  # both would keep the last market table alive
        "enableLastJsonResponse": False,
        "userAgent": USER_AGENT,
        "httpsProxyCallback": lambda url, *_: proxy_for(url),  # for any scheme, by each address
        "options": {"fetchMarkets": {"types": definition.market_types(kinds)}, **options},
    }
    if rate_limit_ms is not None:
        config["rateLimit"] = rate_limit_ms
    exchange = bounded(venue_class(definition.venue))(config)
    exchange.ssl_context = trust()  # else it believes certifi's list alone
    if base_url is not None:
        exchange.urls["api"] = rebased(exchange.urls["api"], base_url)
    exchange.on_rest_response = _remember_answer
    _note_json(exchange)
    return exchange


def _remember_answer(
    code: int,
    _reason: str,
    _url: str,
    _method: str,
    response_headers: Mapping[str, str],
    response_body: str,
    _request_headers: Any,
    _request_body: Any,
) -> str:
    """ccxt's hook for each answer: note status, headers and the first words, for the coroutine that asked."""
    answer = _answer.get()
    if answer is not None:
        answer.status = code
        answer.headers = dict(response_headers)
        answer.body = response_body[:_BODY_KEPT]
    return response_body.strip()


def _note_json(exchange: Any) -> None:
    """Have an answer that is no JSON noted: ccxt goes on with the text, in which its unified calls find nothing, without an error."""
    parse = exchange.parse_json

    def parsed(body: str) -> Any:
        found, answer = parse(body), _answer.get()
        if answer is not None and (answer.status or 0) < 400 and not isinstance(found, dict | list):
            answer.no_json = True
        return found

    exchange.parse_json = parsed
