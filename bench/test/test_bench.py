"""The benchmark as a program: that it catches queues that are broken, and writes what it says it writes.

The Makefile's bench-selftest sets BENCH (the program with the contenders of broken.c) and BENCH_RESULTS (the JSON of a quick
run).
No test looks at a time.
"""
from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

BENCH = os.environ["BENCH"]
SIXTY_FOUR_BYTES = ("--size=quick", "--rounds=1", "--bytes=64", "--limit=5")
SCENARIOS = ("saturated", "batch", "round_trip", "one_way", "burst", "single_thread")
ONE_WAY = tuple(s for s in SCENARIOS if s != "round_trip")
BROADCASTS = ("broadcast_gated", "broadcast_lossy", "broadcast_round_trip", "broadcast_fan_out", "broadcast_payload")
FIFTY_SIX_BYTES = ("--size=quick", "--rounds=1", "--bytes=56", "--limit=5")

needs_two_processors = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two sides need two processors")


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Runs the benchmark with these options; returns its output and exit status."""
    return subprocess.run([BENCH, *options], capture_output=True, text=True, timeout=60, check=False)


def run_one(contender: str, scenario: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs one contender in one scenario, with messages of 64 bytes."""
    return run(*SIXTY_FOUR_BYTES, f"--contender={contender}", f"--scenario={scenario}", *options)


@needs_two_processors
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_sound_queue_passes(scenario: str) -> None:
    result = run_one("sound", scenario)
    assert (result.returncode, result.stderr) == (0, "")


@needs_two_processors
@pytest.mark.parametrize("scenario", ONE_WAY)
@pytest.mark.parametrize("contender, place, complaint", [
    ("loses", 100, "message 101: some were lost"),
    ("doubles", 101, "message 100: one came twice"),
    ("reorders", 100, "message 101: some were lost"),
    ("tears", 100, "a torn one"),
])
def test_a_queue_with_a_fault_is_caught(contender: str, place: int, complaint: str, scenario: str) -> None:
    result = run_one(contender, scenario)
    assert result.returncode == 1
    if scenario == "single_thread" and contender in ("loses", "reorders"):
        complaint = "nothing"  # there is none behind it yet
    assert result.stderr.startswith(f"bench: {contender}, {scenario}: in place of message {place} came {complaint}")


@needs_two_processors
@pytest.mark.parametrize("contender", ["doubles", "tears"])
def test_a_round_trip_with_a_fault_is_caught(contender: str) -> None:
    result = run_one(contender, "round_trip")
    assert result.returncode == 1
    assert result.stderr.startswith(f"bench: {contender}, round_trip: in place of message 10")


@needs_two_processors
def test_a_queue_that_delivers_no_more_is_given_up() -> None:
    result = run_one("stops", "saturated", "--limit=1")
    assert result.returncode == 1
    assert "stops did not finish saturated" in result.stderr


@needs_two_processors
@pytest.mark.parametrize("scenario", ONE_WAY)
def test_a_message_that_is_left_over_at_the_end_is_found(scenario: str) -> None:
    result = run_one("leaves one", scenario)
    assert result.returncode == 1
    assert "a message came twice: there is one left" in result.stderr


