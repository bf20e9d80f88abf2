"""Sectors, movers, launches and members: the tables one compares day by day, so their order never changes."""

from monitor.content.report.blocks import Block, Paragraph, Section, Table
from monitor.content.report.facts import ReportFacts
from monitor.content.report.selection import movers
from monitor.content.wording.figures import money, net_flow, percent, pp, share, stamp
from monitor.content.wording.phrases import listed
from monitor.content.wording.safe_text import one_line
from monitor.model.state import FlowGrade, MemberEvent, MemberEventKind, SectorState, TokenState

GLOSS = (
    "Own is the sector's return less the watched market's part (beta times its return). Net flow is taker buying less"
    " taker selling on the watched venues; every trade has a buyer and a seller."
)
_WHAT = {
    MemberEventKind.LAUNCH: "launched and joined",
    MemberEventKind.ENTRY: "joined",
    MemberEventKind.EXIT: "left",
    MemberEventKind.SUPPLY: "supply restated in",
    MemberEventKind.REDENOMINATION: "redenominated in",
}
NONE = "-"


def sectors(facts: ReportFacts) -> Section | None:
    """A row each, the watched market last. Narrow tables for a phone, one wide one on paper."""
    if facts.close is None:
        return None
    states = [(s, state) for s in facts.sectors if (state := facts.state(s.id)) is not None]
    colors = tuple(facts.colors[s.id] for s, _ in states)
    names = [facts.names[s.id] for s, _ in states]

    def table(caption: str, columns: tuple[str, ...], cells: list[tuple[str, ...]]) -> Table:
        rows = tuple((name, *row) for name, row in zip(names, cells, strict=True))
        return Table(("Sector", *columns), rows, caption, colors, "html")

    found = [state for _, state in states]
    return Section(
        "Sectors",
        (
            table(
                "Size: market cap, and share of the watched cap",
                ("cap", "share", "24 h", "7 d"),
                [_size(s) for s in found],
            ),
            table(
                "Return, and the sector's own part of 24 h",
                ("1 h", "24 h", "7 d", "own"),
                [_returns(s) for s in found],
            ),
            table(
                "Trading in 24 h: volume share, net flow, members behind the market",
                ("volume", "change", "net flow", "behind"),
                [_trading(s) for s in found],
            ),
            *_on_paper(names, found),
            Paragraph(GLOSS + _estimated(found, facts), soft=True),
        ),
    )


def _estimated(states: list[SectorState], facts: ReportFacts) -> str:
    """How net flow was measured is said where no venue told who bought."""
    poor = [facts.name(s.id) for s in states if s.flow_grade in (FlowGrade.C, FlowGrade.D)]
    return f" Of {listed(poor)} it is estimated from price moves." if poor else ""


def _on_paper(names: list[str], states: list[SectorState]) -> tuple[Table, Table]:
    """The same figures in 78 columns."""
    first = tuple(
        (
            name,
            _tight(money(s.market_cap_usd, sign=False)),
            _tight(_size(s)[1]),
            _bare(_size(s)[2]),
            _tight(percent(s.return_24h)),
            _bare(_returns(s)[3]),
            _tight(_trading(s)[0]),
            _bare(_trading(s)[1]),
            _tight(_trading(s)[2]),
            _trading(s)[3].replace(" of ", "/"),
        )
        for name, s in zip(names, states, strict=True)
    )
    second = tuple(
        (name, _bare(_size(s)[3]), _tight(_returns(s)[0]), _tight(_returns(s)[2]))
        for name, s in zip(names, states, strict=True)
    )
    columns = (
        "SECTOR",
        "CAP",
        "SHARE",
        "d24h",
        "24h",
        "OWN",
        "VOLSH",
        "d24h",
        "NET FLOW",
        "BEHIND",
    )
    return (
        Table(columns, first, medium="text"),
        Table(("SECTOR", "SHARE d7d", "1h", "7d"), second, medium="text"),
    )


def _size(state: SectorState) -> tuple[str, ...]:
    cap = money(state.market_cap_usd, sign=False)
    if state.share is None:
        return cap, NONE, NONE, NONE
    return cap, share(state.share), pp(state.share_change_24h), pp(state.share_change_7d)


def _returns(state: SectorState) -> tuple[str, ...]:
    own = NONE if _is_market(state) else pp(state.own_return_24h)
    return (
        percent(state.return_1h),
        percent(state.return_24h),
        percent(state.return_7d),
        own,
    )


def _trading(state: SectorState) -> tuple[str, ...]:
    if _is_market(state):
        return NONE, NONE, NONE, NONE
    behind = f"{state.breadth_behind} of {state.breadth_of}" if state.breadth_of else "unknown"
    flow = net_flow(state.net_flow_24h_usd, state.flow_grade, short=True)
    return share(state.volume_share), pp(state.volume_share_change_24h), flow, behind


def _is_market(state: SectorState) -> bool:
    """The benchmark has neither a share nor a share of volume."""
    return state.share is None and state.volume_share is None


def _tight(text: str) -> str:
    """Without blanks, for 78 columns; an unknown is a question mark there."""
    return "?" if text == "unknown" else text.replace(" ", "")


def _bare(text: str) -> str:
    """Without its unit, which the heading has."""
    return _tight(text).removesuffix("pp").removesuffix("%")


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
        f" {pp(event.share_effect)}, none on the index."
    )
