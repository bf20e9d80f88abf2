"""Sectors, movers, launches and members: the tables one compares day by day, so their order never changes."""

from monitor.analytics.depth import books_of
from monitor.content.report.blocks import Block, Paragraph, Section, Table
from monitor.content.report.facts import ReportFacts
from monitor.content.report.selection import movers
from monitor.content.wording import glosses
from monitor.content.wording.cells import cell
from monitor.content.wording.depth import depth_words
from monitor.content.wording.figures import UNKNOWN, money, percent, pp, stamp
from monitor.content.wording.safe_text import one_line
from monitor.model.derivatives import FUNDINGS_A_YEAR
from monitor.model.figures import Form, Place, figures_at
from monitor.model.state import MemberEvent, MemberEventKind, SectorState, TokenState

OF_A_DAY = {
    Place.PAPER: "Own return, volume share, net flow and members behind the market: of 24 h",
    Place.PAPER_MORE: "Turnover, abnormal volume and the move per $1 M: of 24 h",
}
"""What the narrow headings on paper leave out."""
_WHAT = {
    MemberEventKind.LAUNCH: "launched and joined",
    MemberEventKind.ENTRY: "joined",
    MemberEventKind.EXIT: "left",
    MemberEventKind.SUPPLY: "supply restated in",
    MemberEventKind.REDENOMINATION: "redenominated in",
}


def sectors(facts: ReportFacts) -> Section | None:
    """A row each, the watched market last. Narrow tables for a phone, one wide one on paper."""
    if facts.close is None:
        return None
    states = [(s, state) for s in facts.sectors if (state := facts.state(s.id)) is not None]
    colors = tuple(facts.colors[s.id] for s, _ in states)
    names = [facts.names[s.id] for s, _ in states]

    found = [state for _, state in states]

    def table(place: Place, caption: str) -> Table:
        shown = list(figures_at(place, of=found))
        rows = tuple(
            (name, *(cell(figure, column, state) for figure, column in shown))
            for name, state in zip(names, found, strict=True)
        )
        columns = ("Sector", *(column.heading for _, column in shown))
        return Table(columns, rows, caption, colors, "html")

    return Section(
        "Sectors",
        (
            table(Place.SIZE, "Size: market cap, and share of the watched cap"),
            table(Place.RETURN, "Return, and the sector's own part of 24 h"),
            table(
                Place.TRADING, "Trading in 24 h: volume share, net flow, members behind the market"
            ),
            table(
                Place.LIQUIDITY,
                "Liquidity in 24 h: volume of market cap, volume beyond the usual, hourly move per $1 M",
            ),
            *(_on_paper(place, names, found) for place in (Place.PAPER, Place.PAPER_MORE)),
            *_depth(found, facts),
            *_derivatives(found, facts),
            Paragraph(
                f"{glosses.OWN} {glosses.NET_FLOW}{_measured(found, facts)} {glosses.ABNORMAL_VOLUME}"
                f" {glosses.VOLUME_SHARE}",
                soft=True,
            ),
            *_beyond_the_tide(found, facts),
        ),
    )


def _depth(states: list[SectorState], facts: ReportFacts) -> list[Paragraph]:
    """What stood in the order books at the day's end, where they are read."""
    found = {facts.name(s.id): books for s in states if (books := books_of(s)) is not None}
    words = depth_words(found)
    return [Paragraph(f"In the order books within 1 % of the price: {words}")] if words else []


def _derivatives(states: list[SectorState], facts: ReportFacts) -> list[Paragraph]:
    """What perpetuals said at the day's end, where they are read."""
    told = [
        f"{facts.name(s.id)} open interest {money(s.open_interest_usd, sign=False)}, funding"
        f" {percent(s.funding_rate_8h, 3)} in 8 h"
        + (f" ({percent(s.funding_rate_8h * FUNDINGS_A_YEAR)} a year)" if s.funding_rate_8h else "")
        for s in states
        if s.derivatives_coverage
    ]
    if not told:
        return []
    gloss = "Longs pay shorts where funding is above nought; no flag reads it."
    return [Paragraph(f"Perpetuals: {'; '.join(told)}. {gloss}")]


