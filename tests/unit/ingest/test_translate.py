"""What ccxt raises, with the answer behind it, into what the caller does next."""

import socket
from datetime import UTC, datetime

import aiohttp
import ccxt
import pytest

from monitor.ingest.errors import (
    BadVenueData,
    MarketGone,
    VenueBusy,
    VenueDown,
    VenueError,
    VenueForbidden,
    VenueMaintenance,
    VenueUnreachable,
)
from monitor.ingest.exchange.translate import Answer, asked_wait, translate

NOW = datetime(2025, 1, 20, 12, tzinfo=UTC)
CLOUDFRONT = "<html>The Amazon CloudFront distribution is configured to block access from your country.</html>"


@pytest.mark.parametrize(
    ("venue", "error", "answer", "expected"),
    [
        ("binance", ccxt.DDoSProtection("x"), Answer(429), VenueBusy),
        ("binance", ccxt.DDoSProtection("x"), Answer(418), VenueBusy),
        ("binance", ccxt.ExchangeNotAvailable("x"), Answer(451), VenueForbidden),
        ("bybit", ccxt.RateLimitExceeded("x"), Answer(403, {}, CLOUDFRONT), VenueForbidden),
        ("bybit", ccxt.RateLimitExceeded("x"), Answer(403, {}, "access too frequent"), VenueBusy),
        ("bybit", ccxt.RateLimitExceeded("x"), Answer(403), VenueBusy),
        ("gate", ccxt.ExchangeNotAvailable("x"), Answer(403, {}, "Forbidden"), VenueForbidden),
        ("gate", ccxt.PermissionDenied("x"), Answer(403), VenueForbidden),
        ("okx", ccxt.AuthenticationError("x"), Answer(401), VenueForbidden),
        ("okx", ccxt.NotSupported("x"), Answer(), VenueForbidden),
        ("okx", ccxt.OnMaintenance("x"), Answer(503), VenueMaintenance),
        (
            "kraken",
            ccxt.ExchangeError("x"),
            Answer(200, {}, '{"error":["EQuery:Unknown asset pair"]}'),
            MarketGone,
        ),
        (
            "coinbase",
            ccxt.BadRequest("x"),
            Answer(
                400, {}, '{"error":"INVALID_ARGUMENT","message":"valid product_id is required"}'
            ),
            MarketGone,
        ),
        (
            "gate",
            ccxt.ExchangeNotAvailable("x"),
            Answer(503, {}, "under maintenance"),
            VenueMaintenance,
        ),
        ("gate", ccxt.ExchangeNotAvailable("x"), Answer(503), VenueDown),
        ("gate", ccxt.ExchangeNotAvailable("x"), Answer(400), VenueDown),
        ("gate", ccxt.RequestTimeout("x"), Answer(), VenueUnreachable),
        ("gate", TimeoutError(), Answer(), VenueUnreachable),
        ("gate", ConnectionResetError(), Answer(), VenueUnreachable),
        ("okx", ccxt.BadSymbol("x"), Answer(200, {}, '{"code":"51001"}'), MarketGone),
        ("okx", ccxt.NullResponse("x"), Answer(200), BadVenueData),
        ("okx", ccxt.ExchangeError("x"), Answer(200, {}, '{"code":"50099"}'), VenueError),
        ("bybit", ccxt.ExchangeError("x"), Answer(200, {}, "{}"), BadVenueData),
        ("gate", AttributeError("x"), Answer(200), BadVenueData),
    ],
)
def test_the_answer_decides_before_the_class(
    venue: str, error: Exception, answer: Answer, expected: type[VenueError]
) -> None:
    found = translate(error, venue, "TRUMP/USDT", answer, NOW)
    assert type(found) is expected
    assert str(found).startswith(f"{venue} TRUMP/USDT: ")


