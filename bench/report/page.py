"""The page: figures, tables and verdicts through one template, everything in one file, nothing fetched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median

import jinja2
from markupsafe import Markup

import palette
from figures import RATED, Figure, Panel
from results import OURS, PERCENTILES, Run, Series
from scenarios import DEFAULT_CONTENDER
from verdict import FEW_ROUNDS, TIE, Verdict, over_pace, place, ratio_text
from wording import metric_text, number, point_text, unit_of, x_text

HERE = Path(__file__).resolve().parent
NOT_RECORDED = "not recorded"
DASH = "–"


@dataclass(frozen=True)
class Cell:
    """A table's cell: the text, and for a number its exact value for those who copy it out."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Table:
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def render(run: Run, shown: list[Figure], judged: list[Verdict]) -> str:
    """The whole page."""
    loader = jinja2.FileSystemLoader(HERE)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    css = (HERE / "page.css").read_text(encoding="utf-8") + palette.css()
    return environment.get_template("page.html.j2").render(
        css=Markup(css),
        title="ringc beside other queues",
        run=run,
        facts=machine_facts(run),
        few_rounds=few_rounds(run),
        default=DEFAULT_CONTENDER,
        tie=round((TIE - 1) * 100),
        verdicts=judged,
        sections=[_section(figure, judged) for figure in shown],
        gone=what_is_missing(run),
        thrown_away=thrown_away(run),
    )


def few_rounds(run: Run) -> str:
    """A warning where there are too few rounds to judge; else empty."""
    if run.rounds >= FEW_ROUNDS:
        return ""
    return f"Only {_counted(run.rounds, 'round')} kept: this shows that the benchmark works, and says nothing about speed."


def thrown_away(run: Run) -> str:
    """How many rounds a point has, how many were not kept, and how many should not have been."""
    gone, disturbed = (int(run.facts.get(key) or 0) for key in ("rounds_thrown_away", "rounds_disturbed"))
    sentences = [f"{_counted(run.rounds, 'round')} kept at each point."]
    sentences.append(f"{gone} thrown away because the machine was doing something else." if gone else "None thrown away.")
    if disturbed:
        sentences.append(f"{disturbed} kept although it was: repeating them did not help.")
    return " ".join(sentences)


def what_is_missing(run: Run) -> list[tuple[str, str]]:
    """(contender, why): those that were not built, and what was tried but gave nothing."""
    gone = list(run.missing)
    for one in run.unmeasured:
        gone.append((one.contender, ": ".join(filter(None, (f"no figure in {one.scenario}", point_text(one.point))))))
    return gone


def machine_facts(run: Run) -> list[tuple[str, str]]:
    """What was measured, on what and with what, as (name, value)."""
    machine = run.facts.get("machine") or {}
    return [
        ("Processor", _said(machine.get("cpu"))),
        ("Cores", _said(machine.get("cores"))),
        ("Used", ", ".join(map(str, machine.get("processors") or ())) or NOT_RECORDED),
        ("Virtual machine", _said(machine.get("hypervisor"))),
        ("Two threads of one core", _said(machine.get("siblings"))),
        ("Kernel", _said(machine.get("kernel"))),
        ("Load before", _said(machine.get("load"))),
        ("Real-time priority", _said(machine.get("fifo"))),
        ("Memory locked", _said(machine.get("locked"))),
        ("Huge pages", _said(machine.get("hugepages"))),
        ("Clock", _said(machine.get("clock"))),
        ("Clocks apart", _skew(machine)),
        ("C compiler", _said(run.facts.get("compiler"))),
        ("C++ compiler", _said(run.facts.get("cxx"))),
        ("Flags", _said(run.facts.get("flags"))),
        ("Spinning", _said(run.facts.get("spin"))),
        ("ringc", _said(run.facts.get("ringc"))),
        ("Commit", _said(run.facts.get("commit"))),
        ("Date", _said(run.facts.get("date"))),
        *((name, version) for name, version in run.versions if version and not name.startswith(OURS)),
    ]