def run_broadcast(contender: str, scenario: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs one contender, as a queue for each subscriber, in one broadcast scenario."""
    return run(*FIFTY_SIX_BYTES, f"--contender={contender}", f"--scenario={scenario}", *options)


@needs_two_processors
@pytest.mark.parametrize("scenario", BROADCASTS)
def test_a_sound_broadcast_passes(scenario: str) -> None:
    result = run_broadcast("sound", scenario)
    assert (result.returncode, result.stderr) == (0, "")
    assert "sound" in result.stdout


@needs_two_processors
@pytest.mark.parametrize("scenario", [s for s in BROADCASTS if s not in ("broadcast_lossy", "broadcast_round_trip")])
@pytest.mark.parametrize("contender, place, complaint", [
    ("loses", 100, "message 101: some were lost"),
    ("doubles", 101, "message 100: one came twice"),
    ("reorders", 100, "message 101: some were lost"),
    ("tears", 100, "a torn one"),
])
def test_a_broadcast_with_a_fault_is_caught(contender: str, place: int, complaint: str, scenario: str) -> None:
    result = run_broadcast(contender, scenario)
    assert result.returncode == 1
    if scenario != "broadcast_gated" and contender in ("loses", "reorders"):
        complaint = "nothing"  # there is none behind it yet
    assert result.stderr.startswith(f"bench: {contender}, {scenario}: in place of message {place} came {complaint}")


@needs_two_processors
@pytest.mark.parametrize("contender", ["doubles", "tears"])
def test_a_round_trip_over_broadcasts_with_a_fault_is_caught(contender: str) -> None:
    result = run_broadcast(contender, "broadcast_round_trip")
    assert result.returncode == 1
    assert result.stderr.startswith(f"bench: {contender}, broadcast_round_trip: in place of message 10")


@needs_two_processors
@pytest.mark.parametrize("contender, untold", [("loses", 1), ("lies", -1)])
def test_a_lossy_broadcast_that_counts_its_losses_wrong_is_caught(contender: str, untold: int) -> None:
    result = run_broadcast(contender, "broadcast_lossy")
    assert result.returncode == 1
    found = re.search(r"(\d+) messages did not arrive, and (\d+) were said to be lost", result.stderr)
    assert found is not None and int(found[1]) - int(found[2]) == untold


@needs_two_processors
@pytest.mark.parametrize("contender, complaint", [
    ("doubles", "came message 100: one came twice"),
    ("reorders", "came message 100: one came twice, or out of order"),
    ("tears", "in place of message 100 came a torn one"),
])
def test_a_lossy_broadcast_with_a_fault_is_caught(contender: str, complaint: str) -> None:
    result = run_broadcast(contender, "broadcast_lossy")
    assert result.returncode == 1
    assert complaint in result.stderr


@needs_two_processors
def test_a_lossy_broadcast_that_delivers_no_more_is_given_up() -> None:
    result = run_broadcast("stops", "broadcast_lossy", "--limit=1")
    assert result.returncode == 1
    assert "stops did not finish broadcast_lossy" in result.stderr


@needs_two_processors
@pytest.mark.parametrize("scenario", BROADCASTS)
def test_a_message_that_a_subscriber_has_left_over_is_found(scenario: str) -> None:
    result = run_broadcast("leaves one", scenario)
    assert result.returncode == 1
    assert "a message came twice: there is one left" in result.stderr


@pytest.mark.parametrize("option", [
    "--size=huge", "--rounds=0", "--spin=maybe", "--effort=fast", "--processors=1", "--no-such", "word",
])
def test_an_option_that_means_nothing_is_refused(option: str) -> None:
    result = run(option)
    assert result.returncode == 2
    assert result.stdout == "" and result.stderr != ""


def test_a_processor_that_is_not_there_is_refused() -> None:
    assert run("--processors=0,99999").returncode == 2


def test_the_list_names_scenarios_and_contenders() -> None:
    listed = run("--list").stdout
    for name in SCENARIOS + BROADCASTS + ("sound", "leaves one"):
        assert f"  {name} " in listed


def test_an_output_that_cannot_be_written_is_trouble(tmp_path: Path) -> None:
    options = ("--size=quick", "--scenario=single_thread", "--bytes=8", "--contender=sound")
    result = run(*options, f"--output={tmp_path}/no/such")
    assert result.returncode == 2


@pytest.fixture(scope="module")
def results() -> dict:
    """The JSON of a quick run of all scenarios and contenders."""
    return json.loads(Path(os.environ["BENCH_RESULTS"]).read_text())


def test_the_results_say_where_and_how(results: dict) -> None:
    assert results["format"] == 1
    assert {"ringc", "commit", "date", "machine", "compiler", "cxx", "flags", "spin"} <= set(results)
    assert {"rounds", "rounds_thrown_away", "missing"} <= set(results)
    assert {"cpu", "cores", "kernel", "hypervisor", "load", "processors", "fifo", "hugepages",
            "clock"} <= set(results["machine"])


def reference_of(scenario: str) -> str:
    """The contender that the others of a scenario are compared with."""
    if scenario.startswith("broadcast"):
        return "ringc gated" if scenario == "broadcast_gated" else "ringc overwrite"
    return "ringc park" if scenario in ("wake_up", "idle") else "ringc balanced"


def test_every_result_has_a_sample_a_round_and_a_ratio_to_the_reference(results: dict) -> None:
    reference = {(r["scenario"], r["bytes"], r["slots"], r["x"]): r["samples"]
                 for r in results["results"] if r["contender"] == reference_of(r["scenario"])}
    assert results["results"]
    for r in results["results"]:
        samples = reference[r["scenario"], r["bytes"], r["slots"], r["x"]]
        assert len(r["samples"]) == len(r["ratios"]) == len(samples)
        assert r["floor"] == [] or len(r["floor"]) == len(samples)
        assert all(value > 0 for value in r["samples"] + r["floor"])
        assert r["ratios"] == pytest.approx([a / b for a, b in zip(r["samples"], samples)], rel=1e-4)
        assert r["oversubscribed"] is False
        if r["scenario"] == "broadcast_lossy":
            assert 0 < r["received"] <= 1 and (r["received"] < 1 or r["lost"] == 0)
        else:
            assert r["lost"] == 0 and r["received"] is None


def test_latencies_come_with_percentiles_that_rise_and_a_histogram_that_holds_them(results: dict) -> None:
    for r in results["results"]:
        if r["metric"] != "latency_ns":
            assert r["percentiles"] is None and r["histogram"] is None
            continue
        p = r["percentiles"]
        assert p["p50"] <= p["p90"] <= p["p99"] <= p["p99.9"] <= p["max"]
        edges = [edge for edge, _ in r["histogram"]]
        assert edges == sorted(edges) and edges[-1] >= p["max"] * 0.9999
        assert all(count > 0 for _, count in r["histogram"])


def test_every_contender_that_is_there_is_in_every_stream(results: dict) -> None:
    scenarios = {r["scenario"] for r in results["results"]}
    in_streams = {r["contender"] for r in results["results"] if r["scenario"] == "single_thread"}
    assert "ringc balanced" in in_streams and "pipe" in in_streams
    for scenario in (s for s in scenarios - {"wake_up", "idle"} if not s.startswith("broadcast")):
        assert {r["contender"] for r in results["results"] if r["scenario"] == scenario} == in_streams
    assert {c["contender"] for c in results["contenders"]} >= in_streams


def test_every_broadcast_is_compared_with_a_queue_for_each_subscriber(results: dict) -> None:
    ours = {"ringc overwrite", "ringc gated", "ringc all gate"}
    each = {"ringc balanced", "rte_ring", "boost::lockfree::spsc_queue"} & {c["contender"] for c in results["contenders"]}
    expected = {scenario: ours | each for scenario in BROADCASTS}
    expected["broadcast_gated"] = expected["broadcast_gated"] - {"ringc overwrite"}
    expected["broadcast_lossy"] = expected["broadcast_lossy"] - {"ringc all gate"}
    expected["broadcast_alone"] = ours
    for scenario, contenders in expected.items():
        places = {(r["bytes"], r["slots"], r["x"]) for r in results["results"] if r["scenario"] == scenario}
        assert len(places) >= 2
        for place in places:
            there = {r["contender"] for r in results["results"]
                     if (r["scenario"], r["bytes"], r["slots"], r["x"]) == (scenario, *place)}
            assert there == contenders
