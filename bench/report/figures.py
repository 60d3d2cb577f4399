"""From what was measured in a scenario to its figures: which kind of plot, which panels, which rows and curves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import Callable, Iterable

import axes
import curves
import rows
from curves import Axis, Curve
from drawing import Drawing
from palette import FLOOR, Palette
from results import Point, Run, Series, quartiles
from scenarios import Scenario, about, in_order
from verdict import our_contender
from wording import amount, metric_text, point_text, share_text, slots_text, tick, unit_of

FLOOR_NAME = "raw floor"
IDEAL_NAME = "ideal"
RATED = "ns_per_message"  # the metric that a rate can be taken from
MARKED = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
NINES = ((-math.log10(0.5), "50%"), (1.0, "90%"), (2.0, "99%"), (3.0, "99.9%"), (4.0, "99.99%"))
MOST_NINES = 4.5
CUT_ABOVE = 2.2  # of the slowest pace: beyond that a pace curve leaves the plot


@dataclass(frozen=True)
class Panel:
    """One drawing. `name` is that of its file, without the suffix, and unique in the report."""

    name: str
    title: str
    drawing: Drawing
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """All that a report shows of one scenario."""

    scenario: str
    about: Scenario
    panels: tuple[Panel, ...]
    series: tuple[Series, ...]


def figures(run: Run) -> list[Figure]:
    """One per scenario that was measured, in the order of the report."""
    palette = Palette([series.contender for series in run.series if not series.is_floor])
    found = []
    for name in in_order(run.scenarios()):
        scenario = about(name)
        series = sorted(run.of(name), key=lambda one: _order(one, palette))
        found.append(Figure(name, scenario, tuple(PLOTS[scenario.kind](name, series, palette)), tuple(series)))
    return found


def _order(one: Series, palette: Palette) -> tuple:
    parameters = (one.point.slots or 0, one.point.bytes or 0, one.point.x or 0)
    return (one.metric, *parameters, palette.order(one.contender))


def _grouped(series: Iterable[Series], key: Callable[[Series], object]) -> dict:
    groups: dict = {}
    for one in series:
        groups.setdefault(key(one), []).append(one)
    return groups


def _file_name(*parts: object) -> str:
    """Small letters, digits and dashes of the parts that are there."""
    text = "-".join(f"{part:.12g}" if isinstance(part, float) else str(part) for part in parts if part is not None)
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text.lower())


def _title(series: Series) -> str:
    return point_text(series.point)


# ---- rows ---------------------------------------------------------------------------------------


def _row(one: Series, palette: Palette) -> rows.Row:
    received = [] if one.received is None else [share_text(one.received)]
    losses = [f"lost {one.lost:,}"] * bool(one.lost and not received)
    notes = received + losses + ["oversubscribed"] * one.oversubscribed
    return rows.Row(one.contender, palette.of(one.contender), one.median, *one.quartiles, ", ".join(notes))


def _rate_row(one: Series, palette: Palette) -> rows.Row:
    """Million messages a second, from ns per message."""
    rates = tuple(1e3 / sample for sample in one.samples)
    row = _row(one, palette)
    return rows.Row(row.name, row.colour, median(rates), *quartiles(rates), row.note)


def _floor_row(series: list[Series]) -> list[rows.Row]:
    floor = _unnamed_floor(series)
    return [rows.Row(FLOOR_NAME, FLOOR, median(floor), *quartiles(floor))] if floor else []


def _unnamed_floor(there: list[Series]) -> tuple[float, ...]:
    """The floor that the contenders of a point carry, unless there are floors with names of their own."""
    if any(one.is_floor for one in there):
        return ()
    return next((one.floor for one in there if one.floor), ())


def _costs(name: str, series: list[Series], palette: Palette) -> list[Panel]:
    """Bars of the costs, a panel per metric, a group per point."""
    panels = []
    for metric, measured in _grouped(series, lambda one: one.metric).items():
        groups = []
        for there in _grouped(measured, lambda one: one.point).values():
            of_contenders = [_row(one, palette) for one in there]
            groups.append(rows.Group(_title(there[0]), tuple(of_contenders + _floor_row(there))))
        title = f"{_named(metric)}, less is better"
        panels.append(Panel(_file_name(name, metric), title, rows.bars(f"{name}: {title}", unit_of(metric), groups)))
    return panels


def _waits(name: str, series: list[Series], palette: Palette) -> list[Panel]:
    """Times as dots on a logarithmic axis, shares of a processor as bars."""
    panels = []
    for metric, measured in _grouped(series, lambda one: one.metric).items():
        times = unit_of(metric) == "ns" and all(min(one.samples) > 0 for one in measured)
        if not times:
            panels += _costs(name, measured, palette)
            continue
        title = f"{_named(metric)}, less is better (logarithmic)"
        points = _grouped(measured, lambda one: one.point).values()
        groups = [rows.Group(_title(there[0]), tuple(_row(one, palette) for one in there)) for there in points]
        panels.append(Panel(_file_name(name, metric), title, rows.dots(f"{name}: {title}", "ns", groups)))
    return panels


def _throughput(name: str, series: list[Series], palette: Palette) -> list[Panel]:
    """Bars of messages a second per ring size and message size, and the cost over the message sizes."""
    timed = [one for one in series if one.metric == RATED and min(one.samples) > 0]
    panels = []
    for slots, measured in _grouped(timed, lambda one: one.point.slots).items():
        groups = []
        for there in _grouped(measured, lambda one: one.point).values():
            floor = [_inverted(row) for row in _floor_row(there)]
            groups.append(rows.Group(_title(there[0]), tuple([_rate_row(one, palette) for one in there] + floor)))
        title = f"Million messages a second, more is better{_behind(slots)}"
        panels.append(Panel(_file_name(name, slots), title, rows.bars(f"{name}: {title}", "", groups)))
        panels += _sweep(name, slots, measured, palette)
    return panels + _costs(name, [one for one in series if one not in timed], palette)


def _named(metric: str) -> str:
    """A metric at the beginning of a title."""
    return metric_text(metric)[:1].upper() + metric_text(metric)[1:]


def _inverted(row: rows.Row) -> rows.Row:
    return rows.Row(row.name, row.colour, 1e3 / row.value, 1e3 / row.high, 1e3 / row.low)


def _behind(slots: int | None) -> str:
    return f"; {slots_text(slots)}" if slots else ""


# ---- curves -------------------------------------------------------------------------------------


def _curve(name: str, measured: list[Series], palette: Palette, at: Callable[[Series], float], main: bool) -> Curve:
    points = tuple((at(one), one.median) for one in measured)
    spread = tuple((at(one), *one.quartiles) for one in measured)
    return Curve(name, palette.of(name), points, spread, main)


def _main_name(series: list[Series], scenario: str) -> str:
    """Of the contender that is drawn thick."""
    ours = our_contender(series, about(scenario).ours)
    return ours.contender if ours else ""


def _over(name: str, series: list[Series], palette: Palette, at: Callable[[Series], float]) -> list[Curve]:
    """A curve per contender over the parameter that `at` takes from a series."""
    main = _main_name(series, name)
    by_name = _grouped(sorted(series, key=at), lambda one: one.contender)
    in_turn = sorted(by_name, key=palette.order)
    return [_curve(contender, by_name[contender], palette, at, contender == main) for contender in in_turn]


def _sweep(name: str, slots: int | None, measured: list[Series], palette: Palette) -> list[Panel]:
    """Cost over the message's size; nothing where one size was measured."""
    sizes = sorted({one.point.bytes for one in measured if one.point.bytes})
    if len(sizes) < 2:
        return []
    drawn = _over(name, [one for one in measured if one.point.bytes], palette, lambda one: float(one.point.bytes or 0))
    x_axis = ("bytes of a message", axes.powers(list(map(float, sizes)), curves.LEFT, _end(drawn), lambda size: f"{size:g}"))
    title = f"Cost over the size of a message, less is better{_behind(slots)}"
    return [_logarithmic_panel(_file_name(name, slots, "sizes"), title, Axis(*x_axis), drawn)]