def _beyond_the_tide(states: list[SectorState], facts: ReportFacts) -> list[Block]:
    words = glosses.relative_flow_words(states, facts.names)
    return [Paragraph(words, soft=True)] if words else []


def _measured(states: list[SectorState], facts: ReportFacts) -> str:
    words = glosses.flow_measured(states, facts.names)
    return f" {words}" if words else ""


def _on_paper(place: Place, names: list[str], states: list[SectorState]) -> Table:
    """The same figures in 78 columns: no blanks, an unknown is a question mark, a heading has its column's unit."""
    shown = list(figures_at(place))
    rows = tuple(
        (name, *(_tight(cell(figure, column, state), column.form) for figure, column in shown))
        for name, state in zip(names, states, strict=True)
    )
    columns = ("SECTOR", *(column.heading for _, column in shown))
    return Table(columns, rows, OF_A_DAY[place], medium="text")


def _tight(text: str, form: Form) -> str:
    if form == "pp":
        text = text.removesuffix(" pp")
    if form == "count of":
        return text.replace(" of ", "/")
    return "?" if text == UNKNOWN else text.replace(" ", "")


def movers_section(facts: ReportFacts) -> Section | None:
    """Top and bottom three a sector by their part of its return, with volume against its 30-day median."""
    if facts.close is None:
        return None
    blocks: list[Block] = []
    for sector in facts.watched:
        rows = tuple(_mover(token, facts) for token in movers(facts, sector.id))
        if rows:
            columns = ("Token", "24 h", "part", "volume")
            blocks.append(
                Table(columns, rows, facts.names[sector.id], (facts.colors[sector.id],) * len(rows))
            )
    if not blocks:
        return Section("Movers", (Paragraph("No token's return is known."),))
    words = "Part: of the sector's 24 h return. Volume: 24 h, against the token's 30-day median."
    return Section("Movers", (*blocks, Paragraph(words, soft=True)))


def _mover(token: TokenState, facts: ReportFacts) -> tuple[str, ...]:
    usual = facts.volume_medians.get(token.id)
    known = token.volume_24h_usd is not None and usual is not None and usual > 0
    times = f"{(token.volume_24h_usd or 0.0) / (usual or 1.0):.1f} x" if known else "unknown"
    return one_line(token.id), percent(token.return_24h), pp(token.contribution_24h), times


def members(facts: ReportFacts) -> Section:
    """What joined, left or was restated in the day: each with its effect on share, and none on the index."""
    events = sorted(
        (e for e in facts.events if facts.since < e.at <= facts.until),
        key=lambda e: (e.at, e.sector, e.token),
    )
    title = "Launches and members"
    if not events and facts.close is None:
        return Section(title, (Paragraph("Unknown: no interval was stepped."),))
    if not events:
        return Section(
            title, (Paragraph("None: no token joined or left, no supply was restated."),)
        )
    return Section(title, tuple(Paragraph(_event(event, facts)) for event in events))


def _event(event: MemberEvent, facts: ReportFacts) -> str:
    sector = facts.name(event.sector)
    return (
        f"{one_line(event.token)} {_WHAT[event.kind]} {sector}, {stamp(event.at)}: share"
        f" {pp(event.share_effect)}, none on the index.{_became(event, facts)}"
    )


def _became(event: MemberEvent, facts: ReportFacts) -> str:
    """What a launch was worth when it joined and at the end of the day: its first bar says little."""
    tokens = facts.close.tokens if facts.close is not None else ()
    then = next(
        (t.market_cap_usd for t in tokens if (t.id, t.sector) == (event.token, event.sector)), None
    )
    if event.kind is not MemberEventKind.LAUNCH or event.market_cap_usd is None or then is None:
        return ""
    first, last = (money(cap, sign=False) for cap in (event.market_cap_usd, then))
    return f" Market cap {first} on joining, {last} at the end of the day."
