"""Prints a results.json of an imaginary machine, for tests and to look at the plots. Nothing in it was measured.

Usage: sample.py > results.json
"""

from __future__ import annotations

import json
import math

ROUNDS = 7
# How each contender's cost stands to our default's: (alone, with a consumer on its heels, in batches, its tail).
PEERS = {
    "ck_ring": (1.9, 14.0, 3.2, 2.4),
    "boost::lockfree::spsc_queue": (2.6, 11.0, 1.4, 2.1),
    "moodycamel::ConcurrentQueue": (6.1, 5.0, 2.9, 3.3),
    "mutex + condvar": (42.0, 30.0, 9.0, 80.0),
    "pipe": (160.0, 90.0, 20.0, 60.0),
}
TUNES = {"ringc latency": (1.35, 1.1, 1.5, 0.6), "ringc throughput": (0.7, 1.0, 0.8, 1.6)}
CONTENDERS = {"ringc balanced": (1.0, 1.0, 1.0, 1.0), **TUNES, **PEERS}
PACES = (0, 1.7, 3.4, 6.8, 13.6, 27)
WAITS = {
    "ringc spin": (131, 2000.0),
    "ringc spin_yield": (188, 2000.0),
    "ringc backoff": (390, 1996.0),
    "ringc adaptive": (205, 1999.0),
    "ringc park": (34_100, 0.0),
    "mutex + condvar": (36_800, 0.0),
    "pipe": (41_900, 0.0),
}
MACHINE = {
    "cpu": "Imaginary 9000", "cores": 2, "kernel": "6.1.0", "hypervisor": True, "load": 0.12, "processors": [0, 1],
    "siblings": False, "fifo": True, "locked": True, "hugepages": "madvise", "clock": "tsc 2.6 GHz", "clock_skew_ns": 3,
    "clock_skew_error_ns": 11, "clock_skew_corrected": False,
}


def wobble(seed: int, share: float) -> float:
    """A factor near 1 that looks like noise and is the same each time."""
    return 1 + share * (((seed * 7919 + 104729) % 1009) / 1009 - 0.5)


def entry(scenario: str, contender: str, metric: str, cost: float, reference: float, **given: object) -> dict:
    """One element of `results`: `cost` and `reference` are medians, which the rounds scatter around."""
    seed = sum(map(ord, scenario + contender)) + int(cost * 10)
    samples = [round(cost * wobble(seed * 31 + index * 457, 0.12), 4) for index in range(ROUNDS)]
    references = [reference * wobble(index * 457, 0.08) for index in range(ROUNDS)]
    if contender == "ringc balanced":
        references = samples
    return {
        "scenario": scenario, "contender": contender, "bytes": 8, "slots": 1024, "x": None, "x_unit": None, "metric": metric,
        "samples": samples, "ratios": [round(a / b, 4) for a, b in zip(samples, references)] if reference else [],
        "floor": [], "lost": 0, "threads": 2, "oversubscribed": False, "percentiles": None, "histogram": None, **given,
    }


def saturated(scenario: str, one_message: float, shape: int) -> list[dict]:
    """Sizes by slots; `shape` is the contender's column."""
    found = []
    for slots, ease in ((1024, 1.0), (65536, 0.6)):
        for size in (8, 64, 256):
            base = one_message * ease * math.ceil(size / 64) * (3 if size > 8 else 1)
            floor = [round(base * 0.6 * wobble(index * 457, 0.08), 4) for index in range(ROUNDS)]
            for name, shapes in CONTENDERS.items():
                small = 1 + (shapes[shape] - 1) / math.sqrt(size / 8)
                cost = base * (small if slots == 1024 else small * 0.8 + 0.2)
                found.append(entry(scenario, name, "ns_per_message", cost, base, bytes=size, slots=slots, floor=floor))
    return found


def pace() -> list[dict]:
    found = []
    for work in PACES:
        base = max(1.6, work * 1.03)
        alone = [round(work * wobble(index * 457, 0.02), 4) for index in range(ROUNDS)]
        for name, shapes in CONTENDERS.items():
            collided = work + 3.2 * shapes[1] / (1 + work / 20) if work and shapes[1] > 1 else 0
            cost = max(base * shapes[0] if work == 0 else base, collided)
            found.append(entry("pace", name, "ns_per_message", cost, base, x=work, x_unit="ns pace", floor=alone))
    return found


