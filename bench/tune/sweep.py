#!/usr/bin/env python3
"""Finds the best setting of the knobs behind `tune` on this machine, and writes it as a target profile.

Every variant of variants.py is generated, compiled into the benchmark as a contender of its own and measured beside all others in
interleaved rounds: a saturated stream, a stream at several paces of the producer, and round trips. What it prints and writes is
explained in README.md. Times are only worth something on a machine that does nothing else.
"""
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import choose
from variants import POINTS, variants

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent

HEAD = """\
# Written by bench/tune/sweep.py.
ringc: 1
package: grid
doc: The queues of the sweep.
targets: [x86_64, aarch64, riscv64, generic]
"""


def schema(points: list[tuple[int, int]]) -> str:
    """The schema of every variant at every point."""
    sizes = sorted({size for size, _ in points})
    messages = [f"  m{size}: {{max_size: {size}, fields: [{{name: words, type: u64, count: {size // 8}}}]}}" for size in sizes]
    channels = [
        f"  {variant.name}_{size}_{slots}: {{message: m{size}, capacity: {slots}, producers: single, consumers: single, "
        f"full: reject, wait: spin, tune: {variant.tune(slots)}}}"
        for size, slots in points
        for variant in variants(size, slots)
    ]
    return "\n".join([HEAD, "messages:", *messages, "", "channels:", *channels, ""])


def contenders(points: list[tuple[int, int]]) -> str:
    """A line `channel bytes slots name` for each contender, as bench/Makefile wants them."""
    return "".join(f"{v.name}_{size}_{slots} {size} {slots} {v.name}\n" for size, slots in points for v in variants(size, slots))


def build(folder: Path, points: list[tuple[int, int]], jobs: int) -> None:
    """Generates and compiles all variants."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sweep.yaml").write_text(schema(points))
    (folder / "sweep.contenders").write_text(contenders(points))
    command = ["make", "-C", str(BENCH), "--no-print-directory", f"-j{jobs}", "build", f"BUILD={folder}", f"SCHEMA={folder}/sweep.yaml",
               f"QUEUES={folder}/sweep.contenders", "PEERS="]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measure(folder: Path, points: list[tuple[int, int]], rounds: int, effort: float) -> dict:
    """Runs the benchmark at one point after another, each with variants of its own; returns all results as one."""
    whole: dict = {}
    for number, (size, slots) in enumerate(points, 1):
        print(f"measuring point {number} of {len(points)}: {size} bytes, {slots} slots", file=sys.stderr, flush=True)
        output = folder / f"sweep-{size}x{slots}.json"
        command = [str(folder / "bench"), "--scenario=pace,saturated,round_trip", f"--points={size}x{slots}", f"--rounds={rounds}",
                   f"--effort={effort}", f"--output={output}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        part = json.loads(output.read_text())
        whole = {**part, "results": whole.get("results", []) + part["results"]}
    (folder / "sweep.json").write_text(json.dumps(whole))
    return whole


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-o", "--output", default="-", help="where the profile goes (default: standard output)")
    parser.add_argument("--build", type=Path, default=Path("build/tune"), help="folder for what is built and measured")
    parser.add_argument("--points", help="BYTESxSLOTS,... instead of the built-in ones")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--effort", type=float, default=0.3, help="factor on the number of messages of a run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", type=Path, help="choose from the results of an earlier sweep instead of measuring")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    if not options.results and (os.cpu_count() or 1) < 2:
        print("tune: fewer than two processors here; nothing can be measured", file=sys.stderr)
        return 1
    points = list(POINTS)
    if options.points:
        points = [(int(size), int(slots)) for size, slots in (point.split("x") for point in options.points.split(","))]
    if options.results:
        results = json.loads(options.results.read_text())
    else:
        build(options.build.resolve(), points, options.jobs)
        results = measure(options.build.resolve(), points, options.rounds, options.effort)
    chosen = choose.choose(results, points)
    print(choose.table(chosen), file=sys.stderr)
    text = choose.profile(chosen, results)
    if options.output == "-":
        sys.stdout.write(text)
    else:
        Path(options.output).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
