#!/usr/bin/env python3
"""How long the compiler takes, how much memory it needs, and what its headers cost those who include them.

For schemas of 1, 10, 100 and 1,000 channels it runs `ringc gen` cold (nothing kept from earlier runs), warm (compiled templates
kept, no output yet), after one channel has changed, and with nothing to do; then clang -fsyntax-only on a header of each kind.
Prints a table and writes JSON. Rounds are interleaved; of each figure it tells the median. CPU time is user and system together
and suffers less than the elapsed time from what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
KINDS = {  # name -> the rest of the channel's entry; the channels of a schema take turns
    "reject": "full: reject",
    "block": "full: block",
    "park": "full: block, wait: park",
    "drop_oldest": "full: drop_oldest",
    "latency": "full: block, tune: latency",
    "throughput": "full: reject, tune: throughput",
}
CHANNELS_A_MESSAGE = 10
HEAD = "ringc: 1\npackage: many\ndoc: Many channels.\ntargets: [x86_64, aarch64, generic]\n"
FIELDS = "[{name: time, type: u64, unit: ns}, {name: price, type: i64, unit: 1e-9 USD}, {name: symbol, type: char, count: 8}]"


@dataclass(frozen=True)
class Cost:
    """What one process took. elapsed, cpu: seconds. memory: most bytes resident."""

    elapsed: float
    cpu: float
    memory: int


def schema(channels: int, capacity: int = 1024) -> str:
    """A schema with so many channels. capacity: slots of the first of them."""
    messages = max(1, channels // CHANNELS_A_MESSAGE)
    lines = [HEAD + "messages:"]
    lines += [f"  record_{n}: {{doc: Record of kind {n}., fields: {FIELDS}}}" for n in range(messages)]
    lines.append("channels:")
    for n in range(channels):
        slots = capacity if n == 0 else 1024
        rest = f"producers: single, consumers: single, doc: The channel of number {n}., {list(KINDS.values())[n % len(KINDS)]}"
        lines.append(f"  {channel_name(n)}: {{message: record_{n % messages}, capacity: {slots}, {rest}}}")
    return "\n".join(lines) + "\n"


def channel_name(number: int) -> str:
    return f"{list(KINDS)[number % len(KINDS)]}_{number}"


def cost(command: list[str], **environment: str) -> Cost:
    """Runs a command that must succeed, and says what it took."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"measure.py: exit status {process.returncode} of {' '.join(command)}")
    return Cost(elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def median(costs: list[Cost]) -> Cost:
    """The median of each figure by itself."""
    return Cost(*(statistics.median(getattr(one, figure) for one in costs) for figure in ("elapsed", "cpu", "memory")))


# -- the compiler ------------------------------------------------------------------------------------------------------


class Bench:
    """A schema of so many channels, in a directory of its own, and the runs that are measured on it."""

    def __init__(self, ringc: str, directory: Path, channels: int) -> None:
        self.directory, self.channels = directory / f"of_{channels}", channels
        self.directory.mkdir()
        self.output = self.directory / "out_0"
        self._ringc, self._made = ringc, 0
        self._schema = self.directory / "many.yaml"
        self._schema.write_text(schema(channels))

    def _gen(self, *options: str) -> Cost:
        command = [self._ringc, "gen", str(self._schema), "-o", str(self.output), *options]
        return cost(command, XDG_CACHE_HOME=str(self.directory))

    def cold(self) -> Cost:
        shutil.rmtree(self.directory / "ringc", ignore_errors=True)
        return self.warm()

    def warm(self) -> Cost:
        """Into a new directory: ext4 is ten times slower at making files where some have just been removed."""
        self._made += 1
        self.output = self.directory / f"out_{self._made}"
        return self._gen()

    def one_changed(self) -> Cost:
        self._gen()
        self._schema.write_text(schema(self.channels, capacity=2048))
        taken = self._gen()
        self._schema.write_text(schema(self.channels))
        self._gen()
        return taken

    def unchanged(self) -> Cost:
        return self._gen()

    def unchanged_check(self) -> Cost:
        return self._gen("--check")


RUNS: dict[str, Callable[[Bench], Cost]] = {
    "cold": Bench.cold, "warm": Bench.warm, "one changed": Bench.one_changed, "unchanged": Bench.unchanged,
    "unchanged, --check": Bench.unchanged_check,
}  # fmt: skip


def measure_compiler(benches: list[Bench], rounds: int) -> dict[int, dict[str, Cost]]:
    """Channels -> run -> its cost. A first round that is not counted lets Python write its own bytecode."""
    found: dict[int, dict[str, list[Cost]]] = {bench.channels: {name: [] for name in RUNS} for bench in benches}
    for number in range(rounds + 1):
        for bench in benches if number % 2 else benches[::-1]:
            for name, run in RUNS.items():
                taken = run(bench)
                if number:
                    found[bench.channels][name].append(taken)
    return {channels: {name: median(costs) for name, costs in runs.items()} for channels, runs in found.items()}


# -- the headers -------------------------------------------------------------------------------------------------------


def measure_headers(output: Path, clang: str, rounds: int) -> dict[str, float]:
    """Kind -> CPU seconds of clang -fsyntax-only for a header of it, beyond what its includes take; "includes" -> that."""
    headers = {"includes": "types.h"} | {kind: f"{channel_name(n)}.h" for n, kind in enumerate(KINDS)}
    taken: dict[str, list[float]] = {name: [] for name in headers}
    for name, header in headers.items():
        (output / f"{name}.c").write_text(f'#include "many/{header}"\n')
    for _ in range(rounds):
        for name in headers:
            taken[name].append(cost([clang, "-std=c11", "-fsyntax-only", f"-I{output}", str(output / f"{name}.c")]).cpu)
    return {name: statistics.median(_beyond(name, taken)) for name in headers}


def _beyond(name: str, taken: dict[str, list[float]]) -> list[float]:
    """What a header takes beyond its includes, round by round."""
    if name == "includes":
        return taken[name]
    return [with_it - without for with_it, without in zip(taken[name], taken["includes"])]


# -- the report --------------------------------------------------------------------------------------------------------


def table(compiler: dict[int, dict[str, Cost]], headers: dict[str, float]) -> str:
    lines = ["| channels | run | elapsed ms | CPU ms | peak MiB |", "| --- | --- | --- | --- | --- |"]
    lines += [_row(channels, name, taken) for channels, runs in compiler.items() for name, taken in runs.items()]
    fewest, most = min(compiler), max(compiler)
    if most > fewest:
        lines += ["", _each_more(compiler[fewest]["warm"], compiler[most]["warm"], most - fewest)]
    if headers:
        lines += ["", "| header | clang -fsyntax-only, CPU ms |", "| --- | --- |"]
        names = {"includes": "types.h and ringc.h"}
        lines += [f"| {names.get(name, f'{name}, beyond them')} | {1e3 * taken:.1f} |" for name, taken in headers.items()]
    return "\n".join(lines) + "\n"


def _row(channels: int, name: str, taken: Cost) -> str:
    return f"| {channels} | {name} | {1e3 * taken.elapsed:.0f} | {1e3 * taken.cpu:.0f} | {taken.memory / 2**20:.0f} |"


def _each_more(few: Cost, many: Cost, more: int) -> str:
    """What a channel costs where there are others: the difference of two runs that are `more` channels apart."""
    elapsed, cpu = (1e3 * (getattr(many, figure) - getattr(few, figure)) / more for figure in ("elapsed", "cpu"))
    memory = (many.memory - few.memory) / more / 1024
    return f"Each channel more, warm: {elapsed:.2f} ms elapsed, {cpu:.2f} ms CPU, {memory:.0f} KiB."


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures the compiler itself.")
    parser.add_argument("--ringc", default=str(TOP / "ringc"), help="the compiler (default: the one of this checkout)")
    parser.add_argument("--clang", default=shutil.which("clang"), help="for the headers (default: the one on PATH)")
    parser.add_argument("--channels", type=int, nargs="+", default=[1, 10, 100, 1000], help="sizes of the schemas")
    parser.add_argument("--rounds", type=int, default=5, help="how often each run is measured (default: %(default)s)")
    parser.add_argument("-o", dest="output", metavar="FILE", help="write JSON there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ringc-") as name:
        benches = [Bench(arguments.ringc, Path(name), channels) for channels in arguments.channels]
        compiler = measure_compiler(benches, arguments.rounds)
        largest = max(benches, key=lambda bench: bench.channels)
        has_all = largest.channels >= len(KINDS) and arguments.clang
        headers = measure_headers(largest.output, arguments.clang, 4 * arguments.rounds) if has_all else {}
    sys.stdout.write(table(compiler, headers))
    if arguments.output:
        runs = [{"channels": n, "run": name, **asdict(one)} for n, costs in compiler.items() for name, one in costs.items()]
        made_by = {"python": platform.python_version(), "cores": os.cpu_count(), "rounds": arguments.rounds}
        text = json.dumps({"made_by": made_by, "runs": runs, "headers_cpu_s": headers}, indent=1)
        Path(arguments.output).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
