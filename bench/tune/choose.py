"""Chooses a variant for each goal at each point, and makes rules of the choices.

A variant is scored by three figures, each as a multiple of the best at its point: a saturated stream (ns a message), the worst
cost over the producer's own pace (ns a message beyond it, plus a floor of 2 ns so that noise near zero counts for little), and
the median round trip (ns). A goal weighs them; balanced takes only variants that give each slot back at once, since that is what
the contract of the default is.
"""
from __future__ import annotations

import statistics
from dataclasses import dataclass

from variants import Variant, variants

FLOOR_NS = 2.0
TIE = 1.05  # what is within 5 % of the best counts as equal, and the simplest of those is taken
WEIGHTS = {  # goal -> (saturated, over the pace, round trip), as exponents
    "latency": (0.1, 0.2, 0.7),
    "balanced": (0.4, 0.4, 0.2),
    "throughput": (0.7, 0.3, 0.0),
}


@dataclass(frozen=True)
class Figures:
    """Medians of one variant at one point, in ns."""

    saturated: float
    over_pace: float  # the worst of all paces
    round_trip: float


@dataclass(frozen=True)
class Choice:
    goal: str
    size: int  # bytes of a message
    slots: int
    variant: Variant
    figures: Figures
    best: Figures  # of all variants, each figure by itself


def choose(results: dict, points: list[tuple[int, int]]) -> list[Choice]:
    chosen = []
    for size, slots in points:
        known = {variant: figures(results, variant, size, slots) for variant in variants(size, slots)}
        best = Figures(*(min(getattr(f, name) for f in known.values()) for name in ("saturated", "over_pace", "round_trip")))
        for goal in WEIGHTS:
            variant = _best_for(goal, known, best)
            chosen.append(Choice(goal, size, slots, variant, known[variant], best))
    return chosen


def figures(results: dict, variant: Variant, size: int, slots: int) -> Figures:
    """The figures of a variant out of the benchmark's results."""
    mine = [r for r in results["results"] if r["contender"] == variant.name and (r["bytes"], r["slots"]) == (size, slots)]
    medians = {(r["scenario"], r["x"]): statistics.median(s for s in r["samples"] if s is not None) for r in mine}
    paces = {x: statistics.median(f for f in r["floor"] if f is not None) for r in mine if r["scenario"] == "pace" for x in (r["x"],)}
    over = max(medians["pace", x] - pace for x, pace in paces.items())
    return Figures(medians["saturated", None], max(0.0, over) + FLOOR_NS, medians["round_trip", None])


def score(goal: str, mine: Figures, best: Figures) -> float:
    """1 is the best in everything; the more, the worse."""
    parts = (mine.saturated / best.saturated, mine.over_pace / best.over_pace, mine.round_trip / best.round_trip)
    product = 1.0
    for part, weight in zip(parts, WEIGHTS[goal]):
        product *= part**weight
    return product


def _best_for(goal: str, known: dict[Variant, Figures], best: Figures) -> Variant:
    allowed = [v for v in known if goal != "balanced" or v.release_share == 0]
    if goal == "balanced":
        allowed = [v for v in allowed if v.layout == "packed"]  # the default multiplies no ring's memory, and lends long pieces
    scores = {v: score(goal, known[v], best) for v in allowed}
    least = min(scores.values())
    return min((v for v in allowed if scores[v] <= least * TIE), key=_complexity)


def _complexity(v: Variant) -> tuple:
    return (v.layout == "stamped", v.release_share != 0, v.settle, v.producer + v.consumer)


def table(chosen: list[Choice]) -> str:
    """For people: each choice with its figures and the best of each."""
    rows = [f"{'goal':<11}{'bytes':>6}{'slots':>7}  {'chosen':<20}{'saturated':>16}{'over pace':>16}{'round trip':>18}   (ns, and the best of any)"]
    for c in chosen:
        pairs = [f"{getattr(c.figures, n):.1f} ({getattr(c.best, n):.1f})" for n in ("saturated", "over_pace", "round_trip")]
        rows.append(f"{c.goal:<11}{c.size:>6}{c.slots:>7}  {c.variant.name:<20}{pairs[0]:>16}{pairs[1]:>16}{pairs[2]:>18}")
    return "\n".join(rows)


def profile(chosen: list[Choice], results: dict) -> str:
    """The text of a target profile: a rule for each point, in order of size and ring, the last of a size for larger rings too."""
    machine = results["machine"]
    head = [
        "# Written by `ringc tune` (bench/tune/sweep.py). The first rule that fits is taken; sizes in bytes.",
        f"# {machine['cpu']}, {machine['cores']} cores; {results['compiler']}; {results['flags']}",
        "ringc_profile: 1",
        "rules:",
    ]
    rules = []
    for goal in WEIGHTS:
        mine = sorted((c for c in chosen if c.goal == goal), key=lambda c: (c.size, c.slots))
        sizes = sorted({c.size for c in mine})
        for size in sizes:
            of_size = [c for c in mine if c.size == size]
            for c in of_size:
                message = None if size == sizes[-1] else size
                ring = None if c is of_size[-1] else c.size * c.slots * 2
                rules.append(_rule(c, message, ring))
    return "\n".join(head + rules) + "\n"


def _rule(c: Choice, message: int | None, ring: int | None) -> str:
    v = c.variant
    bounds = "".join(f", {name}: {value}" for name, value in (("message", message), ("ring", ring)) if value is not None)
    per_line = v.per_line if v.layout == "stamped" else 8
    pause = "false" if c.goal == "latency" else "true"
    return (f"  - {{goal: {c.goal}{bounds}, layout: {v.layout}, per_line: {per_line}, release_share: {v.release_share}, "
            f"prefetch_producer: {v.producer}, prefetch_consumer: {v.consumer}, settle: {v.settle}, pause: {pause}}}")
