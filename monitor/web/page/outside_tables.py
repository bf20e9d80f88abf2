"""Vendors' figures beside ours as tables; they stand on the page only where a vendor is read."""

from collections.abc import Mapping

from monitor.content.wording.figures import money, percent, pp
from monitor.content.wording.outside import vendor_name
from monitor.model.grid import iso
from monitor.model.outside import Activity, Outside, Reference
from monitor.model.universe import Sector, Universe
from monitor.web.page.scene import name_of
from monitor.web.page.tables import Cell, Column, Table, text_cell, time_cell

NOTHING_READ = "No vendor's figure of this is known (tables [sources] of the configuration)."


def activity_table(outside: Outside, universe: Universe) -> Table:
    """Daily sums of tokens' protocols, beside what the token trades on the watched venues."""
    names = {token.id: token.name for token in universe.tokens}
    return Table(
        "activity",
        "Activity of tokens' protocols, last known UTC day",
        (
            Column("protocol", "protocol", words=True),
            Column("by", "source", words=True),
            Column("day", "day", words=True),
            Column("volume", "volume_usd"),
            Column("fees", "fees_usd"),
            Column("revenue", "revenue_usd"),
            Column("token's volume here 24 h", "token_volume_24h_usd"),
            Column("read", "asked_at", words=True),
        ),
        [_activity(row, names) for row in outside.activity],
        empty=NOTHING_READ,
    )


def reference_table(outside: Outside, sectors: Mapping[str, Sector]) -> Table:
    """Sectors as vendors have them, ours of the same time, and the difference."""
    return Table(
        "references",
        "Sectors as others have them, beside ours of the same time",
        (
            Column("sector", "sector", words=True),
            Column("by", "source", words=True),
            Column("cap", "market_cap_usd"),
            Column("ours", "our_market_cap_usd"),
            Column("against theirs", "cap_over_theirs_fraction"),
            Column("24 h", "change_24h_fraction"),
            Column("ours", "our_return_24h_fraction"),
            Column("difference", "change_difference_fraction"),
            Column("as of", "at", words=True),
        ),
        [_reference(row, sectors) for row in outside.references],
        empty=NOTHING_READ,
    )


def _activity(row: Activity, names: Mapping[str, str]) -> list[Cell]:
    mark = "~" if row.volume_from_fees else ""
    volume = f"{mark}{money(row.volume_usd, sign=False)}"
    return [
        text_cell(names.get(row.token, row.token)),
        Cell(vendor_name(row.source), row.source),
        Cell(f"{row.day:%Y-%m-%d}", iso(row.day)),
        Cell(volume, row.volume_usd),
        *(
            Cell(money(usd, sign=False), usd)
            for usd in (row.fees_usd, row.revenue_usd, row.token_volume_24h_usd)
        ),
        time_cell(row.asked_at),
    ]


def _reference(row: Reference, sectors: Mapping[str, Sector]) -> list[Cell]:
    sector = sectors.get(row.sector)
    return [
        Cell(name_of(sector), row.sector, color=sector.color)
        if sector is not None
        else text_cell(row.sector),
        Cell(vendor_name(row.source), row.source),
        Cell(money(row.market_cap_usd, sign=False), row.market_cap_usd),
        Cell(money(row.our_market_cap_usd, sign=False), row.our_market_cap_usd),
        Cell(percent(row.cap_over_theirs, 0), row.cap_over_theirs),
        Cell(percent(row.change_24h), row.change_24h),
        Cell(percent(row.our_return_24h), row.our_return_24h),
        Cell(pp(row.change_difference), row.change_difference),
        time_cell(row.at),
    ]
