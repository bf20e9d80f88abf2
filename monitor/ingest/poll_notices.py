"""What the operator is told of markets and clocks: once when it breaks, once when it is well again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from monitor.ingest.exchange.health import Transition
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.validation.acceptance import Verdict
from monitor.model.bars import Refusal
from monitor.model.grid import floor_time, iso
from monitor.model.universe import Market

_NAMED = 3


class Notices:
    """Remembers what was told, for the life of the process."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], str] = {}
        self._held: set[Market] = set()

    def of_client(self, client: VenueClient, now: datetime) -> list[Transition]:
        """Changes in the venue's missing markets and in its clock."""
        found = []
        gone = {symbol: str(error) for symbol, error in client.gone.items()}
        end = iso(floor_time(now, timedelta(minutes=1)))
        advice = f"; if it is delisted, end its line in the configuration by to = {end}; monitor doctor looks for a new name"
        for symbol in sorted(self._told_gone(client.venue) | set(gone)):
            found += self._say(client.venue, symbol, gone.get(symbol), now, advice)
        found += self._say(client.venue, "", client.clock_warning, now)
        return found

    def of_identity(self, verdict: Verdict, now: datetime) -> list[Transition]:
        """A market that trades another coin, or no longer does."""
        market = verdict.answer.market
        strange = next((r.detail for r in verdict.refusals if r.reason == "wrong_coin"), None)
        text = f"{market.venue} {market.symbol}: {strange}; it is kept out" if strange else None
        return self._say(market.venue, f"coin {market.symbol}", text, now)

    def of_held(self, states: Mapping[Market, Refusal | None], now: datetime) -> list[Transition]:
        """Markets whose bars are held back, and those that are believed again: one message of a venue each.

        ``states``: market -> why its newest bars are held, None where they are well.
        """
        begun: dict[str, list[tuple[Market, Refusal]]] = {}
        over: dict[str, list[Market]] = {}
        for market, refusal in states.items():
            if refusal is None and market in self._held:
                self._held.discard(market)
                over.setdefault(market.venue, []).append(market)
            elif refusal is not None and market not in self._held:
                if refusal.reason == "wrong_coin":
                    continue  # told as what it is
                self._held.add(market)
                begun.setdefault(market.venue, []).append((market, refusal))
        found = []
        for venue, group in sorted(begun.items()):
            first = group[0][1]
            text = (
                f"{venue} {_listed([m for m, _ in group])}: new bars are held back"
                f" ({first.reason.replace('_', ' ')}: {first.detail}); they stay unseen, other venues of the coin count"
                " alone, and each poll asks again"
            )
            found.append(Transition(venue, now, well=False, text=text))
        for venue, well in sorted(over.items()):
            text = f"{venue} {_listed(well)}: bars are believed again, what was held is read again"
            found.append(Transition(venue, now, well=True, text=text))
        return found

    def _told_gone(self, venue: str) -> set[str]:
        return {
            what for v, what in self._told if v == venue and what and not what.startswith("coin ")
        }

    def _say(
        self, venue: str, what: str, wrong: str | None, now: datetime, advice: str = ""
    ) -> list[Transition]:
        before = self._told.get((venue, what))
        if wrong is not None:
            self._told[venue, what] = wrong
            told = Transition(venue, now, well=False, text=f"{wrong}{advice}")
            return [] if before is not None else [told]
        if before is None:
            return []
        del self._told[venue, what]
        text = f"{venue} {what or 'clock'}: well again (was: {before})"
        return [Transition(venue, now, well=True, text=text)]


def _listed(markets: Sequence[Market]) -> str:
    """``A/USDT, B/USDT and 3 more``."""
    names = [market.symbol for market in markets]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
