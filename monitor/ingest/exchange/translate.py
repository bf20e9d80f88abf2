"""ccxt's exceptions into ours, by what the answer really was rather than by ccxt's class alone.

ccxt makes a plain HTTP 400, 403 and 451 all "exchange not available", and Bybit's blocked region a rate limit, so the
status, the headers and the text of the last answer decide first. Classes are recognised by name, so that this module
does not import ccxt (0.6 s and 100 MB).
"""

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

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
from monitor.ingest.venues.registry import definition_of
from monitor.model.grid import from_ms
from monitor.model.retry_after import asked_rest, bounded_rest

SHORTEST_PAUSE_S = 30.0
SHORTEST_BAN_S = 600.0
LONGEST_PAUSE = timedelta(days=3)

_REGION = re.compile(
    r"restricted location|block(ed)? access from your country|not available in your (region|country)"
    r"|unavailable for legal reasons|service unavailable from a restricted|geo[- ]?block",
    re.IGNORECASE,
)
_TOO_OFTEN = re.compile(
    r"too (frequent|many|much)|rate.?limit|access frequency|\bbanned\b", re.IGNORECASE
)
_BANNED_UNTIL = re.compile(r"banned until (\d{13})")
_MAINTENANCE = re.compile(r"maintenance|upgrading", re.IGNORECASE)
_CODED = re.compile(r'"(retCode|ret_code|code|label|error|err-code|msg)"')
_REGION_REMEDY = "run it where the venue may be reached, or set venues.<id>.enabled = false"


@dataclass(slots=True)
class Answer:
    """What came back over the wire last: nothing yet while ``status`` is None. ``body`` is its beginning; ``no_json``: that, or
    one before it of the same request, was neither an object nor a list."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    no_json: bool = False

    def header(self, name: str) -> str | None:
        """A header's value, whatever case the server writes its name in."""
        wanted = name.lower()
        return next((v for k, v in self.headers.items() if k.lower() == wanted), None)


def asked_wait(
    answer: Answer, text: str, now: datetime, *, reset_header: str | None = None
) -> float | None:
    """Seconds that the venue asked us to wait, from its headers or its words; None where it said nothing.

    ``reset_header``: the venue's own header for the time in ms at which its limit ends.
    """
    banned = _BANNED_UNTIL.search(text)
    if banned:
        return _until(int(banned[1]), now)
    if answer.header("Retry-After") is not None:
        rest = asked_rest(answer.headers, now, longest=LONGEST_PAUSE)
        return None if rest is None else rest.total_seconds()
    reset = answer.header(reset_header) if reset_header else None
    if reset is None or re.fullmatch(r"[0-9]{13}", reset.strip()) is None:
        return None
    return _until(int(reset), now)


def _until(ms: int, now: datetime) -> float:
    return bounded_rest(from_ms(ms) - now, LONGEST_PAUSE).total_seconds()


@dataclass(frozen=True, slots=True)
class _Case:
    error: BaseException
    venue: str
    symbol: str | None
    answer: Answer
    now: datetime

    @property
    def kinds(self) -> set[str]:
        """Names of the error's class and all its ancestors."""
        return {c.__name__ for c in type(self.error).__mro__}

    @property
    def text(self) -> str:
        """Everything the failure says, for looking up patterns; it may hold an address."""
        return f"{self.error} {self.answer.body}"

    @property
    def words(self) -> str:
        """What the venue itself said."""
        return self.answer.body or str(self.error) or "no words"

    @property
    def status(self) -> int | None:
        """HTTP status of the last answer."""
        return self.answer.status


def translate(
    error: BaseException, venue: str, symbol: str | None, answer: Answer, now: datetime
) -> VenueError:
    """The failure in our terms. ``answer`` is the last answer of the same request, ``now`` dates a ban's end."""
    if isinstance(error, VenueError):
        return error
    case = _Case(error, venue, symbol, answer, now)
    for judge in (_region, _busy, _forbidden, _named, _unreachable):
        found = judge(case)
        if found is not None:
            return found
    if "BaseError" in case.kinds and (case.status != 200 or _CODED.search(answer.body)):
        return VenueError(venue, f"refused the request: {case.words}", symbol=symbol)
    what = f"gave an answer that ccxt cannot read ({type(error).__name__})"
    return BadVenueData(venue, what, symbol=symbol)


def _region(case: _Case) -> VenueError | None:
    if case.status != 451 and not _REGION.search(case.text):
        return None
    what = f"refuses this region (HTTP {case.status}): {case.words}"
    return VenueForbidden(case.venue, what, symbol=case.symbol, remedy=_REGION_REMEDY)


