"""Who is faster: our contender against the best peer, point by point, and the words for it.

All metrics are costs. A ratio is the peer's cost over ours in the same round, so that over 1 means that we are faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from results import Point, Run, Series, quartiles
from scenarios import Scenario, about, in_order
from wording import amount, common_text, differing_text, metric_text, number, point_text, unit_of

TIE = 1.10
WORDS = ("faster", "tie", "slower")
FEW_ROUNDS = 5  # fewer show that the harness works, and no more
TAIL = "p99"
PACE = "ns pace"  # the unit of x that is the producer's own pace


@dataclass(frozen=True)
class Comparison:
    """Ours and the best peer at one point. `ratios` is empty where they cannot be divided."""

    point: Point
    metric: str
    ours: Series
    peer: Series
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        return quartiles(self.ratios)

    @property
    def word(self) -> str:
        """faster, tie or slower. A tie is less than 10 %, or quartiles on both sides of 1."""
        low, high = self.spread
        if 1 / TIE < self.ratio < TIE or low < 1 < high:
            return "tie"
        return "faster" if self.ratio > 1 else "slower"


@dataclass(frozen=True)
class Verdict:
    """Of one scenario: a word for all its points together, and sentences."""

    scenario: str
    title: str
    word: str  # one of WORDS, "faster or tie", "slower or tie", "mixed", or "not compared"
    sentences: tuple[str, ...]
    comparisons: tuple[Comparison, ...]


def verdicts(run: Run) -> list[Verdict]:
    """One per scenario that asks to be judged, in the order of the report."""
    found = ((name, about(name)) for name in in_order(run.scenarios()))
    return [judge(name, scenario, run.of(name)) for name, scenario in found if scenario.judged]


def judge(name: str, scenario: Scenario, series: list[Series]) -> Verdict:
    """The verdict on one scenario from all that was measured in it."""
    comparisons = tuple(compare_points(scenario, series))
    if not comparisons:
        return Verdict(name, scenario.title, "not compared", (_why_not_compared(series),), ())
    sentences = [_summary(comparisons), _worst_over_pace(series, comparisons), _tail(series, comparisons)]
    if scenario.tunes:
        sentences.append(_other_tunes(series, comparisons))
    sentences.append(_reservations(series))
    word = overall({comparison.word for comparison in comparisons})
    return Verdict(name, scenario.title, word, tuple(filter(None, sentences)), comparisons)


def compare_points(scenario: Scenario, series: list[Series]) -> list[Comparison]:
    """Ours against the best peer at every point where both were measured and can be compared."""
    comparisons = []
    for (metric, point), there in by_point(series).items():
        ours = our_contender(there, scenario.ours)
        peers = [one for one in there if _can_win(one)]
        if ours is None or not peers or metric != series[0].metric:
            continue
        peer = min(peers, key=lambda one: one.median)
        ratios = ratios_between(peer, ours)
        if ratios:
            comparisons.append(Comparison(point, metric, ours, peer, ratios))
    return comparisons


def by_point(series: list[Series]) -> dict[tuple[str, Point], list[Series]]:
    """(metric, point) to the contenders there, all in the order of the file."""
    found: dict[tuple[str, Point], list[Series]] = {}
    for one in series:
        found.setdefault((one.metric, one.point), []).append(one)
    return found


def _can_win(one: Series) -> bool:
    """A peer that loses messages does less work than the others."""
    return not (one.is_ours or one.is_floor or one.lost)


def our_contender(there: list[Series], wanted: str) -> Series | None:
    """The one that is wanted, or the first of ours."""
    ours = [one for one in there if one.is_ours]
    return next((one for one in ours if one.contender == wanted), ours[0] if ours else None)


def ratios_between(peer: Series, ours: Series) -> tuple[float, ...]:
    """The peer's cost over ours; empty where a cost is 0, one number where the two have no rounds in common.

    The benchmark's own ratios are taken where ours is their reference.
    """
    if min(*ours.samples, *peer.samples, 1) <= 0:
        return ()
    if peer.ratios and ours.ratios and set(ours.ratios) == {1.0}:
        return peer.ratios
    if len(peer.samples) == len(ours.samples):
        return tuple(theirs / mine for theirs, mine in zip(peer.samples, ours.samples))
    return (peer.median / ours.median,)


def ratio_text(ratios: tuple[float, ...]) -> str:
    """1.56 (1.48–1.61): the median and the quartiles over the rounds."""
    if len(ratios) < 2:
        return f"{number(median(ratios))} (no spread)"
    low, high = quartiles(ratios)
    return f"{number(median(ratios))} ({number(low)}–{number(high)})"


def place(comparison: Comparison) -> str:
    """The point in words, with the metric where the point has no parameters."""
    return point_text(comparison.point) or metric_text(comparison.metric)


def overall(words: set[str]) -> str:
    """One word for several points."""
    if len(words) == 1:
        return next(iter(words))
    if "tie" in words and len(words) == 2:
        return f"{(words - {'tie'}).pop()} or tie"
    return "mixed"


def _summary(comparisons: tuple[Comparison, ...]) -> str:
    if len(comparisons) == 1:
        return _one_point(comparisons[0])
    points = [one.point for one in comparisons]
    counts = [(word, sum(1 for one in comparisons if one.word == word)) for word in WORDS]
    counted = ", ".join(f"{word} at {count}" for word, count in counts if count)
    worst = min(comparisons, key=lambda one: one.ratio)
    best = max(comparisons, key=lambda one: one.ratio)
    middle = number(median(one.ratio for one in comparisons))
    start = f"{common_text(points)}: of" if common_text(points) else "Of"
    return (
        f"{start} {len(comparisons)} points {counted}; median ratio {middle}. "
        f"Worst: {_at(worst, points)}. Best: {_at(best, points)}."
    )


def _one_point(comparison: Comparison) -> str:
    unit = unit_of(comparison.metric)
    return (
        f"{place(comparison)}: {comparison.ours.contender} {amount(comparison.ours.median, unit)}, best peer "
        f"{comparison.peer.contender} {amount(comparison.peer.median, unit)}, ratio {ratio_text(comparison.ratios)}."
    )


def _at(comparison: Comparison, among: list[Point]) -> str:
    where = differing_text(comparison.point, among) or metric_text(comparison.metric)
    return f"{ratio_text(comparison.ratios)} at {where}, against {comparison.peer.contender}"


def over_pace(one: Series) -> float | None:
    """What a message costs beyond the producer's own work, in ns; the work as it was measured, where it was."""
    if one.point.x is None or one.point.x_unit != PACE:
        return None
    if len(one.floor) == len(one.samples):
        return median(cost - work for cost, work in zip(one.samples, one.floor))
    return one.median - one.point.x


