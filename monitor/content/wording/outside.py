"""What vendors say beside ours, as sentences: whose figure, of when, ours of then, and the difference."""

from collections.abc import Mapping

from monitor.content.wording.figures import day, money, percent, points, utc
from monitor.content.wording.phrases import listed
from monitor.content.wording.safe_text import one_line
from monitor.model.outside import Activity, Outside, Reference

VENDORS = {
    "coingecko": "CoinGecko",
    "defillama": "DefiLlama",
    "dune": "Dune",
    "sosovalue": "SoSoValue",
}


def vendor_name(source: str) -> str:
    """As it spells itself."""
    return VENDORS.get(source) or one_line(source)


def outside_words(
    outside: Outside, sectors: Mapping[str, str], tokens: Mapping[str, str]
) -> list[str]:
    """A sentence for each row; ``sectors`` and ``tokens``: names by id."""
    return [
        *(activity_words(row, tokens.get(row.token, row.token)) for row in outside.activity),
        *(reference_words(row, sectors.get(row.sector, row.sector)) for row in outside.references),
    ]


def activity_words(row: Activity, name: str) -> str:
    """``DefiLlama says of Virtuals Protocol on 25 Nov 2026: volume $12.3 M, fees $120 k; VIRTUAL traded $81.0 M ...``."""
    told = []
    if row.volume_usd is not None:
        mark = " (fees over their rate)" if row.volume_from_fees else ""
        told.append(f"volume {money(row.volume_usd, sign=False)}{mark}")
    told += [
        f"{what} {money(value, sign=False)}"
        for what, value in (("fees", row.fees_usd), ("revenue", row.revenue_usd))
        if value is not None
    ]
    ours = money(row.token_volume_24h_usd, sign=False)
    return (
        f"{vendor_name(row.source)} says of {one_line(name)} on {day(row.day)}: {listed(told)};"
        f" {one_line(row.token)} traded {ours} in 24 h on the watched venues."
    )


def reference_words(row: Reference, name: str) -> str:
    """``CoinGecko says AI agents in 24 h +3.5 %; ours +2.1 %, a difference of -1.4 pp. Market cap ...``."""
    told = []
    who, what = vendor_name(row.source), one_line(name)
    if row.change_24h is not None:
        difference = row.change_difference
        apart = "" if difference is None else f", a difference of {points(100 * difference)}"
        told.append(
            f"{who} says {what} in 24 h {percent(row.change_24h)}; ours {percent(row.our_return_24h)}{apart}."
        )
    if row.market_cap_usd is not None:
        over = row.cap_over_theirs
        more = "" if over is None else f", {percent(over, 0)} against theirs"
        theirs, ours = (
            money(cap, sign=False) for cap in (row.market_cap_usd, row.our_market_cap_usd)
        )
        whose = "Its market cap there" if told else f"{who} says {what} is worth"
        told.append(f"{whose} {theirs}; ours {ours}{more}.")
    return f"{' '.join(told)} As of {utc(row.at)}."
