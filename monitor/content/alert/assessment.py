"""One coin or the sector, how late, how sure, what would end it, what people noted."""

from collections.abc import Sequence
from datetime import datetime

from monitor.content.alert.facts import AlertFacts, Among, PastFlags
from monitor.content.alert.preview import Names, name_of
from monitor.content.wording.figures import UNKNOWN, duration, money, percent, points, pp, stamp
from monitor.content.wording.launches import TOKENS, launch_place
from monitor.content.wording.phrases import condition_words, listed
from monitor.content.wording.safe_text import neutral_name
from monitor.model.rotation import MARKET, Condition, Kind, Launch, Rotation, Severity, SideEvidence

NOTES, LONGEST_NOTE = 5, 300
ENOUGH_FLAGS = 5
_LONE = 0.8
"""So large a part of the move is one coin's rather than the sector's."""
_TELLING_RETURN = 0.01
"""A sector that moved less is not taken apart in parts of its move."""


def member_lines(rotation: Rotation, around: AlertFacts) -> list[str]:
    """How many members moved so and which of them made the move, each side; and launches."""
    evidence, names = rotation.evidence, around.names
    sides = evidence.sides
    lost = [side for side in sides if side is evidence.from_side]
    lines = [_lost_breadth(side, names) for side in lost]
    lines += [_gained_breadth(evidence.to_side, names)] if evidence.to_side is not None else []
    for side in sides:
        lines += _launches(rotation, side.sector, around)
    return lines


def judged_lines(rotation: Rotation, around: AlertFacts, *, late: bool) -> list[str]:
    """How late, how sure, how such cases ended here. ``late``: the message is told after the moment of its figures."""
    why = _critical(rotation, around)
    lines = [*([why] if why else []), _before(rotation, late=late), _sure(rotation, around.among)]
    if around.past is not None:
        lines.append(_past(around.past))
    return lines


def end_words(rotation: Rotation, around: AlertFacts) -> str:
    """The level and the time that end it, and the pair that reverses it; empty once it is over."""
    if not rotation.is_on or around.ends_at is None:
        return ""
    score, hours = around.ends_at
    source, target = (name_of(sector, around.names) for sector in rotation.pair)
    level, window = around.ends_level, rotation.evidence.window_h
    if rotation.kind is Kind.INFLOW:
        return (
            f"Ends if its least score against the others stays under {score:.1f} for {hours:g} h."
        )
    if rotation.to_sector == MARKET:
        if level is None:
            return f"Ends if its own loss falls short of its conditions for {hours:g} h."
        return (
            f"Ends if the own move of {source} is above {pp(level)} in {window} h for {hours:g} h."
        )
    turned = f", or if {target} → {source} is confirmed"
    under = f"score under {score:.1f}"
    if level is None:
        return f"Ends if the score stays under {score:.1f} for {hours:g} h{turned}."
    side = "less than" if level < 0 else "more than"
    way = "behind" if level < 0 else "ahead of"
    return (
        f"Ends if the own move of {source} in {window} h is {side} about {_points(level)} {way} that of"
        f" {target} for {hours:g} h at such volumes ({under}){turned}."
    )


def _points(value: float) -> str:
    """Without a sign: a word says which way."""
    return pp(abs(value)).removeprefix("+")


def note_lines(notes: Sequence[tuple[datetime, str]]) -> list[str]:
    """The newest annotations in order of time: causes told by people, never guessed."""
    told = sorted(notes)[-NOTES:]
    lines = [f'Note: "{neutral_name(text, LONGEST_NOTE)}" {stamp(at)}.' for at, text in told]
    more = len(notes) - len(told)
    return [*lines, f"And {more} earlier note(s)."] if more else lines


def candidate_lines(headlines: Sequence[tuple[datetime, str, str]]) -> list[str]:
    """What was in the news around the start, with whose and when; that it is no cause is said before it."""
    if not headlines:
        return []
    told = [
        f'"{neutral_name(title, LONGEST_NOTE)}" {neutral_name(feed)}, {stamp(at)}.'
        for at, feed, title in headlines
    ]
    return ["In the news around the start, candidates and no known cause:", *told]


def conditions_met(conditions: Sequence[Condition]) -> str:
    """``5 of 6 conditions met, lacking breadth of the loser 50 % (needs at least 60 %)``."""
    if not conditions:
        return f"conditions {UNKNOWN}"
    lacking = [neutral_name(condition_words(c), 120) for c in conditions if not c.met]
    count = f"{len(conditions) - len(lacking)} of {len(conditions)} conditions met"
    return f"{count}, lacking {'; '.join(lacking)}" if lacking else count


def _lost_breadth(side: SideEvidence, names: Names) -> str:
    return _breadth(side, names, f"{side.breadth_behind} of {side.breadth_of}", "behind")


def _gained_breadth(side: SideEvidence, names: Names) -> str:
    """Of what gained, those that did; where they were not counted, whoever was not behind."""
    counted = side.breadth_ahead
    ahead = side.breadth_of - side.breadth_behind if counted is None else counted
    return _breadth(side, names, f"{ahead} of {side.breadth_of}", "ahead of")


