"""What a venue lists: markets by their unified symbol, their parts, and dummy ones for size."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listing:
    """One market: ``VIRTUAL/USDT`` is spot, ``VIRTUAL/USDT:USDT`` a linear perpetual.

    ``contract_size``: coins in one contract where the venue counts contracts. ``first_ms``: open of its first bar;
    ``chain`` and ``contract`` name the coin where the venue tells (Gate).
    """

    symbol: str
    first_ms: int = 0
    contract_size: float = 1.0
    chain: str = ""
    contract: str = ""

    @property
    def base(self) -> str:
        """``VIRTUAL``."""
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        """``USDT``."""
        return self.symbol.partition("/")[2].partition(":")[0]

    @property
    def swap(self) -> bool:
        """Whether it is a perpetual."""
        return ":" in self.symbol

    def joined(self, separator: str) -> str:
        """Base and quote as venues write them: ``VIRTUALUSDT``, ``VIRTUAL-USDT``, ``VIRTUAL_USDT``."""
        return f"{self.base}{separator}{self.quote}"


def padding(count: int) -> list[Listing]:
    """Dummy spot markets that have no bars: they give a market list its real size."""
    return [Listing(f"PAD{number:05d}/USDT") for number in range(count)]
