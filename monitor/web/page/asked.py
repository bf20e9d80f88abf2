"""What a reader asks of the page: range and filters, out of the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.model.errors import MonitorError
from monitor.model.grid import parse_iso
from monitor.model.rotation import MARKET, Severity, Status
from monitor.model.universe import Universe
from monitor.web.page.ranges import LENGTHS, USUAL


class WrongPageError(MonitorError):
    """An address that cannot be read; its text is for the reader."""


@dataclass(frozen=True, slots=True)
class Asked:
    """None: not filtered by it. ``scheme``: the colours that charts are drawn in."""

    range: str = USUAL
    from_sector: str | None = None
    to_sector: str | None = None
    status: Status | None = None
    severity: Severity | None = None
    since: datetime | None = None
    scheme: str = "light"

    @property
    def filtered(self) -> bool:
        """Whether any filter of rotations is set."""
        return any((self.from_sector, self.to_sector, self.status, self.severity, self.since))

    @property
    def query(self) -> str:
        """The same once more, for the address of a CSV."""
        parts = {
            "range": self.range,
            "from": self.from_sector,
            "to": self.to_sector,
            "status": self.status,
            "severity": self.severity,
            "since": f"{self.since:%Y-%m-%d}" if self.since else None,
        }
        return "&".join(f"{key}={value}" for key, value in parts.items() if value)


def asked_of(query: Mapping[str, str], universe: Universe) -> Asked:
    """Empty values are no filter; raises WrongPageError with what was found and what is known."""
    sectors = [*(s.id for s in universe.watched), MARKET]
    return Asked(
        range=_one_of("range", query, list(LENGTHS)) or USUAL,
        from_sector=_one_of("from", query, sectors),
        to_sector=_one_of("to", query, sectors),
        status=_status(query),
        severity=_severity(query),
        since=_day(query.get("since", "")),
        scheme=_one_of("scheme", query, ["light", "dark"]) or "light",
    )


def _status(query: Mapping[str, str]) -> Status | None:
    found = _one_of("status", query, list(Status))
    return Status(found) if found else None


def _severity(query: Mapping[str, str]) -> Severity | None:
    found = _one_of("severity", query, list(Severity))
    return Severity(found) if found else None


def _one_of(key: str, query: Mapping[str, str], known: list[str]) -> str | None:
    found = query.get(key, "")
    if found and found not in known:
        raise WrongPageError(f"{key}: found {found[:40]!r}, expected one of {', '.join(known)}")
    return found or None


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return parse_iso(text)
    except ValueError:
        raise WrongPageError(
            f"since: found {text[:40]!r}, expected a day such as 2025-01-19"
        ) from None
