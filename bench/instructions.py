#!/usr/bin/env python3
"""Counts the instructions of a push and a pop on one thread, with callgrind.

Each contender runs the loop of the single-thread scenario twice, with different numbers of messages; the difference, divided by
that of the messages, leaves out all that is not the loop. Prints a table and writes JSON.
"""
from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys

FEW, MANY = 0.002, 0.006  # --effort, of MESSAGES
MESSAGES = 500_000  # of the scenario in full
LOOP = "bench_alternate*"  # in C++ its arguments belong to the name
SKIPPED = ("mutex + condvar", "pipe")  # much of their work is the kernel's, which callgrind does not see


def contenders(bench: str) -> list[str]:
    """The names of those that take part in the streams: all that are listed but for the wait strategies."""
    listed = subprocess.run([bench, "--list"], capture_output=True, text=True, check=True).stdout
    names = [re.split(r"\s{2,}", line.strip())[0] for line in listed.partition("contenders:\n")[2].splitlines()]
    waits = re.compile(r"ringc (spin|spin_yield|backoff|adaptive|park)$")
    return [name for name in names if not waits.match(name) and name not in SKIPPED]


def instructions(bench: str, contender: str, size: int, effort: float) -> int:
    """Instructions executed in the loop, warm-up included."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--toggle-collect={LOOP}", bench,
               "--scenario=single_thread", "--rounds=1", "--no-fifo", f"--effort={effort}", f"--bytes={size}",
               f"--contender={contender}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode != 0 or found is None or int(found[1]) == 0:
        raise RuntimeError(f"{contender}: callgrind saw nothing of {LOOP}\n{result.stderr}")
    return int(found[1])


def per_message(bench: str, contender: str, size: int) -> float:
    """Instructions for one push and one pop of `size` bytes, with the message filled in and looked at."""
    few, many = (instructions(bench, contender, size, effort) for effort in (FEW, MANY))
    return (many - few) / (MESSAGES * (MANY - FEW))


def main(arguments: list[str]) -> int:
    """Measures all contenders; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench", help="the benchmark, built for a processor that valgrind knows")
    parser.add_argument("--sizes", default="8,64", help="bytes of a message (default: 8,64)")
    parser.add_argument("--output", help="write JSON there")
    options = parser.parse_args(arguments)
    if shutil.which("valgrind") is None:
        print("bench: valgrind is not installed; no instructions counted", file=sys.stderr)
        return 0
    sizes = [int(size) for size in options.sizes.split(",")]
    print(f"instructions for a push and a pop on one thread\n  {'':30}" + "".join(f"{size:>8} B" for size in sizes))
    figures = []
    for contender in contenders(options.bench):
        counts = [per_message(options.bench, contender, size) for size in sizes]
        print(f"  {contender:30}" + "".join(f"{count:10.1f}" for count in counts), flush=True)
        figures += [{"contender": contender, "bytes": size, "instructions": count} for size, count in zip(sizes, counts)]
    if options.output:
        with open(options.output, "w", encoding="utf-8") as file:
            json.dump({"format": 1, "results": figures}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
