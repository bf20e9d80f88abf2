"""Faults by switch: what goes wrong, where, how often; and the board that holds them."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    """What goes wrong. The first group replaces the answer, the second spoils rows of candles (of trades, where it
    is their endpoint), the third is a state, the last spoils trades alone."""

    STATUS = "status"  # status, body, headers, retry_after
    HTML_200 = "html200"
    HALF_JSON = "half_json"
    EMPTY_BODY = "empty_body"
    JSON_NULL = "json_null"
    JSON_NUMBER = "json_number"
    JSON_OBJECT = "json_object"
    JSON_LIST = "json_list"
    EMPTY_LIST = "empty_list"  # the venue's good envelope without a row
    RESET = "reset"
    CUT_BODY = "cut_body"
    DRIP = "drip"  # the answer comes a byte at a time, each after a pause, for ``seconds``
    HUGE = "huge"  # the right answer after 100 MB of blanks
    STALL = "stall"  # no answer for ``seconds``, then the connection closes
    SLOW = "slow"  # the right answer after ``seconds``
    MAINTENANCE = "maintenance"  # the venue's own words, and those below too
    INTERNAL_ERROR = "internal_error"
    RATE_LIMITED = "rate_limited"  # retry_after
    BANNED = "banned"  # retry_after
    REGION = "region"

    REVERSED = "reversed"
    SHUFFLED = "shuffled"
    DUPLICATED = "duplicated"
    CONFLICTING = "conflicting"  # the last closed row twice, with two closes
    GAPPED = "gapped"  # every third row is missing
    NAN = "nan"
    NULL = "null"
    NULL_VOLUME = "null_volume"  # of base, quote and takers
    NULL_QUOTE = "null_quote"  # of quote and takers alone
    NOT_A_NUMBER = "not_a_number"  # the text n/a
    ZERO = "zero"
    NEGATIVE = "negative"
    TIMES_100 = "x100"
    OTHER_SYMBOL = "other_symbol"  # prices of ``other``
    SECONDS = "seconds"  # times in the wrong unit: seconds for ms, ms for seconds
    NO_FORMING = "no_forming"
    UNALIGNED = "unaligned"  # times 7 s off the grid
    OTHER_TYPES = "other_types"  # numbers for strings, strings for numbers
    PROVISIONAL = "provisional"  # bars closed less than ``seconds`` ago still miss volume and move
    FROZEN = "frozen"  # flat at the last close before ``since_ms``, without volume
    VOLUME_TIMES = "volume_times"  # volumes of base, quote and takers times ``factor``
    CLOSE_TIMES = "close_times"  # closes times ``factor``, high and low stretched to hold them
    PRICE_TIMES = "price_times"  # another coin: all prices times ``factor``
    MISALIGNED = "misaligned"  # times off by ``factor`` whole intervals
    BROKEN_RANGE = "broken_range"  # high and low in each other's place

    VANISHED = "vanished"  # ``symbol`` is not listed any more
    RENAMED = "renamed"  # ``symbol`` is listed as ``other``
    CLOCK_OFF = "clock_off"  # the venue's clock is ahead by ``seconds`` (behind where negative)

    NO_SIDE = "no_side"  # trades of which neither side is named


STATES = frozenset({FaultKind.VANISHED, FaultKind.RENAMED, FaultKind.CLOCK_OFF})
ROW_KINDS = frozenset(
    kind
    for kind in FaultKind
    if list(FaultKind).index(FaultKind.REVERSED)
    <= list(FaultKind).index(kind)
    < list(FaultKind).index(FaultKind.VANISHED)
)


@dataclass(slots=True)
class Fault:
    """One switched-on fault.

    ``venue``, ``endpoint`` and ``symbol`` say where (None: everywhere; row faults mean the candles). ``left``: how many
    more requests it spoils, None until cleared. ``rows``: ``last`` (the last closed row) or ``all``; ``since_ms``: only rows that open then or later.
    """

    kind: FaultKind
    venue: str | None = None
    endpoint: str | None = None
    symbol: str | None = None
    left: int | None = None
    status: int = 500
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    seconds: float = 30.0
    other: str = ""
    rows: str = "last"
    factor: float = 1.0
    since_ms: int = 0

    def __post_init__(self) -> None:
        self.kind = FaultKind(self.kind)
        if self.kind in ROW_KINDS and self.endpoint is None:
            self.endpoint = "candles"
        if self.kind is FaultKind.NO_SIDE:
            self.endpoint = "trades"

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Fault":
        """From a JSON object; raises ValueError naming an unknown key or kind."""
        unknown = set(entry) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"found {sorted(unknown)}, expected {[f.name for f in fields(cls)]}")
        return cls(**entry)

    def concerns(self, venue: str, endpoint: str, symbol: str | None) -> bool:
        """Whether a request for that is spoilt."""
        return (
            self.left != 0
            and self.venue in (None, venue)
            and self.endpoint in (None, endpoint)
            and self.symbol in (None, symbol)
        )


class FaultBoard:
    """The faults that are on, in the order they were switched on. Safe between threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: FaultKind | str, venue: str | None = None, **options: Any) -> Fault:
        """Switch one on; ``options`` are the fields of :class:`Fault`."""
        fault = Fault(FaultKind(kind), venue, **options)
        self.put(fault)
        return fault

    def put(self, fault: Fault) -> None:
        """Switch this one on."""
        with self._lock:
            self._faults.append(fault)

    def clear(self, venue: str | None = None, kind: FaultKind | str | None = None) -> None:
        """Switch off all, or those of one venue or kind."""
        with self._lock:
            self._faults = [
                f
                for f in self._faults
                if (venue is not None and f.venue != venue) or (kind is not None and f.kind != kind)
            ]

    def take(self, venue: str, endpoint: str, symbol: str | None) -> tuple[Fault, ...]:
        """The faults that spoil this request; each of them counts it."""
        with self._lock:
            found = tuple(
                f
                for f in self._faults
                if f.kind not in STATES and f.concerns(venue, endpoint, symbol)
            )
            for fault in found:
                if fault.left is not None:
                    fault.left -= 1
        return found

    def states(self, venue: str, kind: FaultKind) -> Iterator[Fault]:
        """Lasting states of a venue."""
        with self._lock:
            faults = list(self._faults)
        return (f for f in faults if f.kind is kind and f.venue in (None, venue))