def _busy(case: _Case) -> VenueError | None:
    definition = definition_of(case.venue)
    banned = (
        case.status == 418
        or _BANNED_UNTIL.search(case.text) is not None
        or (case.status == 403 and (definition.bans_by_403 or _TOO_OFTEN.search(case.text)))
    )
    limited = case.status == 429 or case.kinds & {"RateLimitExceeded", "DDoSProtection"}
    if not banned and not limited:
        return None
    least = SHORTEST_BAN_S if banned else SHORTEST_PAUSE_S
    asked = asked_wait(case.answer, case.text, case.now, reset_header=definition.reset_header)
    wait = max(asked or 0.0, least)
    did = "banned us" if banned else "asks for fewer requests"
    what = f"{did} (HTTP {case.status}), waiting {wait:.0f} s"
    return VenueBusy(case.venue, what, symbol=case.symbol, wait_s=wait)


def _forbidden(case: _Case) -> VenueError | None:
    refused = {"AuthenticationError", "RestrictedLocation", "NotSupported", "ArgumentsRequired"}
    if not case.kinds & refused and case.status not in (401, 403):
        return None
    what = f"does not let us ask (HTTP {case.status}): {case.words}"
    return VenueForbidden(case.venue, what, symbol=case.symbol, remedy=_REGION_REMEDY)


def _named(case: _Case) -> VenueError | None:
    """Failures that ccxt's class names well."""
    if "OnMaintenance" in case.kinds or (case.status == 503 and _MAINTENANCE.search(case.text)):
        what = f"is under maintenance: {case.words}"
        return VenueMaintenance(case.venue, what, symbol=case.symbol)
    unknown = definition_of(case.venue).unknown_market
    if "BadSymbol" in case.kinds or (unknown is not None and unknown in case.text):
        return MarketGone(case.venue, "is not traded there", symbol=case.symbol)
    if "BadResponse" in case.kinds:
        what = f"gave an unreadable answer: {case.words}"
        return BadVenueData(case.venue, what, symbol=case.symbol)
    return None


def _way(case: _Case) -> VenueError | None:
    """What stands between us and the venue: a certificate that nobody here vouches for, or the proxy."""
    causes = tuple(_causes(case.error))
    for cause in causes:
        why = getattr(cause, "verify_message", None)
        if why and isinstance(cause, ssl.SSLCertVerificationError):
            what = f"shows a certificate that is not trusted ({why})"
            remedy = "SSL_CERT_FILE: the certificates of this network's own authority"
            return VenueUnreachable(case.venue, what, symbol=case.symbol, remedy=remedy)
    names = {type(cause).__name__: cause for cause in causes}
    refused = names.get("ClientHttpProxyError")
    if refused is None and "ClientProxyConnectionError" not in names:
        return None
    what = "cannot be reached: the proxy does not answer"
    if refused is not None:
        what = f"cannot be reached: the proxy answers HTTP {getattr(refused, 'status', 'nothing')}"
    remedy = "HTTPS_PROXY, or NO_PROXY for what is asked straight"
    return VenueUnreachable(case.venue, what, symbol=case.symbol, remedy=remedy)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _unreachable(case: _Case) -> VenueError | None:
    if case.kinds & {"RequestTimeout", "TimeoutError"}:
        return VenueUnreachable(case.venue, "gave no answer in time", symbol=case.symbol)
    if (on_the_way := _way(case)) is not None:
        return on_the_way
    if type(case.error.__cause__).__name__ == "AnswerTooLargeError":
        what = f"sent an answer that has no end ({case.error.__cause__})"
        return BadVenueData(case.venue, what, symbol=case.symbol)
    if type(case.error.__cause__).__name__ == "ClientPayloadError":
        return VenueDown(case.venue, "cut its answer short", symbol=case.symbol)
    return _no_answer(case) if case.kinds & {"OperationFailed", "ClientError", "OSError"} else None


def _no_answer(case: _Case) -> VenueError:
    if not case.status:
        return VenueUnreachable(case.venue, f"is unreachable: {_silence(case)}", symbol=case.symbol)
    said = f": {case.answer.body}" if case.answer.body else ""
    what = f"answers HTTP {_status_words(case.status)}{said}"
    return VenueDown(case.venue, what, symbol=case.symbol)


def _status_words(status: int) -> str:
    """``503 Service Unavailable``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


_SILENCES = (
    ("gaierror", "its name is not known here (DNS)"),
    ("ConnectionRefusedError", "it takes no connection"),
    ("ConnectionResetError", "it closed the connection without an answer"),
    ("ServerDisconnectedError", "it closed the connection without an answer"),
)


def _silence(case: _Case) -> str:
    """Why nobody answered, as far as the failures that led to it say."""
    kinds = {c.__name__ for cause in _causes(case.error) for c in type(cause).__mro__}
    return next((words for kind, words in _SILENCES if kind in kinds), type(case.error).__name__)
