"""How a file writes numbers: decimal point or comma, and what stands between thousands."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_COMMA = re.compile(r"[+-]?\d{1,3}(,\d{3})+")  # thousands, or a decimal comma before three digits
_COMMA_DECIMAL = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?", re.IGNORECASE)
_DOT_OVER_COMMA = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+")
_COMMA_OVER_DOT = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")


_GROUPS = {
    ",": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"),
    ".": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?"),
}


class AmbiguousNumberError(ValueError):
    """A number that may be read in two ways, and nothing in the file tells which."""


@dataclass(frozen=True, slots=True)
class NumberForm:
    """``thousands`` is taken out, then ``decimal`` becomes the point."""

    decimal: str = "."
    thousands: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether cells are numbers as they stand."""
        return self.decimal == "." and not self.thousands

    def plain(self, cells: Sequence[str]) -> Sequence[str]:
        """The cells as Python reads numbers."""
        if self.is_plain:
            return cells
        if self.thousands:
            groups = _GROUPS[self.thousands]
            cells = [
                cell.replace(self.thousands, "") if groups.fullmatch(cell) else cell
                for cell in cells
            ]
        return [cell.replace(self.decimal, ".") for cell in cells]


def number_form(cells: Iterable[str]) -> NumberForm:
    """The form that all cells of numbers share; raises AmbiguousNumberError with both readings where none tells."""
    found: set[NumberForm] = set()
    unclear = None
    for cell in cells:
        if "," not in cell:
            continue
        form = _form_of(cell)
        if form is not None:
            found.add(form)
        elif _COMMA.fullmatch(cell):
            unclear = unclear or cell
    if found == {NumberForm(","), NumberForm(",", ".")}:
        return NumberForm(",", ".")
    if len(found) > 1:
        raise AmbiguousNumberError("found numbers with a decimal comma and numbers with a point")
    if found:
        return found.pop()
    if unclear is None:
        return NumberForm()
    one, other = unclear.replace(",", "."), unclear.replace(",", "")
    raise AmbiguousNumberError(
        f"found number {unclear!r}, which may be {one} or {other}, and no other number tells; write it with a point"
    )


def _form_of(cell: str) -> NumberForm | None:
    """The form of a number with a comma, where the number alone tells it."""
    if _DOT_OVER_COMMA.fullmatch(cell) or (_COMMA.fullmatch(cell) and cell.count(",") > 1):
        return NumberForm(".", ",")
    if _COMMA_OVER_DOT.fullmatch(cell):
        return NumberForm(",", ".")
    if _COMMA.fullmatch(cell):
        return NumberForm(",") if cell.lstrip("+-").startswith("0,") else None
    return NumberForm(",") if _COMMA_DECIMAL.fullmatch(cell) else None
