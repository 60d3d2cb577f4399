#!/usr/bin/env python3
"""Writes the schema of every generated queue that the benchmark measures, or lists the points of the grid.

A queue of ringc is made for one message size, one number of slots and one goal, so the grid is spelled out here, once; the
Makefile asks for the same lists. Sizes are in bytes, capacities in slots.
"""
from __future__ import annotations

import argparse
import sys

GRIDS = {
    "normal": {"sizes": (8, 32, 56, 64, 256), "slots": (1024, 4096, 65536)},
    "full": {"sizes": (8, 24, 32, 56, 64, 120, 256), "slots": (64, 1024, 4096, 16384, 65536)},
}
GOALS = ("balanced", "latency", "throughput")
WAITS = ("spin", "spin_yield", "backoff", "adaptive", "park")

# The broadcasts, and what they are compared with, a balanced queue for each subscriber.
BROADCASTS = {
    "overwrite": "full: overwrite",
    "gated": "full: block",
    "all_gate": "full: block",
}
BROADCAST_SIZES = (8, 56, 120, 256, 1024, 4096)
BROADCAST_SLOTS = 1024
FAN_OUT_SIZE = 56  # of the messages that go to more than one
FEW, MANY = 1, 10  # subscribers that a broadcast is made for

# The queues of the wake-up scenario all have this shape.
WAIT_SIZE = 8
WAIT_SLOTS = 1024

HEAD = """\
# Written by bench/points.py.
ringc: 1
package: grid
doc: The queues of the benchmark.
targets: [x86_64, aarch64, riscv64, generic]
"""


def message(size: int) -> str:
    """The schema entry of a message of `size` bytes, all of it words of 64 bits."""
    return f"  m{size}: {{max_size: {size}, fields: [{{name: words, type: u64, count: {size // 8}}}]}}"


def channel(name: str, size: int, slots: int, rest: str) -> str:
    """The schema entry of a single-producer, single-consumer queue; `rest` is the remaining keys."""
    return f"  {name}: {{message: m{size}, capacity: {slots}, producers: single, consumers: single, {rest}}}"


def broadcasts() -> list[tuple[str, int, int, int]]:
    """Kind, size, slots and subscribers of every broadcast."""
    places = [(size, FEW) for size in BROADCAST_SIZES] + [(FAN_OUT_SIZE, MANY)]
    return [(kind, size, BROADCAST_SLOTS, most) for kind in BROADCASTS for size, most in places]


def broadcast(kind: str, size: int, slots: int, most: int) -> str:
    """The schema entry of a single-producer broadcast with `most` subscribers."""
    readers = f"{{broadcast: {most}, lossy: false}}" if kind == "all_gate" else f"{{broadcast: {most}}}"
    return (f"  {kind}_{size}_{slots}_{most}: {{message: m{size}, capacity: {slots}, producers: single, "
            f"consumers: {readers}, {BROADCASTS[kind]}, wait: spin}}")


def schema(grid: str) -> str:
    """The whole schema of one of the grids, as YAML."""
    sizes, slots = GRIDS[grid]["sizes"], GRIDS[grid]["slots"]
    shapes = [(goal, size, n) for goal in GOALS for size in sizes for n in slots]
    shapes += [shape for shape in (("balanced", size, BROADCAST_SLOTS) for size in BROADCAST_SIZES) if shape not in shapes]
    measured = [channel(f"{goal}_{size}_{n}", size, n, f"full: reject, wait: spin, tune: {goal}") for goal, size, n in shapes]
    waiting = [channel(f"wait_{wait}", WAIT_SIZE, WAIT_SLOTS, f"full: block, wait: {wait}") for wait in WAITS]
    fanned = [broadcast(*shape) for shape in broadcasts()]
    messages = map(message, sorted({*sizes, *BROADCAST_SIZES}))
    return "\n".join([HEAD, "messages:", *messages, "", "channels:", *measured, *waiting, *fanned, ""])


def main(arguments: list[str]) -> int:
    """Prints the schema, or one of the lists of the grid."""
    named = {
        "goals": GOALS,
        "waits": WAITS,
        "broadcasts": [":".join(map(str, shape)) for shape in broadcasts()],
        "each": [f"{size}:{BROADCAST_SLOTS}" for size in BROADCAST_SIZES],
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grid", choices=sorted(GRIDS), default="normal", help="which points (default: normal)")
    parser.add_argument("--list", choices=("sizes", "slots", *named), help="print this list instead")
    options = parser.parse_args(arguments)
    lists = GRIDS[options.grid] | named
    print(" ".join(map(str, lists[options.list])) if options.list else schema(options.grid))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
