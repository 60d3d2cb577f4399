"""Reads results.json of the benchmark into plain data, and refuses what is not of its format with a sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles

FORMAT = 1
OURS = "ringc"  # the names of our contenders begin so
PERCENTILES = ("p50", "p90", "p99", "p99.9", "max")


class BadResults(Exception):
    """The file is not a results.json of the format that this program reads."""


@dataclass(frozen=True)
class Point:
    """Where in a scenario something was measured; None where the scenario has no such parameter."""

    bytes: int | None  # of a message
    slots: int | None  # of the ring
    x: float | None
    x_unit: str | None  # "ns pace" | "Hz" | "burst" | "subscribers"


@dataclass(frozen=True)
class Series:
    """One contender at one point of one scenario. Samples and floor are costs in the metric's unit, less is better."""

    scenario: str
    contender: str
    point: Point
    metric: str
    samples: tuple[float, ...]  # one per kept round
    ratios: tuple[float, ...]  # to the reference contender in the same round; over 1 is slower than it
    floor: tuple[float, ...]
    lost: int  # messages
    received: float | None  # share of the messages that arrived, where some may be lost
    oversubscribed: bool  # more busy threads than processors
    percentiles: dict[str, float]  # ns; only those that were measured
    histogram: tuple[tuple[float, int], ...]  # (upper edge in ns, count), ascending
    is_floor: bool = False  # no contender: what the machine needs without any queue

    @property
    def is_ours(self) -> bool:
        return self.contender.startswith(OURS)

    @property
    def median(self) -> float:
        return median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        return quartiles(self.samples)


@dataclass(frozen=True)
class Run:
    """One run of the benchmark: `facts` is the head of the file, as it stands there."""

    facts: dict
    missing: tuple[tuple[str, str], ...]  # (contender, why)
    versions: tuple[tuple[str, str], ...]  # (contender, version)
    series: tuple[Series, ...]
    unmeasured: tuple[Series, ...]  # that have no sample, or one that is no number

    @property
    def rounds(self) -> int:
        return int(self.facts.get("rounds", 0))

    def scenarios(self) -> list[str]:
        """Names in the order of the file."""
        return list(dict.fromkeys(series.scenario for series in self.series))

    def of(self, scenario: str) -> list[Series]:
        return [series for series in self.series if series.scenario == scenario]


def quartiles(values: tuple[float, ...]) -> tuple[float, float]:
    """First and third; both are the value itself where there is but one."""
    if len(values) < 2:
        return values[0], values[0]
    first, _, third = quantiles(values, n=4, method="inclusive")
    return first, third


def load(path: Path) -> Run:
    """Raises BadResults, with the file's name, for whatever cannot be read."""
    try:
        return parse(json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant))
    except OSError as error:
        raise BadResults(f"{path}: {error.strerror}") from error
    except (BadResults, ValueError) as error:
        raise BadResults(f"{path}: {error}") from error


def parse(document: object) -> Run:
    """The run in a parsed results.json."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadResults(f"this is not a results file of format {FORMAT}")
    entries = document.get("results")
    if not isinstance(entries, list):
        raise BadResults("'results' is not a list")
    series = [_series(f"entry {number} of 'results'", entry) for number, entry in enumerate(entries)]
    series += _floors(document.get("floors") or (), {one.scenario: one for one in reversed(series)})
    _refuse_doubles(series)
    return Run(
        facts={key: value for key, value in document.items() if key not in ("results", "floors", "missing", "contenders")},
        missing=_pairs(document.get("missing"), "why"),
        versions=_pairs(document.get("contenders"), "version"),
        series=tuple(one for one in series if one.samples),
        unmeasured=tuple(one for one in series if not one.samples),
    )


def _pairs(entries: list[dict] | None, key: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(entry.get("contender")), str(entry.get(key) or "")) for entry in entries or ())


def _floors(entries: list[dict], firsts: dict[str, Series]) -> list[Series]:
    """The named floors as series, in the units of their scenario's first; left out where no contender was measured."""
    found = []
    for number, entry in enumerate(entries):
        first = firsts.get(str(entry.get("scenario")))
        if first:
            units = {"metric": first.metric, "x_unit": first.point.x_unit}
            named = {**entry, **units, "contender": entry.get("floor"), "floor": None}
            found.append(replace(_series(f"entry {number} of 'floors'", named), is_floor=True))
    return found


def _refuse_constant(name: str) -> float:
    raise BadResults(f"{name} is no number that was measured")


def _refuse_doubles(series: list[Series]) -> None:
    seen = set()
    for one in series:
        key = (one.scenario, one.contender, one.point, one.metric)
        if key in seen:
            raise BadResults(f"{one.contender} is there twice at one point of {one.scenario}")
        seen.add(key)


def _series(place: str, entry: dict) -> Series:
    try:
        return Series(
            scenario=str(entry["scenario"]),
            contender=str(entry["contender"]),
            point=_point(entry),
            metric=str(entry["metric"]),
            samples=_numbers(entry["samples"]),
            ratios=_numbers(entry.get("ratios")),
            floor=_numbers(entry.get("floor")),
            lost=int(entry.get("lost") or 0),
            received=None if entry.get("received") is None else float(entry["received"]),
            oversubscribed=bool(entry.get("oversubscribed")),
            percentiles=_percentiles(entry.get("percentiles") or {}),
            histogram=tuple((float(edge), int(count)) for edge, count in entry.get("histogram") or ()),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadResults(f"{place}: {type(error).__name__}: {error}") from error


def _point(entry: dict) -> Point:
    """A parameter without a unit is none."""
    unit = entry.get("x_unit")
    return Point(entry.get("bytes"), entry.get("slots"), entry.get("x") if unit else None, unit)


def _numbers(values: list | None) -> tuple[float, ...]:
    """Nothing where one of them is null: the benchmark divided by 0 there, and the rounds would no longer match."""
    return () if values is None or None in values else tuple(map(float, values))


def _percentiles(given: dict) -> dict[str, float]:
    return {name: float(given[name]) for name in PERCENTILES if given.get(name) is not None}
