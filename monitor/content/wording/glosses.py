"""What figures mean, a sentence each, the same wherever they are shown."""

from collections.abc import Mapping, Sequence

from monitor.content.wording.figures import net_flow
from monitor.content.wording.phrases import listed
from monitor.model.relative_flow import day_of
from monitor.model.state import FlowGrade, SectorState

OWN = "Own is the sector's return less the watched market's part (beta times its return)."
OWN_RETURN = (
    "Own return, as conditions judge it, is compounded: what the return is over the market's part, interval by interval;"
    " an own move in pp is the one less the other."
)
"""The two differ where moves are large."""
NET_FLOW = "Net flow is taker buying less taker selling on the watched venues; every trade has a buyer and a seller."
ABNORMAL_VOLUME = "Abnormal volume is what was traded beyond the sector's usual part of the last two weeks; it sums to 0."
VOLUME_SHARE = (
    "A volume share is of all that was traded; its change in 24 h is of the markets that count at both ends, so that"
    " a launch or a new venue is no change."
)


def of_trades(name: str, seen: float | None) -> str:
    """A sector whose net flow stands on trades that were read, with the part of its volume whose takers were seen."""
    return name if seen is None else f"{name} ({100 * seen:.0f} % of the volume seen)"


def flow_measured(states: Sequence[SectorState], names: Mapping[str, str]) -> str:
    """How net flow was measured where not every venue told who bought; empty else."""
    named = [(names.get(state.id, state.id), state) for state in states]
    poor = [name for name, state in named if state.flow_grade in (FlowGrade.C, FlowGrade.D)]
    read = [
        of_trades(name, state.flow_seen) for name, state in named if state.flow_grade is FlowGrade.B
    ]
    words = [
        f"Of {listed(read)} it is scaled up from trades that were read." if read else "",
        f"Of {listed(poor)} it is estimated from price moves." if poor else "",
    ]
    return " ".join(filter(None, words))


def relative_flow_words(states: Sequence[SectorState], names: Mapping[str, str]) -> str:
    """Net flow of 24 h beyond each sector's part of the tide, and from whom to whom by convention; empty without two
    sectors."""
    grades = {state.id: state.flow_grade for state in states if state.share is not None}
    if len(grades) < 2:
        return ""
    found, unknown = day_of(states)
    if found is None:
        missing = listed([names.get(name, name) for name in unknown])
        return f"Net flow beyond the tide in 24 h is unknown, since that of {missing} is."
    amounts = [
        f"{names.get(name, name)} {net_flow(usd, grades[name], short=True)}"
        for name, usd in found.by_sector.items()
    ]
    passages = [
        f"{names.get(p.from_sector, p.from_sector)} → {names.get(p.to_sector, p.to_sector)}"
        f" {net_flow(p.usd, grades[p.from_sector], short=True).replace('+', '')}"
        for p in found.passages
    ]
    words = f"Net flow beyond each one's part of the tide in 24 h: {', '.join(amounts)}."
    if passages:
        words += (
            f" Allocated in proportion, a convention and no observation: {', '.join(passages)}."
        )
    return words