def measured_table(series: tuple[Series, ...]) -> Table:
    """Every number that a scenario's plots show; columns that would be empty are left out."""
    columns = (
        ("contender", lambda one: Cell(one.contender)),
        ("bytes", lambda one: _plain(one.point.bytes)),
        ("slots", lambda one: _plain(one.point.slots)),
        ("at", lambda one: Cell("" if one.point.x is None else x_text(one.point.x, one.point.x_unit))),
        ("metric", lambda one: Cell(_metric(one))),
        ("median", lambda one: _number(one.median)),
        ("first quartile", lambda one: _number(one.quartiles[0])),
        ("third quartile", lambda one: _number(one.quartiles[1])),
        ("M messages/s", lambda one: _number(1e3 / one.median) if _is_rate(one) else Cell("")),
        ("to the reference", lambda one: _number(median(one.ratios)) if one.ratios else Cell("")),
        ("raw floor", lambda one: _number(median(one.floor)) if one.floor else Cell("")),
        ("over the pace", lambda one: _number(over_pace(one)) if over_pace(one) is not None else Cell("")),
        *((name, lambda one, name=name: _percentile(one, name)) for name in PERCENTILES),
        ("rounds", lambda one: _plain(len(one.samples))),
        ("lost", lambda one: _plain(one.lost or None)),
        ("received", lambda one: Cell("") if one.received is None else Cell(f"{100 * one.received:.2f} %", one.received)),
        ("note", lambda one: Cell("oversubscribed" if one.oversubscribed else "")),
    )
    rows = [[cell(one) for _, cell in columns] for one in series]
    kept = [index for index in range(len(columns)) if any(row[index].text for row in rows)]
    names = tuple(columns[index][0] for index in kept)
    return Table("What was measured", names, tuple(tuple(row[index] for index in kept) for row in rows))


def compared_table(verdict: Verdict) -> Table:
    """Ours and the best peer at every point."""
    columns = ("at", "ours", "its median", "best peer", "its median", "ratio (quartiles)", "verdict")
    rows = tuple(
        (
            Cell(place(one)),
            Cell(one.ours.contender),
            _number(one.ours.median),
            Cell(one.peer.contender),
            _number(one.peer.median),
            Cell(ratio_text(one.ratios), one.ratio),
            Cell(one.word),
        )
        for one in verdict.comparisons
    )
    return Table("Point by point", columns, rows)


def _section(figure: Figure, judged: list[Verdict]) -> dict:
    """What the template needs of one scenario."""
    verdict = next((one for one in judged if one.scenario == figure.scenario), None)
    compared = [compared_table(verdict)] if verdict and len(verdict.comparisons) > 1 else []
    return {
        "name": figure.scenario,
        "title": figure.about.title,
        "what": figure.about.what,
        "oversubscribed": any(one.oversubscribed for one in figure.series),
        "verdict": verdict,
        "panels": [_panel(panel) for panel in figure.panels],
        "tables": [*compared, measured_table(figure.series)],
    }


def _panel(panel: Panel) -> dict:
    svg = Markup(panel.drawing.inline())
    return {"title": panel.title, "svg": svg, "note": panel.note}


def _metric(one: Series) -> str:
    unit = unit_of(one.metric)
    text = metric_text(one.metric)
    return text if not unit or unit in text.split() else f"{text}, {unit}"


def _is_rate(one: Series) -> bool:
    return one.metric == RATED and one.median > 0


def _percentile(one: Series, name: str) -> Cell:
    return _number(one.percentiles[name]) if name in one.percentiles else Cell(DASH if one.percentiles else "")


def _plain(value: int | None) -> Cell:
    return Cell("") if value is None else Cell(f"{value:,}", value)


def _number(value: float) -> Cell:
    return Cell(number(value), value)


def _skew(machine: dict) -> str:
    """How far the clocks of the two processors are apart, for times that are taken on both."""
    if machine.get("clock_skew_ns") is None:
        return NOT_RECORDED
    known = f"{number(machine['clock_skew_ns'])} ns"
    if machine.get("clock_skew_error_ns") is not None:
        known += f", known to {number(machine['clock_skew_error_ns'])} ns"
    return f"{known}, {'corrected' if machine.get('clock_skew_corrected') else 'not corrected'}"


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOT_RECORDED if value in (None, "") else str(value)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