def _sizes(name: str, series: list[Series], palette: Palette) -> list[Panel]:
    """The cost over the message's size, and as bars."""
    panels = []
    for slots, measured in _grouped([one for one in series if one.metric == RATED], lambda one: one.point.slots).items():
        panels += _sweep(name, slots, measured, palette)
    return panels + _costs(name, series, palette)


def _bursts(name: str, series: list[Series], palette: Palette) -> list[Panel]:
    """Time over the length of the burst."""
    panels = []
    curved = [one for one in series if one.point.x and min(one.samples) > 0]
    for (metric, size, slots), measured in _grouped(curved, _metric_and_ring).items():
        drawn = _over(name, measured, palette, lambda one: float(one.point.x or 0))
        lengths = sorted({float(one.point.x or 0) for one in measured})
        x_axis = Axis("messages of the burst", axes.powers(lengths, curves.LEFT, _end(drawn), lambda length: f"{length:g}"))
        title = f"Time until the last message was read, less is better{_ring(measured)}"
        panels.append(_logarithmic_panel(_file_name(name, metric, size, slots), title, x_axis, drawn))
    return panels + _costs(name, [one for one in series if one not in curved], palette)


def _pace(name: str, series: list[Series], palette: Palette) -> list[Panel]:
    """Cost over the producer's pace, with the line of a queue that costs nothing, which the floor there would repeat."""
    panels = []
    curved = [one for one in series if one.point.x is not None and not one.is_floor]
    for (metric, size, slots), measured in _grouped(curved, _metric_and_ring).items():
        drawn = _over(name, measured, palette, lambda one: float(one.point.x or 0))
        title = f"Cost at each pace; the ideal costs the pace alone{_ring(measured)}"
        panels.append(_pace_panel(_file_name(name, metric, size, slots), title, drawn))
    return panels + _costs(name, [one for one in series if one.point.x is None], palette)


