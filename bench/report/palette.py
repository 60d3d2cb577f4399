"""Which colour a contender has, the same in every plot, in light and in dark.

The hues are those of Okabe and Ito, which people with the common kinds of colour blindness can tell apart, made darker on
white and lighter on black. Our queues share one hue in three lightnesses and three dashes, our broadcasts the next one. Names
stand beside the marks, so that no plot depends on colour alone.
"""

from __future__ import annotations

from results import OURS
from scenarios import DEFAULT_CONTENDER

# A part of a contender's name in small letters, its colour on white and on black, its dashes.
KNOWN = (
    ("ringc latency", "#2f86de", "#8ec5ff", "7 3"),
    ("ringc throughput", "#6fb1f2", "#c4e1ff", "2 3"),
    ("ringc overwrite", "#2b3fc4", "#8f9bff", ""),
    ("ringc gated", "#5c6bdd", "#b3bbff", "7 3"),
    ("ringc all gate", "#8f9bf0", "#d4d9ff", "2 3"),
    ("ringc", "#004f9e", "#4da3ff", ""),
    ("ck_ring", "#d55e00", "#ff8b45", ""),
    ("rte_ring", "#00805f", "#2bc797", ""),
    ("boost", "#b5478f", "#e793c6", ""),
    ("concurrentqueue", "#9a7400", "#e5c02a", ""),
    ("readerwriterqueue", "#7b4b2a", "#cd9f7d", ""),
    ("mutex", "#5f6973", "#9aa5b0", ""),
    ("pipe", "#1d1d1d", "#f2f2f2", ""),
)
SPARE = (
    ("#c0292b", "#ff8080", "5 2 1 2"),
    ("#6a51a3", "#b9a5ff", "5 2 1 2"),
    ("#3f7f00", "#9bd34a", "5 2 1 2"),
)
FLOOR = len(KNOWN) + len(SPARE)
COLOURS = tuple(known[1:] for known in KNOWN) + SPARE + (("#8a8a8a", "#8a8a8a", "3 3"),)
DARK = "(prefers-color-scheme: dark)"

# Of the plots, beside the contenders: selector, properties on white, properties on black.
SURFACES = (
    (".paper", "fill:#ffffff", "fill:#14171a"),
    (".plot text", "fill:#22272b", "fill:#dde3e8"),
    (".plot .quiet", "fill:#5b646c", "fill:#98a3ad"),
    (".plot .grid", "stroke:#e3e6e9", "stroke:#2b3137"),
    (".plot .axis", "stroke:#8b949c", "stroke:#68727b"),
    (".plot .whisker", "stroke:#22272b", "stroke:#dde3e8"),
)
FIXED = (
    ".plot text{font:12px system-ui,'DejaVu Sans',sans-serif}",
    ".plot .heading{font-weight:600}",
    ".plot .curve{fill:none;stroke-width:1.8;stroke-linejoin:round}",
    ".plot .main{stroke-width:3}",
    ".plot .leader{fill:none;stroke-width:0.7}",
    ".plot .whisker{stroke-width:1.2;opacity:0.75}",
)


class Palette:
    """Gives each contender of a run its number in COLOURS; those it does not know take the spare ones, floors a grey."""

    def __init__(self, contenders: list[str]) -> None:
        strangers = sorted({name for name in contenders if _known(name) is None})
        self._spare = {name: len(KNOWN) + place % len(SPARE) for place, name in enumerate(strangers)}

    def of(self, contender: str) -> int:
        known = _known(contender)
        return self._spare.get(contender, FLOOR) if known is None else known

    def order(self, contender: str) -> tuple[bool, int]:
        """Sorts contenders as the plots list them: ours first, the default before its tunes, then the peers."""
        return not contender.startswith(OURS), -1 if contender == DEFAULT_CONTENDER else self.of(contender)


def css() -> str:
    """The style of every plot: fill-N, stroke-N and text-N for the colour of number N."""
    light = [*FIXED, *(f"{selector}{{{white}}}" for selector, white, _ in SURFACES)]
    dark = [f"{selector}{{{black}}}" for selector, _, black in SURFACES]
    for index, (white, black, dashes) in enumerate(COLOURS):
        light += _rules(index, white)
        dark += _rules(index, black)
        if dashes:
            light.append(f".plot .curve.stroke-{index}{{stroke-dasharray:{dashes}}}")
    return "\n".join([*light, f"@media {DARK}{{", *dark, "}", ""])


def _rules(index: int, colour: str) -> list[str]:
    return [f".plot .fill-{index}{{fill:{colour}}}", f".plot .stroke-{index}{{stroke:{colour}}}"]


def _known(contender: str) -> int | None:
    name = contender.lower()
    return next((index for index, (part, *_) in enumerate(KNOWN) if part in name), None)
