"""How numbers, points and metrics are written, everywhere in the same way."""

from __future__ import annotations

from results import Point

LARGER_UNITS = {"ns": (("ms", 1e6), ("µs", 1e3))}  # taken from ten of them on, so that no digit is lost before

METRICS = {  # what it is called, and its unit
    "ns_per_message": ("time per message", "ns"),
    "latency_ns": ("latency", "ns"),
    "cycles_per_message": ("cycles per message", "cycles"),
    "cpu_ms_per_s": ("processor time a second", "ms"),
}


def number(value: float) -> str:
    """Three significant digits, more where the whole part has more: 0.82, 13.6, 131, 62,400."""
    if value == 0:
        return "0"
    for digits, limit in ((0, 99.95), (1, 9.995), (2, 0.0995)):
        if abs(value) >= limit:
            return f"{value:,.{digits}f}"
    return f"{value:.2g}"


def amount(value: float, unit: str) -> str:
    """With its unit, or with a larger one where that is easier to read: 131 ns, 62.4 µs, 3 %."""
    for larger, size in LARGER_UNITS.get(unit, ()):
        if abs(value) >= 10 * size:
            return f"{number(value / size)} {larger}"
    return f"{number(value)} {unit}".rstrip()


def tick(value: float, unit: str) -> str:
    """As short as it can be, for an axis."""
    for larger, size in LARGER_UNITS.get(unit, ()):
        if value >= size:
            return f"{value / size:g} {larger}"
    return f"{value:g} {unit}".rstrip()


def unit_of(metric: str) -> str:
    """The unit that values of a metric are shown with; "" where we do not know it."""
    return METRICS[metric][1] if metric in METRICS else "ns" * metric.endswith("_ns")


def metric_text(metric: str) -> str:
    """What a metric is called; its own name where we do not know it."""
    return METRICS[metric][0] if metric in METRICS else metric.replace("_", " ")


def slots_text(slots: int) -> str:
    return f"{slots // 1024}K slots" if slots >= 1024 and slots % 1024 == 0 else f"{slots} slots"


def share_text(share: float) -> str:
    """93.2 % received; not 100 % of what is less."""
    return f"{number(100 * share if share == 1 else min(100 * share, 99.9))} % received"


def x_text(x: float, x_unit: str | None) -> str:
    """27 ns pace, 10 kHz, bursts of 64, 10 subscribers."""
    if x_unit == "Hz":
        size, unit = next(((s, u) for s, u in ((1e6, "MHz"), (1e3, "kHz")) if x >= s), (1, "Hz"))
        return f"{x / size:g} {unit}"
    if x_unit == "burst":
        return f"bursts of {x:g}"
    if x_unit == "subscribers":
        return f"{x:g} subscriber{'' if x == 1 else 's'}"
    return f"{x:g} {x_unit or ''}".rstrip()


def point_text(point: Point) -> str:
    """8 B, 1K slots, 10 kHz; empty for a point without parameters."""
    return ", ".join(filter(None, _parts(point)))


def differing_text(point: Point, among: list[Point]) -> str:
    """As much of point_text as tells the point from the others; empty where they are all alike."""
    columns = zip(_parts(point), zip(*map(_parts, among)))
    return ", ".join(part for part, of_all in columns if part and len(set(of_all)) > 1)


def common_text(among: list[Point]) -> str:
    """As much of point_text as is the same for all of the points."""
    return ", ".join(parts[0] for parts in zip(*map(_parts, among)) if parts[0] and len(set(parts)) == 1)


def _parts(point: Point) -> tuple[str, str, str]:
    return (
        "" if point.bytes is None else f"{point.bytes} B",
        "" if point.slots is None else slots_text(point.slots),
        "" if point.x is None else x_text(point.x, point.x_unit),
    )
