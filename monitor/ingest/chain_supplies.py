"""How many of a token there are, asked of the chains themselves: an upper bound of what can circulate.

Solana's `getTokenSupply` and the ERC-20 calls `totalSupply()` and `decimals()` by `eth_call`, of a node that the
operator names. A chain tells all units that exist there, locked ones too, and of a token on several chains each copy:
their sum is at least what exists, so a total stands only where every chain of the token was heard.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from monitor.clock import Clock
from monitor.ingest.errors import BadVenueData, VenueError
from monitor.ingest.supply_reading import SuppliesRead, known
from monitor.ingest.vendor_http import VendorHttp
from monitor.model.universe import Supply, Token
from monitor.network import VENDOR_TIMEOUT

SOURCE = "chains"
SOLANA_NODE = "https://api.mainnet-beta.solana.com"
_TOTAL_SUPPLY, _DECIMALS = "0x18160ddd", "0x313ce567"
_MOST_DECIMALS = 36


class Chain(Protocol):
    """One node of one chain."""

    async def units(self, contract: str) -> float:
        """Units of the token that exist there; raises VenueError."""

    async def close(self) -> None:
        """Close the connections."""


@dataclass(frozen=True, slots=True)
class Solana:
    """By a Solana node's JSON-RPC."""

    http: VendorHttp

    async def units(self, contract: str) -> float:
        """Of the mint."""
        result = await _call(self.http, "solana", "getTokenSupply", [contract])
        value = result.get("value") if isinstance(result, dict) else None
        if not isinstance(value, dict):
            raise BadVenueData("solana", "gave no supply")
        return _scaled("solana", value.get("amount"), 10, value.get("decimals"))

    async def close(self) -> None:
        """Close the connections."""
        await self.http.close()


@dataclass(frozen=True, slots=True)
class Evm:
    """By the JSON-RPC of a node of an Ethereum-like chain."""

    http: VendorHttp
    name: str

    async def units(self, contract: str) -> float:
        """Of the contract."""
        total = await self._ask(contract, _TOTAL_SUPPLY)
        return _scaled(self.name, total, 16, int(await self._ask(contract, _DECIMALS), 16))

    async def close(self) -> None:
        """Close the connections."""
        await self.http.close()

    async def _ask(self, contract: str, data: str) -> str:
        call = [{"to": contract, "data": data}, "latest"]
        result = await _call(self.http, self.name, "eth_call", call)
        if not isinstance(result, str) or not result.startswith("0x") or len(result) != 66:
            raise BadVenueData(self.name, "gave no word of 32 bytes: is this the token's contract?")
        try:
            int(result, 16)
        except ValueError:
            raise BadVenueData(self.name, "gave a word that is no number") from None
        return result


class ChainSupplies:
    """Totals of the tokens all of whose chains have a node here."""

    def __init__(self, chains: Mapping[str, Chain], clock: Clock) -> None:
        self._chains = chains
        self._clock = clock

    @property
    def name(self) -> str:
        """``chains``."""
        return SOURCE

    async def read(self, tokens: Sequence[Token]) -> SuppliesRead:
        """One reading, token after token; one that fails is left to the next. Raises VenueError where all failed."""
        supplies: list[Supply] = []
        unknown: list[str] = []
        failed: VenueError | None = None
        for token in tokens:
            if not token.contracts or not token.contracts.keys() <= self._chains.keys():
                continue
            try:
                total = 0.0
                for chain, contract in token.contracts.items():
                    total += await self._chains[chain].units(contract)
            except VenueError as error:
                failed = error
                unknown.append(token.id)
                continue
            now = self._clock.now()
            supplies.append(Supply(token.id, total, now, now, SOURCE, basis="total"))
        if failed is not None and not supplies:
            raise failed
        return SuppliesRead(tuple(supplies), {}, unknown_ids=tuple(unknown))

    async def close(self) -> None:
        """Close the connections of every chain."""
        for chain in self._chains.values():
            await chain.close()


def chains_of(
    nodes: Mapping[str, str | None], clock: Clock, *, timeout: timedelta = VENDOR_TIMEOUT
) -> dict[str, Chain]:
    """Chain -> how it is asked. ``nodes``: address of each; None where the chain's own public node will do."""
    made: dict[str, Chain] = {}
    for chain, url in nodes.items():
        http = VendorHttp(chain, url or SOLANA_NODE, clock, timeout=timeout)
        made[chain] = Solana(http) if chain == "solana" else Evm(http, chain)
    return made


async def _call(http: VendorHttp, name: str, method: str, parameters: Sequence[Any]) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    answer = await http.post("", body)
    if not isinstance(answer, dict) or "result" not in answer:
        error = answer.get("error") if isinstance(answer, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        raise BadVenueData(name, f"gave no result (code {code})")
    return answer["result"]


def _scaled(name: str, amount: Any, base: int, decimals: Any) -> float:
    """Whole units from the smallest ones."""
    if not isinstance(decimals, int) or not 0 <= decimals <= _MOST_DECIMALS:
        raise BadVenueData(name, f"gave {decimals!r} decimals")
    try:
        units = known(int(str(amount), base) / 10**decimals)
    except (ValueError, OverflowError):
        units = None
    if units is None:
        raise BadVenueData(name, "gave no supply above 0")
    return units
