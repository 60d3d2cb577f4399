"""A plot of curves over two axes, each curve named at its end."""

from __future__ import annotations

from dataclasses import dataclass, field

from axes import Scale
from drawing import Drawing, width_of

WIDTH = 480
HEIGHT = 330
TOP = 26  # below the title of the y axis
BOTTOM = HEIGHT - 42
LABEL_STEP = 14  # pixels between the names of two curves
LEFT = 52


@dataclass(frozen=True)
class Curve:
    """`points` are values, x ascending; `spread` holds (x, low, high) where quartiles are to be shown."""

    name: str
    colour: int
    points: tuple[tuple[float, float], ...]
    spread: tuple[tuple[float, float, float], ...] = ()
    main: bool = False  # drawn thick: the one that the plot is about
    dots: bool = True
    hint: str = ""


@dataclass(frozen=True)
class Axis:
    title: str
    scale: Scale = field(repr=False)


def right_edge(names: list[str]) -> float:
    """Where the x axis ends, so that the names fit behind it."""
    return WIDTH - max(map(width_of, names), default=0) - 22


def plot(name: str, label: str, x_axis: Axis, y_axis: Axis, curves: list[Curve]) -> Drawing:
    """Curves that leave the y axis at the top are cut there. `name` must be unique in the page."""
    drawing = Drawing(WIDTH, HEIGHT, label)
    _draw_axes(drawing, x_axis, y_axis)
    clip = f"clip-{name}"
    drawing.clip_box(clip, x_axis.scale.start - 4, TOP - 1, x_axis.scale.end - x_axis.scale.start + 8, BOTTOM - TOP + 5)
    for curve in sorted(curves, key=lambda one: one.main):
        _draw(drawing, curve, x_axis.scale, y_axis.scale, clip)
    _name(drawing, curves, x_axis.scale, y_axis.scale)
    return drawing


def _draw_axes(drawing: Drawing, x_axis: Axis, y_axis: Axis) -> None:
    x, y = x_axis.scale, y_axis.scale
    for value, text in y.ticks:
        drawing.line(x.start, y.at(value), x.end, y.at(value), "grid")
        drawing.text(x.start - 6, y.at(value) + 4, text, "end", "quiet")
    drawing.line(x.start, BOTTOM, x.end, BOTTOM, "axis")
    last = -1e9
    for value, text in x.ticks:
        drawing.line(x.at(value), BOTTOM, x.at(value), BOTTOM + 4, "axis")
        if x.at(value) - last >= width_of(text) + 4:
            drawing.text(x.at(value), BOTTOM + 17, text, "middle", "quiet")
            last = x.at(value)
    drawing.text(0, 14, y_axis.title, style="quiet")
    drawing.text((x.start + x.end) / 2, BOTTOM + 35, x_axis.title, "middle", "quiet")


def _draw(drawing: Drawing, curve: Curve, x: Scale, y: Scale, clip: str) -> None:
    points = [(x.at(a), y.at(b)) for a, b in curve.points]
    style = f"curve stroke-{curve.colour}{' main' if curve.main else ''}"
    drawing.path(points, style, clip, curve.hint or curve.name)
    if not curve.dots:
        return
    for value, low, high in curve.spread:
        if y.at(low) - y.at(high) >= 2 and high <= y.high:
            drawing.line(x.at(value), y.at(low), x.at(value), y.at(high), f"stroke-{curve.colour}")
    for (across, up), (_, value) in zip(points, curve.points):
        if value <= y.high:
            drawing.dot(across, up, 3.2 if curve.main else 2.6, f"fill-{curve.colour}")


def _name(drawing: Drawing, curves: list[Curve], x: Scale, y: Scale) -> None:
    """Writes the names beside the ends, apart from each other, each tied to its curve by a thin line."""
    ends = sorted(curves, key=lambda one: (y.at(one.points[-1][1]), one.name))
    places = spread_out([y.at(one.points[-1][1]) for one in ends], LABEL_STEP, TOP, BOTTOM)
    for curve, place in zip(ends, places):
        across, up = x.at(curve.points[-1][0]), max(y.at(curve.points[-1][1]), TOP)
        drawing.path([(across + 4, up), (x.end + 6, up), (x.end + 14, place)], f"leader stroke-{curve.colour}")
        drawing.text(x.end + 17, place + 4, curve.name, style=f"fill-{curve.colour}{' heading' if curve.main else ''}")


def spread_out(wanted: list[float], step: float, low: float, high: float) -> list[float]:
    """Places near to those wanted, which ascend, but `step` apart, and between low and high where they fit."""
    clusters: list[list[float]] = []  # (first place, count) of runs that touch each other
    for place in wanted:
        clusters.append([min(max(place, low), high), 1])
        while len(clusters) > 1 and clusters[-2][0] + clusters[-2][1] * step > clusters[-1][0]:
            (first, count), (second, more) = clusters[-2:]
            middle = (first + (count - 1) * step / 2) * count + (second + (more - 1) * step / 2) * more
            total = count + more
            start = middle / total - (total - 1) * step / 2
            clusters[-2:] = [[max(min(start, high - (total - 1) * step), low), total]]
    return [first + index * step for first, count in clusters for index in range(int(count))]
