"""The report: what its plots, tables and verdicts say of given results, and that it can be read without anything else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

import pytest

import curves
import report
import sample
from axes import linear, logarithmic
from figures import FLOOR_NAME, distribution
from palette import FLOOR, KNOWN, SPARE, Palette
from results import parse
from verdict import verdicts
from wording import amount, number, share_text, x_text

HERE = Path(__file__).resolve().parent
SVG = "{http://www.w3.org/2000/svg}"
OURS, PEER, OTHER = "ringc balanced", "ck_ring", "boost::lockfree::spsc_queue"


# ---- making results and reading reports ---------------------------------------------------------


def entry(contender: str, samples: list[float], **given: object) -> dict:
    """One measured point of a scenario with little to it."""
    plain = {
        "scenario": "saturated", "contender": contender, "bytes": 8, "slots": 1024, "x": None, "x_unit": None,
        "metric": "ns_per_message", "samples": samples, "ratios": [], "floor": [], "lost": 0, "threads": 2,
        "oversubscribed": False, "percentiles": None, "histogram": None,
    }
    return {**plain, **given}


def document(*entries: dict, **head: object) -> dict:
    return {"format": 1, "rounds": 7, "rounds_thrown_away": 0, "missing": [], "results": list(entries), **head}


def verdict_of(*entries: dict):
    """The only verdict on the entries."""
    (verdict,) = verdicts(parse(document(*entries)))
    return verdict


def write(folder: Path, results: dict, *options: str) -> int:
    """Runs the report on `results`, and answers its exit status; the report lies in `folder`/out."""
    path = folder / "results.json"
    path.write_text(json.dumps(results), encoding="utf-8")
    return report.main([str(path), "-o", str(folder / "out"), *options])


def page_of(folder: Path) -> str:
    return (folder / "out" / "report.html").read_text(encoding="utf-8")


def plots_of(folder: Path) -> dict[str, ElementTree.Element]:
    """The root of each plot, by the name of its file."""
    return {path.stem: ElementTree.parse(path).getroot() for path in sorted((folder / "out").glob("*.svg"))}


class Page(HTMLParser):
    """Collects the tags, and the tables by the section that they are in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.tables: dict[str, list[list[list]]] = {}
        self.problems: list[str] = []
        self._open: list[str] = []
        self._section, self._cell = "", None
        self.feed(text)
        self.close()
        self.problems += [f"{tag} is left open" for tag in self._open]

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.handle_startendtag(tag, attributes)
        if tag not in ("meta", "link", "br"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        given = dict(attributes)
        self.tags.append((tag, given))
        if tag == "section":
            self._section = given["id"]
        elif tag == "table":
            self.tables.setdefault(self._section, []).append([])
        elif tag == "tr":
            self.tables[self._section][-1].append([])
        elif tag in ("td", "th"):
            self._cell = self.tables[self._section][-1][-1]
            self._cell.append("")
        elif tag == "data":
            self._cell[-1] = float(given["value"])

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"{tag} ends where it was not open")
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None and isinstance(self._cell[-1], str):
            self._cell[-1] += data

    def measured(self, scenario: str) -> list[dict]:
        """The rows of a scenario's table of numbers, by column."""
        head, *rows = self.tables[scenario][-1]
        return [dict(zip(head, row)) for row in rows]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of everything that the benchmark can measure."""
    folder = tmp_path_factory.mktemp("whole")
    assert write(folder, sample.results()) == 0
    return folder


# ---- plots --------------------------------------------------------------------------------------


def test_every_scenario_has_a_plot_and_every_plot_is_well_formed_svg_with_its_text_as_text(whole: Path) -> None:
    plots = plots_of(whole)
    for scenario in {one["scenario"] for one in sample.results()["results"]}:
        assert any(name.startswith(scenario.replace("_", "-")) for name in plots), scenario
    for name, root in plots.items():
        texts = [element.text for element in root.iter(SVG + "text")]
        assert root.tag == SVG + "svg" and OURS.split()[0] in " ".join(texts), name


def test_plots_stay_small(whole: Path) -> None:
    for path in (whole / "out").glob("*.svg"):
        assert path.stat().st_size < 32_000, path.name


def test_coordinates_are_numbers_and_texts_begin_inside_their_plot(whole: Path) -> None:
    for name, root in plots_of(whole).items():
        left, top, width, height = map(float, root.get("viewBox").split())
        for element in root.iter(SVG + "text"):
            x, y = float(element.get("x")), float(element.get("y"))
            assert left <= x <= left + width and top <= y <= top + height, (name, element.text)


def test_bars_are_as_long_as_their_values_and_say_them(whole: Path) -> None:
    root = plots_of(whole)["saturated-1024"]
    lengths = {}
    for element in root.iter(SVG + "rect"):
        hint = element.find(SVG + "title")
        if hint is not None:
            lengths.setdefault(hint.text.split(": ")[0], []).append(float(element.get("width")))
    rates = {}
    for one in sample.results()["results"]:
        if (one["scenario"], one["slots"], one["bytes"]) == ("saturated", 1024, 64):
            rates[one["contender"]] = median(1e3 / cost for cost in one["samples"])
    for contender, rate in rates.items():
        expected = lengths[OURS][1] * rate / rates[OURS]
        assert lengths[contender][1] == pytest.approx(max(expected, 0.6), abs=0.15), contender
        assert number(rate) in [element.text for element in root.iter(SVG + "text")], contender


def test_the_ideal_of_the_pace_curve_costs_the_pace_alone(whole: Path) -> None:
    root = plots_of(whole)["pace-ns-per-message-8-1024"]
    (path,) = (p for p in root.iter(SVG + "path") if f"stroke-{FLOOR}" in p.get("class") and "curve" in p.get("class"))
    (_, first), (_, last) = (map(float, step.split()) for step in re.split("[ML]", path.get("d"))[1:])
    ticks = {e.text: float(e.get("y")) - 4 for e in root.iter(SVG + "text") if e.get("text-anchor") == "end"}
    per_ns = (ticks["0"] - ticks["10"]) / 10
    assert first == pytest.approx(ticks["0"], abs=0.1)
    assert (ticks["0"] - last) / per_ns == pytest.approx(max(sample.PACES), abs=0.1)


def test_a_pace_curve_that_is_far_above_the_others_is_named_with_its_range(whole: Path) -> None:
    measured = (one for one in sample.results()["results"] if (one["scenario"], one["contender"]) == ("pace", "pipe"))
    costs = [median(one["samples"]) for one in measured]
    assert f"pipe {amount(min(costs), 'ns')} to {amount(max(costs), 'ns')}" in page_of(whole)
    names = [element.text for element in plots_of(whole)["pace-ns-per-message-8-1024"].iter(SVG + "text")]
    assert "pipe" not in names and PEER in names


def test_a_contender_has_the_same_colour_in_every_plot(whole: Path) -> None:
    colours: dict[str, set[str]] = {}
    for root in plots_of(whole).values():
        for element in root.iter():
            hint = element.find(SVG + "title")
            colour = re.search(r"fill-\d+|stroke-\d+", element.get("class", ""))
            if hint is not None and colour:
                colours.setdefault(re.split(r": ", hint.text)[0], set()).add(colour[0].split("-")[1])
    assert {OURS, PEER, "pipe", "raw lines"} <= set(colours)
    assert all(len(found) == 1 for found in colours.values()), colours


def test_contenders_that_nobody_foresaw_get_colours_of_their_own() -> None:
    palette = Palette(["my_ring", PEER, "other_ring", OURS])
    own = {palette.of(name) for name in ("my_ring", "other_ring")}
    assert len(own) == 2 and own <= set(range(len(KNOWN), len(KNOWN) + len(SPARE)))


def test_names_at_the_ends_of_curves_stand_apart_and_inside() -> None:
    places = curves.spread_out([30, 31, 32, 100, 286, 290, 400], 14, 26, 288)
    assert all(after - before >= 14 - 1e-9 for before, after in zip(places, places[1:]))
    assert places[0] >= 26 and places[-1] <= 288 and places[3] == 100


@pytest.mark.parametrize("low, high", [(1, 1), (0.3, 70_000), (99, 101), (5, 50)])
def test_a_logarithmic_axis_covers_its_values_and_has_ticks(low: float, high: float) -> None:
    scale = logarithmic(low, high, 0, 100, str)
    assert scale.low <= low and high <= scale.high and len(scale.ticks) >= 2
    assert -1e-9 <= scale.at(low) <= scale.at(high) <= 100 + 1e-9


@pytest.mark.parametrize("high", [0, 0.7, 1, 46, 60, 99, 1e6])
def test_a_linear_axis_begins_at_zero_and_covers_its_values(high: float) -> None:
    scale = linear(high, 0, 100, str)
    assert scale.ticks[0][0] == 0 and scale.high >= high and 2 <= len(scale.ticks) <= 11


def test_a_histogram_becomes_the_share_of_messages_at_or_below_each_edge() -> None:
    one = entry(OURS, [100], histogram=[[100, 90], [200, 9], [400, 1]])
    (series,) = parse(document(one)).series
    points = distribution(series)
    assert points[0] == (0.0, 100)
    assert [edge for _, edge in points[1:]] == [100, 200, 400]
    assert [nines for nines, _ in points[1:3]] == pytest.approx([1, 2])
    assert points[3][0] > 2


# ---- the page -----------------------------------------------------------------------------------


def test_the_page_is_well_formed_and_its_ids_are_unique(whole: Path) -> None:
    page = Page(page_of(whole))
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert page.problems == [] and len(ids) == len(set(ids))


def test_the_page_fetches_nothing_and_needs_no_script(whole: Path) -> None:
    text = page_of(whole)
    assert "http" not in text and "@import" not in text
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    for tag, given in Page(text).tags:
        assert tag not in ("script", "img", "link", "iframe", "object") and "src" not in given
        assert given.get("href", "#").startswith("#")


def test_links_and_clips_lead_somewhere(whole: Path) -> None:
    tags = Page(page_of(whole)).tags
    ids = {given["id"] for _, given in tags if "id" in given}
    wanted = {given["href"][1:] for _, given in tags if "href" in given}
    wanted |= {given["clip-path"][5:-1] for _, given in tags if "clip-path" in given}
    assert len(wanted) > 8 and wanted <= ids


def test_the_page_has_a_light_and_a_dark_style(whole: Path) -> None:
    assert "prefers-color-scheme:dark" in page_of(whole).replace(" ", "")
    assert all("prefers-color-scheme: dark" in root.find(SVG + "style").text for root in plots_of(whole).values())


def test_tables_hold_the_medians_of_the_samples(whole: Path) -> None:
    page = Page(page_of(whole))
    for scenario in {one["scenario"] for one in sample.results()["results"]}:
        expected = [one for one in sample.results()["results"] if one["scenario"] == scenario]
        shown = page.measured(scenario)
        floors = [one for one in sample.results()["floors"] if one["scenario"] == scenario]
        medians = [(one["contender"], median(one["samples"])) for one in expected]
        medians += [(one["floor"], median(one["samples"])) for one in floors]
        assert sorted((row["contender"], row["median"]) for row in shown) == sorted(medians)


def test_tables_hold_ratios_floors_and_percentiles_as_they_were_measured(whole: Path) -> None:
    of_scenario = [one for one in sample.results()["results"] if one["scenario"] == "round_trip"]
    (expected,) = (one for one in of_scenario if one["contender"] == "mutex + condvar")
    (row,) = (row for row in Page(page_of(whole)).measured("round_trip") if row["contender"] == "mutex + condvar")
    assert row["to the reference"] == median(expected["ratios"])
    assert row["raw floor"] == median(expected["floor"])
    assert {name: row[name] for name in expected["percentiles"]} == expected["percentiles"]


def test_the_page_says_on_what_and_how_it_was_measured(whole: Path) -> None:
    text = page_of(whole)
    for said in ("Imaginary 9000", "gcc 12.2.0", "-O3 -march=native -DNDEBUG", "0123456", "1.2.3", "3.00 ns, known to 11.0 ns"):
        assert said in text
    for said in ("2 thrown away", "1 kept although", "rte_ring"):
        assert said in text
    assert "libdpdk-dev is not installed" in text


def test_oversubscribed_points_are_labelled_in_plot_table_and_verdict(whole: Path, capsys: pytest.CaptureFixture) -> None:
    plot = "".join(plots_of(whole)["wake-up-latency-ns"].itertext())
    rows = {row["contender"]: row["note"] for row in Page(page_of(whole)).measured("wake_up")}
    assert "oversubscribed" in plot
    assert rows["ringc spin_yield"] == "oversubscribed" and rows["pipe"] == ""
    assert report.main([str(whole / "results.json"), "--text"]) == 0
    assert "Oversubscribed" in capsys.readouterr().out


def test_the_same_results_give_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, HERE / "report.py", whole / "results.json", "-o", tmp_path / seed]
        subprocess.run(command, check=True, env=environment, cwd=tmp_path)
    folders = (tmp_path / "1", tmp_path / "2", whole / "out")
    first, second, here = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert first == second == here and len(here) > 10


# ---- verdicts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "peer, word",
    [(20.0, "faster"), (11.1, "faster"), (10.9, "tie"), (10.0, "tie"), (9.2, "tie"), (9.0, "slower"), (5.0, "slower")],
)
def test_ten_percent_part_a_tie_from_a_win_and_a_loss(peer: float, word: str) -> None:
    assert verdict_of(entry(OURS, [10.0] * 5), entry(PEER, [peer] * 5)).word == word


def test_a_difference_that_the_rounds_do_not_agree_on_is_a_tie() -> None:
    verdict = verdict_of(entry(OURS, [10.0] * 5), entry(PEER, [8.0, 9.0, 13.0, 14.0, 15.0]))
    assert verdict.comparisons[0].ratio == pytest.approx(1.3) and verdict.word == "tie"


def test_ratios_are_taken_within_a_round() -> None:
    ours, peer = [10.0, 20.0, 40.0], [15.0, 30.0, 60.0]
    (comparison,) = verdict_of(entry(OURS, ours), entry(PEER, peer)).comparisons
    assert comparison.ratio == 1.5 and comparison.spread == (1.5, 1.5)


def test_ratios_that_the_benchmark_took_are_preferred_to_our_own() -> None:
    ours, peer = entry(OURS, [10.0] * 3, ratios=[1.0] * 3), entry(PEER, [20.0, 21.0], ratios=[1.9, 2.3])
    (comparison,) = verdict_of(ours, peer).comparisons
    assert comparison.ratio == pytest.approx(2.1)


def test_ratios_to_another_reference_are_not_taken_for_ratios_to_ours() -> None:
    ours, peer = entry(OURS, [10.0] * 2, ratios=[0.5] * 2), entry(PEER, [20.0] * 2, ratios=[1.0] * 2)
    assert verdict_of(ours, peer).comparisons[0].ratio == 2.0


def test_the_raw_floor_is_no_peer() -> None:
    floor = {"scenario": "saturated", "floor": "raw lines", "bytes": 8, "slots": 1024, "x": None, "samples": [1.0]}
    (verdict,) = verdicts(parse(document(entry(OURS, [10.0]), entry(PEER, [20.0]), floors=[floor])))
    assert verdict.comparisons[0].peer.contender == PEER
    (alone,) = verdicts(parse(document(entry(OURS, [10.0]), floors=[floor])))
    assert alone.sentences == ("No peer was measured.",)


def test_all_floors_of_a_round_trip_are_drawn_by_name(whole: Path) -> None:
    names = [element.text for element in plots_of(whole)["round-trip-latency-ns-8-1024"].iter(SVG + "text")]
    assert {"raw, one line", "raw, two lines"} <= set(names) and FLOOR_NAME not in names


def test_a_floor_without_a_name_is_drawn_as_the_raw_floor(tmp_path: Path) -> None:
    results = {**sample.results(), "floors": []}
    assert write(tmp_path, results) == 0
    for plot in ("saturated-1024", "round-trip-latency-ns-8-1024"):
        assert FLOOR_NAME in [element.text for element in plots_of(tmp_path)[plot].iter(SVG + "text")]


def test_what_a_queue_costs_over_the_pace_is_told_at_its_worst() -> None:
    pace = {"scenario": "pace", "x_unit": "ns pace"}
    verdict = verdict_of(
        entry(OURS, [2.0, 2.0], x=0, floor=[0.0, 0.0], **pace), entry(PEER, [4.0, 4.0], x=0, floor=[0.0, 0.0], **pace),
        entry(OURS, [8.5, 8.7], x=7, floor=[7.5, 7.5], **pace), entry(PEER, [30.0, 30.0], x=7, **pace),
    )
    assert "Over the pace, at the worst pace: 2.00 ns against 23.0 ns of ck_ring." in verdict.sentences


def test_without_common_rounds_the_medians_are_compared_and_no_spread_is_claimed() -> None:
    verdict = verdict_of(entry(OURS, [10.0] * 3), entry(PEER, [20.0, 20.0]))
    assert "2.00 (no spread)" in verdict.sentences[0]


def test_ours_is_compared_with_the_best_peer_of_each_point() -> None:
    verdict = verdict_of(
        entry(OURS, [10.0]), entry(PEER, [20.0]), entry(OTHER, [30.0]),
        entry(OURS, [10.0], bytes=64), entry(PEER, [8.0], bytes=64), entry(OTHER, [5.0], bytes=64),
    )
    assert [(one.peer.contender, one.ratio) for one in verdict.comparisons] == [(PEER, 2.0), (OTHER, 0.5)]
    assert verdict.word == "mixed"
    assert "1K slots: of 2 points faster at 1, slower at 1" in verdict.sentences[0]
    assert f"Worst: 0.50 (no spread) at 64 B, against {OTHER}" in verdict.sentences[0]


def test_points_that_are_won_or_tied_are_said_to_be_so() -> None:
    verdict = verdict_of(
        entry(OURS, [10.0]), entry(PEER, [20.0]), entry(OURS, [10.0], bytes=64), entry(PEER, [10.1], bytes=64)
    )
    assert verdict.word == "faster or tie"


def test_the_default_is_judged_and_the_other_tunes_are_told_beside_it() -> None:
    verdict = verdict_of(entry("ringc throughput", [5.0]), entry(OURS, [10.0]), entry(PEER, [20.0]))
    assert verdict.comparisons[0].ours.contender == OURS and verdict.comparisons[0].ratio == 2.0
    assert "Against the same peers: ringc throughput 4.00." in verdict.sentences


def test_a_peer_that_loses_messages_is_shown_but_never_the_best(tmp_path: Path) -> None:
    entries = [entry(OURS, [10.0]), entry(PEER, [20.0]), entry(OTHER, [1.0], lost=3)]
    verdict = verdict_of(*entries)
    assert verdict.comparisons[0].peer.contender == PEER
    assert any(f"Lost messages, and so not compared: {OTHER}" in sentence for sentence in verdict.sentences)
    assert write(tmp_path, document(*entries)) == 0
    assert "lost 3" in "".join(plots_of(tmp_path)["saturated-1024"].itertext())


def test_of_the_waits_the_one_that_sleeps_is_judged() -> None:
    verdict = verdict_of(
        entry("ringc spin", [100.0], scenario="wake_up", metric="latency_ns"),
        entry("ringc park", [30_000.0], scenario="wake_up", metric="latency_ns"),
        entry("pipe", [45_000.0], scenario="wake_up", metric="latency_ns"),
    )
    assert verdict.comparisons[0].ours.contender == "ringc park" and verdict.word == "faster"


def test_the_tail_is_told_against_the_peer_with_the_shortest() -> None:
    latency = {"scenario": "round_trip", "metric": "latency_ns"}
    verdict = verdict_of(
        entry(OURS, [100.0], percentiles={"p99": 150.0}, **latency),
        entry(PEER, [200.0], percentiles={"p99": 900.0}, **latency),
        entry(OTHER, [300.0], percentiles={"p99": 400.0}, **latency),
    )
    assert f"p99: 150 ns against 400 ns of {OTHER}." in verdict.sentences


def test_the_text_has_a_line_for_each_verdict_and_what_was_left_out(whole: Path, capsys: pytest.CaptureFixture) -> None:
    assert report.main([str(whole / "results.json"), "--text"]) == 0
    text = capsys.readouterr().out
    assert "Round trip: faster\n" in text and "Waking a consumer that waits: tie\n" in text
    assert "rte_ring is missing: libdpdk-dev is not installed." in text
    assert max(map(len, text.splitlines())) <= report.COLUMNS


# ---- results that are not whole -----------------------------------------------------------------


def test_one_contender_alone_is_shown_and_not_judged(tmp_path: Path) -> None:
    results = sample.results()
    results["results"] = [one for one in results["results"] if one["contender"] == OURS]
    assert write(tmp_path, results) == 0
    assert "No peer was measured." in page_of(tmp_path) and len(plots_of(tmp_path)) > 10


def test_peers_alone_are_shown_and_not_judged(tmp_path: Path) -> None:
    results = sample.results()
    results["results"] = [{**one, "ratios": []} for one in results["results"] if not one["contender"].startswith("ringc")]
    assert write(tmp_path, results) == 0
    assert "No contender of ringc was measured." in page_of(tmp_path)


@pytest.mark.parametrize("scenario", sorted({one["scenario"] for one in sample.results()["results"]}))
def test_each_scenario_can_stand_alone(tmp_path: Path, scenario: str) -> None:
    results = sample.results()
    results["results"] = [one for one in results["results"] if one["scenario"] == scenario]
    assert write(tmp_path, results) == 0
    assert set(Page(page_of(tmp_path)).tables) == {scenario}


def test_without_histogram_the_percentiles_are_drawn_and_without_either_the_medians(tmp_path: Path) -> None:
    results = sample.results()
    for one in results["results"]:
        one["histogram"] = None
        if one["contender"] == PEER:
            one["percentiles"] = {"p50": None, "p90": None, "p99": None, "p99.9": None, "max": None}
        if one["contender"] == OTHER:
            one["percentiles"] = None
    assert write(tmp_path, results) == 0
    plots = plots_of(tmp_path)
    curve_names = [element.text for element in plots["round-trip-latency-ns-8-1024"].iter(SVG + "text")]
    bar_names = [element.text for element in plots["round-trip-latency-ns"].iter(SVG + "text")]
    assert OURS in curve_names and PEER not in curve_names
    assert PEER in bar_names and OTHER in bar_names and OURS not in bar_names


def test_without_a_floor_none_is_drawn(tmp_path: Path) -> None:
    results = {**sample.results(), "floors": []}
    for one in results["results"]:
        one["floor"] = []
    assert write(tmp_path, results) == 0
    assert all("raw" not in "".join(root.itertext()) for root in plots_of(tmp_path).values())


def test_a_quick_run_is_reported_with_a_warning_in_front(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    results = sample.results()
    results["rounds"] = 1
    for one in results["results"] + results["floors"]:
        one.update({key: one[key][:1] for key in ("samples", "ratios", "floor") if isinstance(one.get(key), list)})
    assert write(tmp_path, results, "--text") == 0
    assert capsys.readouterr().out.startswith("Only 1 round kept")
    assert "Only 1 round kept" in page_of(tmp_path) and "(no spread)" in page_of(tmp_path)


def test_a_contender_without_a_figure_is_named_as_left_out(tmp_path: Path) -> None:
    assert write(tmp_path, document(entry(OURS, [10.0]), entry(PEER, []), entry(OTHER, [5.0, None]))) == 0
    page = page_of(tmp_path)
    for contender in (PEER, OTHER):
        assert f"<strong>{contender}</strong>: no figure in saturated: 8 B, 1K slots" in page


def test_ratios_that_could_not_be_taken_are_left_out(tmp_path: Path) -> None:
    entries = [entry("ringc park", [0.0], scenario="idle", ratios=[None]), entry("pipe", [0.1], scenario="idle", ratios=[None])]
    assert write(tmp_path, document(*entries)) == 0
    assert "to the reference" not in Page(page_of(tmp_path)).measured("idle")[0]


def test_nothing_measured_is_a_report_too(tmp_path: Path) -> None:
    assert write(tmp_path, {"format": 1, "results": []}) == 0
    assert "Nothing was measured." in page_of(tmp_path) and "not recorded" in page_of(tmp_path)


def test_a_cost_of_zero_is_drawn_and_not_divided_by(tmp_path: Path) -> None:
    entries = [entry(OURS, [0.0, 0.0]), entry(PEER, [0.0, 0.0])]
    assert write(tmp_path, document(*entries)) == 0
    assert verdict_of(*entries).word == "not compared"


def test_a_scenario_that_nobody_foresaw_is_shown_under_its_own_name(tmp_path: Path) -> None:
    entries = [entry(OURS, [10.0], scenario="many_producers"), entry(PEER, [20.0], scenario="many_producers")]
    assert write(tmp_path, document(*entries)) == 0
    assert "Many producers" in page_of(tmp_path) and "many-producers-ns-per-message" in plots_of(tmp_path)


def test_names_cannot_become_markup(tmp_path: Path) -> None:
    name = "<script>alert(1)</script> & \"q\""
    missing = [{"contender": name, "why": "<b>gone</b>"}]
    assert write(tmp_path, document(entry(name, [10.0]), entry(OURS, [9.0]), missing=missing)) == 0
    assert "<script" not in page_of(tmp_path) and "<b>" not in page_of(tmp_path)
    assert any(name in "".join(root.itertext()) for root in plots_of(tmp_path).values())


def _without_metric() -> dict:
    one = entry(OURS, [1.0])
    del one["metric"]
    return document(one)


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("{", "Expecting"),
        ("[]", "format 1"),
        (json.dumps({"format": 2, "results": []}), "format 1"),
        (json.dumps({"format": 1}), "'results' is not a list"),
        (json.dumps(_without_metric()), "entry 0 of 'results'"),
        (json.dumps(document(entry(OURS, [float("nan")]))), "NaN"),
        (json.dumps(document(entry(OURS, [1.0]), entry(OURS, [2.0]))), "twice"),
    ],
)
def test_a_file_that_is_not_of_the_format_is_refused_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture, text: str, complaint: str
) -> None:
    path = tmp_path / "results.json"
    path.write_text(text, encoding="utf-8")
    assert report.main([str(path), "--text"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"report: {path}: ") and complaint in error


def test_files_that_cannot_be_read_or_written_are_named(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert report.main([str(tmp_path / "none.json"), "--text"]) == 2
    assert "none.json: No such file" in capsys.readouterr().err
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    assert write(tmp_path, document(entry(OURS, [1.0]))) == 2
    assert "out: " in capsys.readouterr().err


# ---- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, text",
    [(0, "0"), (0.0123, "0.012"), (0.816, "0.82"), (9.996, "10.0"), (13.61, "13.6"), (131.4, "131"), (6e4, "60,000")],
)
def test_numbers_are_written_with_three_digits(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize("value, text", [(131, "131 ns"), (9_999, "9,999 ns"), (62_412, "62.4 µs"), (25e6, "25.0 ms")])
def test_long_times_are_written_in_larger_units(value: float, text: str) -> None:
    assert amount(value, "ns") == text


# ---- broadcasts ---------------------------------------------------------------------------------


def test_what_a_lossy_subscriber_receives_stands_beside_the_cost(tmp_path: Path) -> None:
    lossy = {"scenario": "broadcast_lossy", "bytes": 56}
    ours = entry("ringc overwrite", [14.0], lost=7, received=0.552, **lossy)
    entries = [ours, entry(PEER, [18.0], lost=0, received=1, **lossy)]
    assert write(tmp_path, document(*entries)) == 0
    plot = "".join(plots_of(tmp_path)["broadcast-lossy-ns-per-message"].itertext())
    assert "55.2 % received" in plot and "100 % received" in plot
    assert "lost" not in plot
    assert "55.20 %" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_share_that_is_not_all_is_not_rounded_to_all() -> None:
    assert share_text(0.999999) == "99.9 % received" and share_text(1.0) == "100 % received"


def test_payload_is_drawn_over_the_size_and_as_bars(tmp_path: Path) -> None:
    entries = [entry("ringc overwrite", [3.0], scenario="broadcast_payload", bytes=size) for size in (8, 4096)]
    assert write(tmp_path, document(*entries)) == 0
    assert {"broadcast-payload-1024-sizes", "broadcast-payload-ns-per-message"} <= set(plots_of(tmp_path))


def test_fan_out_says_how_many_subscribers() -> None:
    assert (x_text(1.0, "subscribers"), x_text(10.0, "subscribers")) == ("1 subscriber", "10 subscribers")


def test_a_broadcast_is_judged_by_the_one_that_waits_where_peers_wait() -> None:
    gated = {"scenario": "broadcast_gated", "bytes": 56}
    verdict = verdict_of(entry("ringc gated", [10.0], **gated), entry(OURS, [5.0], **gated), entry(PEER, [20.0], **gated))
    assert verdict.comparisons[0].ours.contender == "ringc gated"
