"""The table: what was measured, against which floor, and whether the goal holds.

A row whose goal cannot be decided does not hold; a row without a goal is only told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Better: TypeAlias = Literal["more", "less"]

GROWTH_MAX = 1.3
_WIDTHS = (62, 12, 12, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement. `value` and `floor` share a unit; `ratio` is what the goal speaks of.

    `better` says in which direction the ratio may grow with the number of members without harm.
    """

    name: str
    unit: str
    value: float | None
    floor: float | None = None
    ratio: float | None = None
    goal: str = ""
    holds: bool = True
    better: Better = "less"


def at_most(row: Row, bound: float) -> Row:
    """Return the row with the goal that its ratio, or without one its value, is within `bound`."""
    return _judged(row, "≤", bound)


def at_least(row: Row, bound: float) -> Row:
    """Return the row with the goal that its ratio, or without one its value, reaches `bound`."""
    return _judged(row, "≥", bound)


def unmeasured(name: str, why: str) -> Row:
    """Return the row of a measurement that could not be made: its goal does not hold."""
    return Row(name=name, unit="", value=None, goal=f"not measured: {why}", holds=False)


def without_goal(row: Row) -> Row:
    """Return a row of the small till: its ratio is only the measure for the large one's.

    At a thousand members a bare statement costs so little that its ratio says nothing of interest.
    A bound that needs no floor holds at every size.
    """
    if row.ratio is None or row.value is None:
        return row
    return replace(row, goal="", holds=True)


def growth(small: Sequence[Row], large: Sequence[Row]) -> list[Row]:
    """Return, for every ratio measured at both sizes, how much worse the larger till has it."""
    before = {row.name: row for row in small if row.ratio}
    rows = []
    for row in large:
        first = before.get(row.name)
        if first is None or not first.ratio or not row.ratio:
            continue
        worse = row.ratio / first.ratio if row.better == "less" else first.ratio / row.ratio
        grown = Row(
            name=f"growth: {row.name}",
            unit="ratio",
            value=row.ratio,
            floor=first.ratio,
            ratio=worse,
        )
        rows.append(at_most(grown, GROWTH_MAX))
    return rows


def heading() -> str:
    """Return the table's first line."""
    return _line("", "measured", "floor", "ratio", "goal")


def printed(row: Row) -> str:
    """Return one row as a line."""
    verdict = "" if not row.goal else f"{row.goal}  {'holds' if row.holds else 'FAILS'}"
    value, floor = _number(row.value, row.unit), _number(row.floor, row.unit)
    return _line(row.name, value, floor, _number(row.ratio), verdict)


def as_json(rows: Iterable[Row]) -> list[dict[str, object]]:
    """Return the rows as JSON objects."""
    return [
        {
            "name": row.name,
            "unit": row.unit,
            "value": row.value,
            "floor": row.floor,
            "ratio": row.ratio,
            "goal": row.goal,
            "holds": row.holds,
        }
        for row in rows
    ]


def _judged(row: Row, sign: Literal["≤", "≥"], bound: float) -> Row:
    subject = row.value if row.ratio is None else row.ratio
    assert subject is not None, row
    holds = subject <= bound if sign == "≤" else subject >= bound
    what = "" if row.ratio is None else "ratio "
    goal = f"{what}{sign} {bound:g}" + (f" {row.unit}" if row.ratio is None else "")
    return replace(row, goal=goal, holds=holds, better="less" if sign == "≤" else "more")


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return ""
    digits = 0 if abs(value) >= 1_000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f} {unit if unit != 'ratio' else ''}".strip()


def _line(name: str, value: str, floor: str, ratio: str, verdict: str) -> str:
    first, second, third, fourth = _WIDTHS
    line = f"{name:<{first}} {value:>{second}} {floor:>{third}} {ratio:>{fourth}}  {verdict}"
    return line.rstrip()