def _breadth(side: SideEvidence, names: Names, count: str, where: str) -> str:
    name = name_of(side.sector, names)
    if not side.breadth_of:
        return f"Breadth of {name}: {UNKNOWN}.{_leaders(side)}"
    return f"Breadth: {count} {name} {where} the market.{_leaders(side)}"


def _leaders(side: SideEvidence) -> str:
    """Up to three tokens as parts of the sector's move; in pp where parts would mislead (small or opposed moves)."""
    told = [(neutral_name(token), part) for token, part in side.contributors[:TOKENS]]
    if not told:
        return ""
    whole = side.total_return
    if (
        whole is None
        or abs(whole) < _TELLING_RETURN
        or any(not 0.0 <= part / whole <= 1.0 for _, part in told)
    ):
        parts = ", ".join(f"{token} {pp(part)}" for token, part in told)
        if whole is not None and abs(whole) >= _TELLING_RETURN and told[0][1] / whole >= _LONE:
            return f" One coin rather than the sector: {parts}, of {percent(whole)}."
        return f" Largest parts: {parts}."
    (first, leading), *rest = [(token, part / whole) for token, part in told]
    others = "".join(f", {token} {100 * part:.0f} %" for token, part in rest)
    if leading >= 0.5:
        lone = " One coin rather than the sector:" if leading >= _LONE else ""
        return f"{lone} {first} is {100 * leading:.0f} % of the move{others}."
    return f" Most of the move: {first} {100 * leading:.0f} %{others}."


def _launches(rotation: Rotation, sector: str, around: AlertFacts) -> list[str]:
    found = [launch for launch in rotation.evidence.launches if launch.sector == sector]
    told = sorted(found, key=lambda launch: (-abs(launch.share_pp), launch.at, launch.token))
    lines = [_launch(x, rotation, around) for x in told[:TOKENS]]
    more = len(found) - len(lines)
    return (
        [*lines, f"And {more} more launch(es) in {name_of(sector, around.names)}."]
        if more
        else lines
    )


def _launch(launch: Launch, rotation: Rotation, around: AlertFacts) -> str:
    """Told by what it became, since its first bar says little; a launch is never called an inflow."""
    before = duration(max(0.0, (rotation.figures_until - launch.at).total_seconds()))
    caps = around.launch_caps.get(launch.token)
    became = (
        f", at {money(caps[0], sign=False)} of market cap, {money(caps[1], sign=False)} now"
        if caps
        else ""
    )
    return (
        f"Launch: {neutral_name(launch.token)} joined {name_of(launch.sector, around.names)} {before} before,"
        f" {stamp(launch.at)}{became}. {launch_place(launch, rotation)}"
    )


def _before(rotation: Rotation, *, late: bool) -> str:
    """How much of the own move was over; what is stored is a loss where it is positive."""
    evidence = rotation.evidence
    when = f"Before {stamp(rotation.figures_until) if late else 'this message'}"
    moved = evidence.moved_before_now_pp
    if moved is None:  # stored before the two were told apart
        moved = evidence.moved_before_detection_pp
    if moved is None:
        return f"{when}: how much of the own move was over is {UNKNOWN}."
    side = evidence.told_side
    over, own = (-moved if side is evidence.from_side else moved), side.own_return
    if own and 0.0 <= over / (100 * own) <= 1.0:
        return f"{when}: {points(over).removesuffix(' pp')} of {pp(own)} own move."
    return f"{when}: {points(over)} own move since it began."


def _critical(rotation: Rotation, around: AlertFacts) -> str:
    """Which of its two reasons made it critical; empty where it is not, or where the bound is unknown."""
    score, bound = rotation.score, around.critical_at
    if rotation.severity is not Severity.CRITICAL or score is None or bound is None:
        return ""
    if score >= bound:
        return f"Critical: score {score:.1f} reached the bound of {bound:.1f}."
    target = name_of(rotation.to_sector, around.names)
    launched = [
        neutral_name(launch.token)
        for launch in rotation.evidence.launches
        if launch.sector == rotation.to_sector
    ]
    fed = (
        f", fed by the launch of {listed(launched[:TOKENS])}"
        if launched
        else ", where a launch is young"
    )
    return f"Critical: {target} drains a second sector within a day{fed}."


def _sure(rotation: Rotation, among: Among | None) -> str:
    met = conditions_met(rotation.evidence.conditions)
    if rotation.score is None:
        z = rotation.evidence.own_z
        own = "" if z is None else f"Own move {abs(z):.1f} times its usual size; "
        return f"{own}{met}." if own else f"{met[0].upper()}{met[1:]}."
    return f"Score {rotation.score:.1f}{_rank(among)}; {met}."


def _rank(among: Among | None) -> str:
    """Among rotations by their strongest score each; hours of one would make nearly each of them its own record."""
    if among is None:
        return ""
    when = "in 30 days" if among.whole else "on record"
    if among.of < 2:
        return f", the only rotation with a score {when}"
    place = "" if among.place == 1 else f"{_ordinal(among.place)} "
    return f", {place}strongest of {among.of} rotations {when}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"


def _past(past: PastFlags) -> str:
    if not past.flagged:
        return "No earlier flag of this pair."
    small = "; n is too small to lean on" if past.flagged < ENOUGH_FLAGS else ""
    return f"Past flags of this pair: {past.flagged}, of which {past.confirmed} confirmed{small}."