def latency(scenario: str, base: float, **given: object) -> list[dict]:
    """Percentiles and a histogram with a tail that is heavier for some."""
    found = []
    floor = [round(base * 1.5 * wobble(index * 457, 0.08), 4) for index in range(ROUNDS)]
    for name, shapes in CONTENDERS.items():
        middle = base * (1 + (shapes[0] - 1) * 0.35)
        percentiles = {
            "p50": middle, "p90": middle * 1.15, "p99": middle * (1.2 + 0.2 * shapes[3] ** 0.5),
            "p99.9": middle * (2 + shapes[3] ** 0.6), "max": middle * (20 + shapes[3]),
        }
        known = {key: round(value, 1) for key, value in percentiles.items()}
        shares = {"p50": 500_000, "p90": 400_000, "p99": 90_000, "p99.9": 9_000, "max": 1_000}
        histogram = [[known[key], count] for key, count in shares.items()]
        spread = {"percentiles": known, "histogram": histogram}
        found.append(entry(scenario, name, "latency_ns", middle, base, floor=floor, **spread, **given))
    return found


def burst() -> list[dict]:
    found = []
    for size in (1, 8, 64, 512):
        base = 65 + 1.8 * size
        for name, shapes in CONTENDERS.items():
            cost = 65 * (1 + (shapes[0] - 1) * 0.3) + 1.8 * size * shapes[0]
            found.append(entry("burst", name, "latency_ns", cost, base, x=size, x_unit="burst"))
    return found


def single_thread() -> list[dict]:
    found = []
    kinds = (("single_thread", "ns_per_message", 1.1), ("single_thread_cycles", "cycles_per_message", 2.9))
    for scenario, metric, base in kinds:
        for name, shapes in CONTENDERS.items():
            found.append(entry(scenario, name, metric, base * (1 + (shapes[0] - 1) * 0.4), base, threads=1))
    return found


def waits() -> list[dict]:
    found = []
    for name, (wake, busy) in WAITS.items():
        found.append(entry("wake_up", name, "latency_ns", wake, 0, oversubscribed=name == "ringc spin_yield"))
        found.append(entry("idle", name, "cpu_ms_per_s", busy, 0))
    return found


def floors(measured: list[dict]) -> list[dict]:
    """The floors that the contenders carry, once a point and by name; the round trip has a second."""
    names = {"pace": "the pace alone", "round_trip": "raw, two lines", "one_way": "raw, one line"}
    found = {}
    for one in measured:
        point = {key: one[key] for key in ("scenario", "bytes", "slots", "x")}
        name = names.get(one["scenario"], "raw lines")
        if one["floor"]:
            found[tuple(point.values())] = {**point, "floor": name, "samples": one["floor"]}
        if one["scenario"] == "round_trip":
            found["second"] = {**point, "floor": "raw, one line", "samples": [half * 0.6 for half in one["floor"]]}
    return list(found.values())


def results() -> dict:
    """The whole document."""
    measured = pace() + saturated("saturated", 1.6, 0) + saturated("batch", 0.5, 2) + latency("round_trip", 180)
    for rate in (1e3, 1e4, 1e5, 1e6):
        measured += latency("one_way", 95 + 2e4 / rate, x=rate, x_unit="Hz")
    measured += burst() + single_thread() + waits()
    return {
        "format": 1, "ringc": "0.1.0", "commit": "0123456", "date": "2026-01-02T03:04:05Z", "machine": MACHINE,
        "compiler": "gcc 12.2.0", "cxx": "g++ 12.2.0", "flags": "-O3 -march=native -DNDEBUG", "spin": "pause",
        "rounds": ROUNDS, "rounds_thrown_away": 2, "rounds_disturbed": 1,
        "missing": [{"contender": "rte_ring", "why": "libdpdk-dev is not installed"}],
        "contenders": [{"contender": name, "version": "1.2.3"} for name in PEERS],
        "results": measured,
        "floors": floors(measured),
    }


if __name__ == "__main__":
    print(json.dumps(results(), indent=1))