def _pace_panel(name: str, title: str, drawn: list[Curve]) -> Panel:
    slowest = max(x for curve in drawn for x, _ in curve.points)
    limit = CUT_ABOVE * slowest or math.inf
    above = [curve for curve in drawn if min(y for _, y in curve.points) > limit]
    inside = [curve for curve in drawn if curve not in above]
    top = min(limit, max((y for curve in inside for _, y in curve.points), default=limit))
    ideal = Curve(IDEAL_NAME, FLOOR, ((0.0, 0.0), (slowest, slowest)), dots=False)
    end = _end([*inside, ideal])
    ticks = tuple((x, f"{x:g}") for x in sorted({x for curve in drawn for x, _ in curve.points}))
    x_axis = Axis("the producer's own pace, ns a message", axes.chosen(ticks, slowest or 1.0, curves.LEFT, end))
    y_axis = Axis("ns per message", axes.linear(top, curves.BOTTOM, curves.TOP, lambda value: f"{value:g}"))
    note = "; ".join(f"{curve.name} {_range(curve)}" for curve in above)
    drawing = curves.plot(name, title, x_axis, y_axis, [*inside, ideal])
    return Panel(name, title, drawing, f"Above the plot: {note}." if note else "")


def _range(curve: Curve) -> str:
    values = [y for _, y in curve.points]
    return f"{amount(min(values), 'ns')} to {amount(max(values), 'ns')}"


def _latency(name: str, series: list[Series], palette: Palette) -> list[Panel]:
    """How the latency is distributed, a panel per point; bars for those of which only the middle is known."""
    panels, others = [], []
    for there in _grouped(series, lambda one: (one.metric, one.point)).values():
        spread = [one for one in there if len(distribution(one)) > 1]
        if spread:
            panels.append(_distribution_panel(name, spread, _floors(there), palette))
        others += [one for one in there if one not in spread and not (spread and one.is_floor)]
    return panels + _costs(name, others, palette)


def _floors(there: list[Series]) -> list[tuple[str, float]]:
    """(name, ns) of a point."""
    unnamed = _unnamed_floor(there)
    named = [(one.contender, one.median) for one in there if one.is_floor]
    return named + ([(FLOOR_NAME, median(unnamed))] if unnamed else [])


def _distribution_panel(name: str, there: list[Series], floors: list[tuple[str, float]], palette: Palette) -> Panel:
    main = _main_name(there, name)
    drawn = []
    for one in there:
        points = distribution(one)
        hint = f"{one.contender}: " + ", ".join(f"{key} {amount(value, 'ns')}" for key, value in one.percentiles.items())
        drawn.append(Curve(one.contender, palette.of(one.contender), points, (), one.contender == main, False, hint))
    right = max(x for curve in drawn for x, _ in curve.points)
    drawn += [Curve(floor, FLOOR, ((0.0, cost), (right, cost)), dots=False) for floor, cost in floors]
    x_axis = Axis("share of the messages, the tail stretched", axes.chosen(NINES, right, curves.LEFT, _end(drawn)))
    point = there[0].point
    title = "; ".join(filter(None, ("Latency, less is better", point_text(point))))
    return _logarithmic_panel(_file_name(name, there[0].metric, point.bytes, point.slots, point.x), title, x_axis, drawn)


def distribution(one: Series) -> tuple[tuple[float, float], ...]:
    """(nines, ns) of the latencies: from the histogram, else from the percentiles. 1 is 90 %, 2 is 99 %."""
    total = sum(count for _, count in one.histogram)
    if not total:
        return tuple((_nines(share), one.percentiles[key]) for key, share in MARKED.items() if one.percentiles.get(key))
    points, below = [], 0
    for edge, count in one.histogram:
        if not count or edge <= 0:
            continue
        if not points:
            points.append((0.0, edge))
        below += count
        points.append((min(_nines(min(below, total - 0.5) / total), MOST_NINES), edge))
    return tuple(point for index, point in enumerate(points) if index == 0 or points[index - 1][0] < MOST_NINES)


def _nines(share: float) -> float:
    return -math.log10(1 - share)


def _logarithmic_panel(name: str, title: str, x_axis: Axis, drawn: list[Curve]) -> Panel:
    values = [y for curve in drawn for _, y in curve.points]
    y_axis = Axis("", axes.logarithmic(min(values), max(values), curves.BOTTOM, curves.TOP, lambda value: tick(value, "ns")))
    return Panel(name, title, curves.plot(name, title, x_axis, y_axis, drawn))


def _metric_and_ring(one: Series) -> tuple[str, int | None, int | None]:
    return one.metric, one.point.bytes, one.point.slots


def _ring(measured: list[Series]) -> str:
    """; 8 B, 1K slots — behind a title."""
    point = measured[0].point
    text = point_text(Point(point.bytes, point.slots, None, None))
    return f"; {text}" if text else ""


def _end(drawn: list[Curve]) -> float:
    return curves.right_edge([curve.name for curve in drawn])


PLOTS: dict[str, Callable[[str, list[Series], Palette], list[Panel]]] = {
    "pace": _pace,
    "throughput": _throughput,
    "latency": _latency,
    "burst": _bursts,
    "cost": _costs,
    "sizes": _sizes,
    "wait": _waits,
}
