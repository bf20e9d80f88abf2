"""Figures as people read them: always a sign, a unit and a window's place for one; unknown is said, never 0."""

import math
from datetime import datetime
from decimal import Decimal

from monitor.model.state import FlowGrade

UNKNOWN = "unknown"


def percent(value: float | None, digits: int = 1) -> str:
    """A simple return as ``-10.4 %``; sign always."""
    return UNKNOWN if value is None else f"{_zero(100 * value, digits):+.{digits}f} %"


def share(value: float | None, digits: int = 1) -> str:
    """A fraction without a sign: ``6.9 %``."""
    return UNKNOWN if value is None else f"{100 * value:.{digits}f} %"


def pp(value: float | None, digits: int = 1) -> str:
    """A change of share, given as a fraction: ``-4.1 pp``."""
    return UNKNOWN if value is None else points(100 * value, digits)


def points(value: float | None, digits: int = 1) -> str:
    """A change of share that is in percentage points already."""
    return UNKNOWN if value is None else f"{_zero(value, digits):+.{digits}f} pp"


def wide_points(value: float | None) -> str:
    """A change of a share that moves by tens: ``-18 pp``, ``+3.1 pp``."""
    return points(value, 0 if value is not None and abs(value) >= 9.95 else 1)


def basis_points(value: float | None) -> str:
    """A spread: ``4.0 bp``, ``52 bp``."""
    return UNKNOWN if value is None else f"{value:.{0 if value >= 9.95 else 1}f} bp"


def level(value: float | None) -> str:
    """A share that is in per cent already, without a sign: ``6.9 %``, ``52 %``."""
    return share(
        None if value is None else value / 100, 0 if value is not None and value >= 9.95 else 1
    )


def money(value: float | None, *, sign: bool = True) -> str:
    """Dollars with three digits: ``-$31.2 M``, ``$4.10 B``; ``sign=False`` for amounts that have none."""
    if value is None:
        return UNKNOWN
    mark = ("-" if value < 0 else "+") if sign else ("-" if value < 0 else "")
    return f"{mark}${_three_digits(abs(value))}"


def units(value: float) -> str:
    """Coins with three digits: ``1.00 B``, ``655 M``."""
    return _three_digits(value)


def rough_money(value: float | None) -> str:
    """Dollars with one digit, as an estimate deserves: ``-$0.3 B``, ``+$40 M``."""
    if value is None:
        return UNKNOWN
    return f"{'-' if value < 0 else '+'}${_one_digit(abs(value))}"


def per_million(value: float | None) -> str:
    """A return without a sign that a million dollars goes with, two digits: ``0.012 %``."""
    if value is None:
        return UNKNOWN
    if 0 < value < 1e-6:
        return "under 0.0001 %"
    text = f"{100 * value:.2g}" if value < 1 else f"{100 * value:.0f}"
    return f"{text} %"


def net_flow(value: float | None, grade: FlowGrade | None, *, short: bool = False) -> str:
    """Net flow as well as it is known: ``-$31.2 M``; estimated from prices, ``about -$0.3 B, estimated``, or ``short`` as
    tables have it ``~-$0.3 B``."""
    if value is None or grade not in (FlowGrade.C, FlowGrade.D):
        return money(value)
    return f"~{rough_money(value)}" if short else f"about {rough_money(value)}, estimated"


def price(value: float | None) -> str:
    """A price with four significant digits, however small: ``$0.00001546``."""
    if value is None:
        return UNKNOWN
    return f"${value:,.2f}" if value >= 1000 else f"${Decimal(f'{value:#.4g}'):f}"


def utc(moment: datetime) -> str:
    """``11:05 UTC``."""
    return f"{moment:%H:%M} UTC"


def day(moment: datetime) -> str:
    """``20 Jan 2025``."""
    return f"{moment.day} {moment:%b %Y}"


def stamp(moment: datetime) -> str:
    """``19 Jan 2025, 05:00 UTC``."""
    return f"{day(moment)}, {utc(moment)}"


def duration(seconds: float) -> str:
    """``40 s``, ``12 min``, ``2 h 10 min``, ``3 d 4 h``."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def _three_digits(value: float) -> str:
    for size, unit in ((1e12, " T"), (1e9, " B"), (1e6, " M"), (1e3, " k")):
        if value >= 0.9995 * size:
            scaled = value / size
            digits = 0 if scaled >= 99.95 else 1 if scaled >= 9.995 else 2
            return f"{scaled:.{digits}f}{unit}"
    return f"{value:.0f}"


def _one_digit(value: float) -> str:
    """One digit of the value, with at most one nought behind it."""
    if value < 0.5:
        return "0"
    power = 10 ** math.floor(math.log10(value))
    rounded = round(value / power) * power
    for size, unit in ((1e12, " T"), (1e9, " B"), (1e6, " M"), (1e3, " k")):
        if rounded >= 0.1 * size:
            return f"{rounded / size:g}{unit}"
    return f"{rounded:.0f}"


def _zero(value: float, digits: int) -> float:
    """No minus before a figure that rounds to zero."""
    return 0.0 if abs(value) < 0.5 * 10**-digits else value


def age_words(seconds: float) -> str:
    """``42 s``, ``7 min``, ``3 h 05 min``, ``12 d``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02d} min"
    return f"{seconds / 86_400:.0f} d"
