#!/usr/bin/env python3
"""Counts the instructions of a push and a pop on one thread, and of a publish and a receive, with callgrind.

Each contender runs a loop of a scenario twice, with different numbers of messages; the difference, divided by that of the
messages, leaves out all that is not the loop. A queue's loop is that of the single-thread scenario. Of a broadcast, publish is
the loop without subscribers, and receive is what one subscriber adds to it. Prints tables and writes JSON.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FEW, MANY = 0.002, 0.006  # --effort, of a scenario's messages
SKIPPED = ("mutex + condvar", "pipe")  # much of their work is the kernel's, which callgrind does not see
BROADCASTS = ("ringc overwrite", "ringc gated", "ringc all gate")


@dataclass(frozen=True)
class Loop:
    """What is counted. In C++ the arguments belong to a function's name, so it ends with a star."""

    scenario: str
    function: str
    messages: int  # of the scenario in full


PUSH_AND_POP = Loop("single_thread", "bench_alternate*", 500_000)
PUBLISH = Loop("broadcast_alone", "bench_publish_alone*", 150_000)
PUBLISH_AND_RECEIVE = Loop("broadcast_payload", "bench_alternate*", 150_000)


def queues(bench: str) -> list[str]:
    """The names of those that take part in the streams: all that are listed but for the wait strategies and broadcasts."""
    listed = subprocess.run([bench, "--list"], capture_output=True, text=True, check=True).stdout
    names = [re.split(r"\s{2,}", line.strip())[0] for line in listed.partition("contenders:\n")[2].splitlines()]
    waits = re.compile(r"ringc (spin|spin_yield|backoff|adaptive|park)$")
    return [name for name in names if not waits.match(name) and name not in SKIPPED + BROADCASTS]


def instructions(bench: str, loop: Loop, contender: str, size: int, effort: float) -> int:
    """Instructions executed in the loop, warm-up included."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--toggle-collect={loop.function}", bench,
               f"--scenario={loop.scenario}", "--rounds=1", "--no-fifo", f"--effort={effort}", f"--bytes={size}",
               f"--contender={contender}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode != 0 or found is None or int(found[1]) == 0:
        raise RuntimeError(f"{contender}: callgrind saw nothing of {loop.function}\n{result.stderr}")
    return int(found[1])


def per_message(bench: str, loop: Loop, contender: str, size: int) -> float:
    """Instructions of one round of the loop with `size` bytes, with the message filled in and, if it arrives, looked at."""
    few, many = (instructions(bench, loop, contender, size, effort) for effort in (FEW, MANY))
    return (many - few) / (loop.messages * (MANY - FEW))


def count_queue(bench: str, contender: str, size: int) -> dict[str, float]:
    """What a push and a pop take together."""
    return {"push and pop": per_message(bench, PUSH_AND_POP, contender, size)}


def count_broadcast(bench: str, contender: str, size: int) -> dict[str, float]:
    """What a publish takes, and a receive."""
    publish = per_message(bench, PUBLISH, contender, size)
    return {"publish": publish, "receive": per_message(bench, PUBLISH_AND_RECEIVE, contender, size) - publish}


def measure(bench: str, names: Sequence[str], sizes: list[int], count: Callable[..., dict[str, float]]) -> list[dict]:
    """Counts each contender at each size, printing a line for each thing counted."""
    print(f"  {'':44}" + "".join(f"{size:>8} B" for size in sizes))
    figures = []
    for name in names:
        counted = [count(bench, name, size) for size in sizes]
        for what in counted[0]:
            print(f"  {name:30}{what:14}" + "".join(f"{one[what]:10.1f}" for one in counted), flush=True)
            figures += [{"contender": name, "what": what, "bytes": size, "instructions": one[what]}
                        for size, one in zip(sizes, counted)]
    return figures


def main(arguments: list[str]) -> int:
    """Measures all contenders; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench", help="the benchmark, built for a processor that valgrind knows")
    parser.add_argument("--sizes", default="8,64", help="bytes of a queue's message (default: 8,64)")
    parser.add_argument("--broadcast-sizes", default="8,56", help="bytes of a broadcast's (default: 8,56)")
    parser.add_argument("--output", help="write JSON there")
    options = parser.parse_args(arguments)
    if shutil.which("valgrind") is None:
        print("bench: valgrind is not installed; no instructions counted", file=sys.stderr)
        return 0
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # valgrind is slow at two threads that wait for each other
    sizes = [int(size) for size in options.sizes.split(",")]
    broadcast_sizes = [int(size) for size in options.broadcast_sizes.split(",")]
    print("instructions on one thread")
    figures = measure(options.bench, queues(options.bench), sizes, count_queue)
    figures += measure(options.bench, BROADCASTS, broadcast_sizes, count_broadcast)
    if options.output:
        with open(options.output, "w", encoding="utf-8") as file:
            json.dump({"format": 2, "results": figures}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
