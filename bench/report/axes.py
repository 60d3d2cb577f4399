"""Scales: from values to pixels, and where the ticks stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable

STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Scale:
    """Maps low..high to the pixels start..end. `ticks` are values with their labels."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool
    ticks: tuple[tuple[float, str], ...]

    def at(self, value: float) -> float:
        """The pixel of a value; outside start..end for a value outside low..high."""
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def linear(high: float, start: float, end: float, label: Callable[[float], str]) -> Scale:
    """From 0 to a little over `high`, in four to eight steps of 1, 2 or 5."""
    high = high or 1.0
    step = _step_at_least(high / 8)
    top = math.ceil(high / step - 1e-9) * step
    ticks = tuple((index * step, label(index * step)) for index in range(round(top / step) + 1))
    return Scale(0.0, top, start, end, False, ticks)


def logarithmic(low: float, high: float, start: float, end: float, label: Callable[[float], str]) -> Scale:
    """From a 1, 2 or 5 of its decade to another; every decade has a tick, and 2 and 5 too where there are few decades."""
    steps = _steps_around(low, high)
    few = math.log10(steps[-1] / steps[0]) < 2.5
    ticks = tuple((value, label(value)) for value in steps if few or _is_decade(value))
    return Scale(steps[0], steps[-1], start, end, True, ticks)


def powers(values: list[float], start: float, end: float, label: Callable[[float], str]) -> Scale:
    """Logarithmic, with a tick at each of the values and no others: for sizes and bursts."""
    low, high = min(values), max(values)
    if low == high:
        low, high = low / 2, high * 2
    return Scale(low, high, start, end, True, tuple((value, label(value)) for value in values))


def chosen(ticks: tuple[tuple[float, str], ...], high: float, start: float, end: float) -> Scale:
    """Linear from 0, with the given ticks as far as they lie inside."""
    return Scale(0.0, high, start, end, False, tuple(tick for tick in ticks if tick[0] <= high + 1e-9))


def _step_at_least(value: float) -> float:
    decade = 10.0 ** math.floor(math.log10(value))
    return next(step * decade for step in (*STEPS, 10) if step * decade >= value * (1 - 1e-9))


def _steps_around(low: float, high: float) -> list[float]:
    """The 1, 2 and 5 of each decade from the last below `low` to the first above `high`, at least two of them."""
    first, last = math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1
    steps = [step * 10.0**decade for decade in range(first, last + 1) for step in STEPS]
    below = max(index for index, step in enumerate(steps) if step <= low * (1 + 1e-9))
    above = min(index for index, step in enumerate(steps) if step >= high * (1 - 1e-9))
    return steps[below : max(above, below + 1) + 1]


def _is_decade(value: float) -> bool:
    return abs(math.log10(value) - round(math.log10(value))) < 1e-9
