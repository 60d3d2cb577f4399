#!/usr/bin/env python3
"""The ordering-mutation score: how many small weakenings of the generated headers the model checker notices.

A mutant is a generated header with one change: an order weakened, a fence weakened or dropped, a comparison flipped, a capacity
off by one. The header is mutated rather than the template, since the checker runs what users run; headers that differ
only in name and capacity form a family, whose mutants are killed when any of its channels kills them. For each mutant the
harness runs its scenarios, those first that find most. Survivors must stand in survivors.txt with a reason each.

    mutate.py --build DIR [--jobs 2] [--sample N --seed S] [--family NAME]... [--list]

Exit status: 0, 1 a survivor that is not listed or a listed one that was killed, 2 the unmutated header fails.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SURVIVORS = HERE / "survivors.txt"
RUN_SECONDS = 60  # a mutant that runs longer has lost its way: killed
WEAKER = {
    "RINGC_ACQ_REL": ["RINGC_ACQUIRE", "RINGC_RELEASE", "RINGC_RELAXED"],
    "RINGC_ACQUIRE": ["RINGC_RELAXED"],
    "RINGC_RELEASE": ["RINGC_RELAXED"],
    "RINGC_SEQ_CST": ["RINGC_ACQ_REL"],
}
FLIPPED = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}
SITE = re.compile(
    r"(?P<order>RINGC_(?:ACQ_REL|ACQUIRE|RELEASE|SEQ_CST)\b)"
    r"|(?P<fence>RINGC_FENCE\(\w+\);)"
    r"|(?P<comparison>(?<= )(?:==|!=|<=|>=|<|>)(?= ))"
    r"|(?P<capacity>\b\w+_CAPACITY\b(?! - 1\)))"
)


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One change, the same in every channel of a family."""

    family: str
    number: int  # of the site
    function: str
    line: int  # in the header of the family's first channel
    text: str  # the line, without names of the channel
    change: str

    @property
    def key(self) -> str:
        """What survivors.txt calls it: stays the same when lines move."""
        return f"{self.family} | {self.function} | {self.text} | {self.change}"


def without_comments(text: str) -> str:
    """The text with comments blanked, offsets unchanged."""
    return re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)


def sites(text: str) -> list[tuple[int, int, str]]:
    """(start, end, replacement) of every change to a header: its functions only."""
    code = without_comments(text)
    begin = text.index("/* ---- life of the channel")
    found = []
    for match in SITE.finditer(code, begin):
        kind, old = match.lastgroup, match[0]
        if kind == "fence":  # dropped here; the order inside it is a site of its own
            found.append((*match.span(), ";"))
            inner = re.search(r"RINGC_\w+(?=\))", old)
            start = match.start() + inner.start()
            found += [(start, start + len(inner[0]), new) for new in WEAKER[inner[0]]]
            continue
        if code[code.rfind("\n", 0, match.start()) + 1] == "#":
            continue
        changes = {"order": WEAKER.get(old, []), "comparison": [FLIPPED.get(old)], "capacity": [f"({old} + 1)"]}[kind]
        found += [(*match.span(), new) for new in changes]
    return found


def function_at(text: str, offset: int) -> str:
    """The name of the function whose body holds `offset`."""
    names = re.findall(r"^\*?(\w+)\(.*\)$", text[:offset], flags=re.M)
    return names[-1] if names else "?"


class Family:
    """Channels whose headers differ in name and capacity only."""

    def __init__(self, name: str, channels: list[str], generated: pathlib.Path):
        self.name = name
        self.channels = channels
        self.headers = {c: (generated / "model" / f"{c}.h").read_text() for c in channels}
        self.sites = {c: sites(text) for c, text in self.headers.items()}
        if len({len(s) for s in self.sites.values()}) != 1:
            sys.exit(f"mutate: the headers of {channels} do not match")

    def mutants(self) -> list[Mutant]:
        first = self.channels[0]
        text = self.headers[first]
        found, seen = [], {}
        for number, (start, end, new) in enumerate(self.sites[first]):
            line = text.count("\n", 0, start)
            short = lambda s: re.sub(rf"model_{first}_?", "", s, flags=re.I)
            change = f"{short(text[start:end])} -> {short(new) if new != ';' else 'dropped'}"
            code = short(without_comments(text).split("\n")[line].strip())
            mutant = Mutant(self.name, number, short(function_at(text, start)), line + 1, code, change)
            seen[mutant.key] = seen.get(mutant.key, 0) + 1
            if seen[mutant.key] > 1:
                mutant = dataclasses.replace(mutant, change=f"{change} #{seen[mutant.key]}")
            found.append(mutant)
        return found


