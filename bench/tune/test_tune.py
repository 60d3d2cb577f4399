"""Tests of the sweep: what it tries, how it chooses, and that the compiler reads what it writes."""
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent.parent))

import choose  # noqa: E402
import sweep  # noqa: E402
from generator import profile  # noqa: E402
from generator.diagnostics import Diagnostics  # noqa: E402
from variants import POINTS, Variant, variants  # noqa: E402

PACES = (0.3, 3.4)


def results(points, figures):
    """As the benchmark writes them. figures(variant, size, slots) -> (saturated, over the pace, round trip) in ns."""
    rows = []
    for size, slots in points:
        for variant in variants(size, slots):
            saturated, over, trip = figures(variant, size, slots)
            rows.append(row(variant, size, slots, "saturated", None, saturated, []))
            rows.append(row(variant, size, slots, "round_trip", None, trip, []))
            rows += [row(variant, size, slots, "pace", pace, pace + over, [pace]) for pace in PACES]
    machine = {"cpu": "a test", "cores": 2}
    return {"machine": machine, "compiler": "cc", "flags": "-O3", "results": rows}


def row(variant, size, slots, scenario, x, value, floor):
    return {"contender": variant.name, "bytes": size, "slots": slots, "scenario": scenario, "x": x,
            "samples": [value * 1.5, value, value * 0.5], "floor": floor}


def even(variant, size, slots):
    return 5.0, 1.0, 300.0


def chosen_for(goal, figures, points=((8, 1024),)):
    return next(c.variant for c in choose.choose(results(points, figures), list(points)) if c.goal == goal)


def test_every_variant_of_a_point_has_a_name_of_its_own():
    for point in POINTS:
        names = [variant.name for variant in variants(*point)]
        assert len(names) == len(set(names))


def test_a_message_that_fills_a_line_shares_no_stamp():
    assert {variant.per_line for variant in variants(64, 1024)} == {1}
    assert max(variant.per_line for variant in variants(8, 1024)) == 4


def test_of_equals_the_simplest_is_taken():
    assert chosen_for("throughput", even) == Variant("packed", 1, 0, 0, 0, 0)


def test_throughput_takes_what_streams_fastest():
    fast = Variant("packed", 1, 4, 16, 16, 32)
    assert chosen_for("throughput", lambda v, *_: (2.0 if v == fast else 5.0, 1.0, 300.0)) == fast


def test_latency_takes_the_shortest_round_trip():
    quick = Variant("stamped", 1, 0, 1, 0, 0)
    assert chosen_for("latency", lambda v, *_: (5.0, 1.0, 150.0 if v == quick else 300.0)) == quick


def test_balanced_gives_each_slot_back_at_once_whatever_that_costs():
    assert chosen_for("balanced", lambda v, *_: (1.0 if v.release_share else 9.0, 1.0, 300.0)).release_share == 0


def test_balanced_does_not_multiply_the_memory_of_a_ring():
    assert chosen_for("balanced", lambda v, *_: (1.0 if v.layout == "stamped" else 9.0, 1.0, 100.0)).layout == "packed"


def test_a_producer_that_is_held_up_costs_more_than_one_that_is_not():
    settled = Variant("packed", 1, 0, 0, 0, 32)
    assert chosen_for("balanced", lambda v, *_: (5.0, 0.5 if v == settled else 30.0, 300.0)) == settled


@pytest.mark.parametrize("points", [POINTS, ((8, 1024),), ((64, 4096), (8, 64))])
def test_the_compiler_reads_the_profile_that_it_writes(points):
    found = results(points, even)
    text = choose.profile(choose.choose(found, list(points)), found)
    diagnostics = Diagnostics()
    assert profile.parse("test", "test.yaml", text.encode(), diagnostics) is not None, diagnostics
    assert "a test, 2 cores" in text


def test_the_compiler_accepts_every_variant(tmp_path):
    (tmp_path / "sweep.yaml").write_text(sweep.schema(list(POINTS)))
    run = subprocess.run([HERE.parent.parent / "ringc", "check", tmp_path / "sweep.yaml"], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


def test_the_profiles_that_come_with_the_compiler_can_be_read():
    for arch in ("x86_64", "aarch64", "generic"):
        assert profile.built_in(arch).rules