def _worst_over_pace(series: list[Series], comparisons: tuple[Comparison, ...]) -> str:
    """The cost over the pace at the worst pace: ours, and that of the peer whose worst is least."""
    worst: dict[str, float] = {}
    for one in series:
        cost = over_pace(one)
        if cost is not None and (_can_win(one) or one.contender == comparisons[0].ours.contender):
            worst[one.contender] = max(cost, worst.get(one.contender, cost))
    ours = worst.pop(comparisons[0].ours.contender, None)
    if ours is None or not worst:
        return ""
    peer = min(worst, key=worst.__getitem__)
    return f"Over the pace, at the worst pace: {amount(ours, 'ns')} against {amount(worst[peer], 'ns')} of {peer}."


def _tail(series: list[Series], comparisons: tuple[Comparison, ...]) -> str:
    """The 99th percentiles, which have no spread: they are taken over all rounds together."""
    there = by_point(series)
    parts = []
    for comparison in comparisons:
        peers = [one for one in there[comparison.metric, comparison.point] if _can_win(one) and TAIL in one.percentiles]
        if TAIL not in comparison.ours.percentiles or not peers:
            continue
        peer = min(peers, key=lambda one: one.percentiles[TAIL])
        where = differing_text(comparison.point, [one.point for one in comparisons])
        ours, theirs = (amount(one.percentiles[TAIL], "ns") for one in (comparison.ours, peer))
        parts.append(f"{ours} against {theirs} of {peer.contender}{' at ' * bool(where)}{where}")
    return f"{TAIL}: {'; '.join(parts)}." if parts else ""


def _other_tunes(series: list[Series], comparisons: tuple[Comparison, ...]) -> str:
    """What our other contenders reach against the same peers, as medians over the points."""
    reached: dict[str, list[float]] = {}
    for comparison in comparisons:
        for one in by_point(series)[comparison.metric, comparison.point]:
            ratios = ratios_between(comparison.peer, one) if one.is_ours and one is not comparison.ours else ()
            if ratios:
                reached.setdefault(one.contender, []).append(median(ratios))
    parts = [f"{name} {number(median(ratios))}" for name, ratios in reached.items()]
    return f"Against the same peers: {', '.join(parts)}." if parts else ""


def _reservations(series: list[Series]) -> str:
    parts = []
    losers = sorted({one.contender for one in series if one.lost})
    if losers:
        parts.append(f"Lost messages, and so not compared: {', '.join(losers)}.")
    if any(one.oversubscribed for one in series):
        parts.append("Oversubscribed: more busy threads than processors at some points.")
    return " ".join(parts)


def _why_not_compared(series: list[Series]) -> str:
    if not any(one.is_ours for one in series):
        return "No contender of ringc was measured."
    if all(one.is_ours or one.is_floor for one in series):
        return "No peer was measured."
    return "No point at which ringc and a peer that lost nothing can be compared."