def test_a_body_that_was_cut_off_is_asked_for_again() -> None:
    error = ccxt.ExchangeError("binance GET https://api.binance.com/api/v3/klines")
    error.__cause__ = aiohttp.ClientPayloadError("not all bytes came")
    found = translate(error, "binance", None, Answer(), NOW)
    assert isinstance(found, VenueDown)
    assert found.worth_repeating


@pytest.mark.parametrize(
    ("headers", "text", "expected"),
    [
        ({"Retry-After": "17"}, "", 17.0),
        ({"retry-after": "17"}, "", 17.0),
        ({"RETRY-AFTER": "Mon, 20 Jan 2025 12:00:45 GMT"}, "", 45.0),
        ({"Retry-After": "soon"}, "", None),
        ({"Retry-After": "-4"}, "", None),
        ({"X-Reset": "1737374405000"}, "", 5.0),  # 12:00:05
        ({"Retry-After": "nan"}, "", None),
        ({"Retry-After": "inf"}, "", None),
        ({"X-Reset": "9" * 400}, "", None),
        ({}, "IP banned until 1737374520000. Please", 120.0),  # 12:02:00
        ({}, "no hint", None),
        ({"Retry-After": "99999999"}, "", 259_200.0),  # at most three days
    ],
)
def test_a_venue_is_waited_for_as_it_asks(
    headers: dict[str, str], text: str, expected: float | None
) -> None:
    assert asked_wait(Answer(429, headers), text, NOW, reset_header="x-reset") == expected


@pytest.mark.parametrize(
    ("venue", "answer", "expected"),
    [
        ("binance", Answer(429), 30.0),
        ("binance", Answer(429, {"Retry-After": "90"}), 90.0),
        ("binance", Answer(429, {"Retry-After": "3"}), 30.0),
        ("binance", Answer(418, {"Retry-After": "120"}), 600.0),
        ("binance", Answer(418, {}, "banned until 1737377600000"), 3200.0),
        ("bybit", Answer(403), 600.0),
    ],
)
def test_a_pause_is_at_least_30_s_and_a_ban_at_least_10_min(
    venue: str, answer: Answer, expected: float
) -> None:
    found = translate(ccxt.RateLimitExceeded("x"), venue, None, answer, NOW)
    assert found.wait_s == expected


def test_no_text_holds_an_address_a_key_or_markup() -> None:
    text = (
        "binance GET https://user:pw@api.binance.com/api/v3/klines?apiKey=abc&signature=def 400 Bad "
        "<script>alert(1)</script><b>token=SECRET</b>\n\x1b[31m " + "x" * 500
    )
    found = str(translate(ccxt.ExchangeError(text), "binance", None, Answer(400, {}, text), NOW))
    for hidden in ("https", "pw@", "abc", "def", "SECRET", "<", "\n", "\x1b", "alert"):
        assert hidden not in found
    assert len(found) <= 200


@pytest.mark.parametrize(
    ("error", "answer", "words"),
    [
        (
            ccxt.ExchangeNotAvailable("x"),
            Answer(503, {}, "<h1>back soon</h1>"),
            "okx: answers HTTP 503 Service Unavailable: back soon",
        ),
        (ccxt.ExchangeNotAvailable("x"), Answer(599), "okx: answers HTTP 599"),
        (ConnectionRefusedError(), Answer(), "okx: is unreachable: it takes no connection"),
        (
            ConnectionResetError(),
            Answer(),
            "okx: is unreachable: it closed the connection without an answer",
        ),
        (
            socket.gaierror(),
            Answer(),
            "okx: is unreachable: its name is not known here (DNS)",
        ),
        (
            ccxt.ExchangeNotAvailable("x"),
            Answer(),
            "okx: is unreachable: ExchangeNotAvailable",
        ),
    ],
)
def test_a_silence_is_told_in_words_and_by_its_cause(
    error: Exception, answer: Answer, words: str
) -> None:
    assert str(translate(error, "okx", None, answer, NOW)) == words