class Runner:
    """Builds and runs mutants under a directory of its own."""

    def __init__(self, build: pathlib.Path):
        self.build = build
        self.objects = sorted(str(p) for p in build.glob("*.o") if not re.match(r"queue-|litmus|random_", p.name))
        self.defines: dict[str, list[str]] = {}

    def defines_of(self, channel: str) -> list[str]:
        command = ["make", "-s", "-C", str(HERE), f"BUILD={self.build}", f"print-defines-{channel}"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

    def killed_by(self, channel: str, header: str, directory: pathlib.Path) -> str | None:
        """The scenario that kills this text of the channel's header, or None."""
        shutil.copytree(self.build / "generated", directory / "generated", dirs_exist_ok=True)
        (directory / "generated" / "model" / f"{channel}.h").write_text(header)
        program = directory / "queue"
        compile_it = ["gcc", "-std=gnu11", "-O0", "-w", *self.defines[channel], f"-I{HERE}", f"-I{directory}/generated",
                      str(HERE / "queue_harness.c"), *self.objects, "-o", str(program)]
        if subprocess.run(compile_it, capture_output=True).returncode:
            return "the compiler"
        try:
            run = subprocess.run([program, "--fast", "--expect", HERE / "executions.txt"], capture_output=True, text=True,
                                 timeout=RUN_SECONDS)
        except subprocess.TimeoutExpired:
            return "no end"
        if run.returncode == 0:
            return None
        failed = re.search(r"^FAILED +\S+ +(\S+)", run.stdout, flags=re.M)
        return failed[1] if failed else f"a crash ({run.returncode})"

    def judge(self, family: Family, mutant: Mutant) -> str | None:
        directory = self.build / "mutants" / f"{family.name}-{mutant.number}"
        killer = None
        for channel in family.channels:
            text = family.headers[channel]
            start, end, new = family.sites[channel][mutant.number]
            directory.mkdir(parents=True, exist_ok=True)
            killer = self.killed_by(channel, text[:start] + new + text[end:], directory)
            if killer:
                killer = f"{channel} {killer}"
                break
        shutil.rmtree(directory, ignore_errors=True)
        return killer


def read_survivors() -> dict[str, str]:
    """Key to reason."""
    found = {}
    for line in SURVIVORS.read_text().splitlines() if SURVIVORS.exists() else []:
        if line.strip() and not line.startswith("#"):
            *key, reason = line.split(" | ")
            found[" | ".join(key)] = reason
    return found


def families(generated: pathlib.Path, wanted: list[str]) -> list[Family]:
    grouped: dict[str, list[str]] = {}
    for header in sorted(generated.glob("model/*.h")):
        if match := re.fullmatch(r"((?:owned_)?(?:reject|block|drop_oldest)_\w+)_\d+", header.stem):
            grouped.setdefault(match[1], []).append(header.stem)
    return [Family(name, channels, generated) for name, channels in grouped.items() if not wanted or name in wanted]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0, help="only so many, drawn with --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--family", action="append", default=[])
    parser.add_argument("--list", action="store_true", help="list the mutants and stop")
    parser.add_argument("--verbose", action="store_true", help="say of each killed mutant what killed it")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    began = time.monotonic()
    runner = Runner(options.build.resolve())
    chosen = families(runner.build / "generated", options.family)
    work = [(family, mutant) for family in chosen for mutant in family.mutants()]
    if options.sample:
        work = random.Random(options.seed).sample(work, min(options.sample, len(work)))
    if options.list:
        for _, mutant in work:
            print(mutant.line, mutant.key)
        return 0
    runner.defines = {c: runner.defines_of(c) for family in chosen for c in family.channels}
    listed = read_survivors()
    survived, surprises = 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        verdicts = pool.map(lambda w: runner.judge(*w), work)
        for (family, mutant), killer in zip(work, verdicts):
            where = f"{family.channels[0]}.h:{mutant.line}"
            survived += killer is None
            if killer is None and mutant.key not in listed:
                print(f"SURVIVES  {where}  {mutant.key}", flush=True)
                surprises += 1
            elif killer is not None and mutant.key in listed:
                print(f"KILLED, though survivors.txt lists it  {where}  {mutant.key}  by {killer}", flush=True)
                surprises += 1
            elif options.verbose:
                print(f"{'listed   ' if killer is None else 'killed   '} {where}  {mutant.key}  {killer or ''}", flush=True)
    seed = f", sample of seed {options.seed}" if options.sample else ""
    print(f"mutants: {len(work)} tried, {len(work) - survived} killed, {survived} survive, {surprises} not as listed{seed}; "
          f"{time.monotonic() - began:.0f} s")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
