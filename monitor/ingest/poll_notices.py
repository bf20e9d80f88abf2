"""What the operator is told of markets and clocks: once when it breaks, once when it is well again."""

from datetime import datetime

from monitor.ingest.exchange.health import Transition
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.validation.acceptance import Verdict


class Notices:
    """Remembers what was told, for the life of the process."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], str] = {}

    def of_client(self, client: VenueClient, now: datetime) -> list[Transition]:
        """Changes in the venue's missing markets and in its clock."""
        found = []
        gone = {symbol: str(error) for symbol, error in client.gone.items()}
        for symbol in sorted(self._told_gone(client.venue) | set(gone)):
            found += self._say(client.venue, symbol, gone.get(symbol), now)
        found += self._say(client.venue, "", client.clock_warning, now)
        return found

    def of_identity(self, verdict: Verdict, now: datetime) -> list[Transition]:
        """A market that trades another coin, or no longer does."""
        market = verdict.answer.market
        strange = next((r.detail for r in verdict.refusals if r.reason == "wrong_coin"), None)
        text = f"{market.venue} {market.symbol}: {strange}; it is kept out" if strange else None
        return self._say(market.venue, f"coin {market.symbol}", text, now)

    def _told_gone(self, venue: str) -> set[str]:
        return {
            what for v, what in self._told if v == venue and what and not what.startswith("coin ")
        }

    def _say(self, venue: str, what: str, wrong: str | None, now: datetime) -> list[Transition]:
        before = self._told.get((venue, what))
        if wrong is not None:
            self._told[venue, what] = wrong
            return [] if before is not None else [Transition(venue, now, well=False, text=wrong)]
        if before is None:
            return []
        del self._told[venue, what]
        text = f"{venue} {what or 'clock'}: well again (was: {before})"
        return [Transition(venue, now, well=True, text=text)]
