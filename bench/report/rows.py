"""A plot of rows: a name, a bar or a dot, and the value in words. Groups of rows stand below each other."""

from __future__ import annotations

from dataclasses import dataclass

from axes import Scale, logarithmic
from drawing import Drawing, width_of
from wording import amount, tick

WIDTH = 440
ROW = 17
HEADING = 24
GAP = 8  # pixels between name, mark and value
VALUE_WIDTH = 66
RADIUS = 5  # of a dot


@dataclass(frozen=True)
class Row:
    name: str
    colour: int
    value: float
    low: float  # quartiles
    high: float
    note: str = ""  # shown behind the value


@dataclass(frozen=True)
class Group:
    heading: str
    rows: tuple[Row, ...]


def bars(label: str, unit: str, groups: list[Group]) -> Drawing:
    """Bars from zero, each group on a scale of its own: lengths compare inside a group, the values everywhere."""
    drawing, left, right = _frame(label, groups, 0)
    for top, group in _placed(drawing, groups):
        longest = max(max(row.high for row in group.rows), 1e-9)
        for index, row in enumerate(group.rows):
            middle = top + index * ROW + ROW / 2
            reach = [left + (right - left) * value / longest for value in (row.low, row.value, row.high)]
            drawing.rectangle(left, middle - 5, max(reach[1] - left, 0.6), 10, f"fill-{row.colour}", _hint(row, unit))
            _name_and_value(drawing, row, unit, middle, left, max(reach[1:]))
            _whisker(drawing, middle, reach[0], reach[2])
    return drawing


def dots(label: str, unit: str, groups: list[Group]) -> Drawing:
    """Dots on one logarithmic scale, for values that differ by orders of magnitude."""
    drawing, left, right = _frame(label, groups, HEADING)
    rows = [row for group in groups for row in group.rows]
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    scale = logarithmic(low, high, left, right, lambda value: tick(value, unit))
    _grid(drawing, scale)
    for top, group in _placed(drawing, groups):
        for index, row in enumerate(group.rows):
            middle = top + index * ROW + ROW / 2
            drawing.dot(scale.at(row.value), middle, RADIUS, f"fill-{row.colour}", _hint(row, unit))
            _name_and_value(drawing, row, unit, middle, left, max(scale.at(row.high), scale.at(row.value) + RADIUS))
            if scale.at(row.high) - scale.at(row.low) > 2 * RADIUS:
                _whisker(drawing, middle, scale.at(row.low), scale.at(row.high))
    return drawing


def _frame(label: str, groups: list[Group], below: float) -> tuple[Drawing, float, float]:
    """The empty drawing, and where the marks begin and end."""
    rows = [row for group in groups for row in group.rows]
    left = max(width_of(row.name) for row in rows) + GAP
    notes = max(width_of(row.note) for row in rows)
    height = sum(HEADING + len(group.rows) * ROW for group in groups) + GAP + below
    return Drawing(WIDTH, height, label), left, max(WIDTH - VALUE_WIDTH - notes, left + 60)


def _placed(drawing: Drawing, groups: list[Group]) -> list[tuple[float, Group]]:
    """Writes the headings; the top of each group's first row."""
    placed, top = [], 0.0
    for group in groups:
        top += HEADING
        drawing.text(0, top - 7, group.heading, style="heading")
        placed.append((top, group))
        top += len(group.rows) * ROW
    return placed


def _grid(drawing: Drawing, scale: Scale) -> None:
    bottom = drawing.height - HEADING
    last = -1e9
    for value, text in scale.ticks:
        x = scale.at(value)
        drawing.line(x, HEADING - 4, x, bottom, "grid")
        if x - last >= width_of(text) + GAP:
            drawing.text(x, bottom + 15, text, "middle", "quiet")
            last = x


def _name_and_value(drawing: Drawing, row: Row, unit: str, middle: float, left: float, end: float) -> None:
    drawing.text(left - GAP, middle + 4, row.name, "end")
    drawing.text(end + GAP, middle + 4, f"{amount(row.value, unit)} {row.note}".rstrip(), style="quiet")


def _whisker(drawing: Drawing, middle: float, low: float, high: float) -> None:
    if high - low >= 1:
        drawing.line(low, middle, high, middle, "whisker")
        for x in (low, high):
            drawing.line(x, middle - 3, x, middle + 3, "whisker")


def _hint(row: Row, unit: str) -> str:
    quartiles = f"quartiles {amount(row.low, unit)} to {amount(row.high, unit)}"
    return ", ".join(filter(None, (f"{row.name}: {amount(row.value, unit)}", quartiles, row.note)))
