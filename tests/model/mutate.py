#!/usr/bin/env python3
"""The ordering-mutation score: how many small weakenings of the generated headers the model checker notices.

A mutant is a generated header with one change: an order weakened, a fence weakened or dropped, a barrier dropped, a comparison flipped, a capacity
off by one. The header is mutated rather than the template, since the checker runs what users run; but the same line of one
policy stands in the headers of many channels, so it is tried in up to TRIES of them, chosen to differ, until one kills it.
For each the harness runs its scenarios, those first that find most. Survivors must stand in survivors.txt with a reason each.

    mutate.py --build DIR [--jobs 2] [--sample N --seed S] [--policy block]... [--kind order]... [--list | --verbose]

Exit status: 0, 1 a survivor that is not listed or a listed one that was killed, 2 the unmutated header fails.
"""

import argparse
import concurrent.futures
import dataclasses
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SURVIVORS = HERE / "survivors.txt"
RUN_SECONDS = 30  # a mutant that runs longer has lost its way: killed
WEAKER = {
    "RINGC_ACQ_REL": ["RINGC_ACQUIRE", "RINGC_RELEASE", "RINGC_RELAXED"],
    "RINGC_ACQUIRE": ["RINGC_RELAXED"],
    "RINGC_RELEASE": ["RINGC_RELAXED"],
    "RINGC_SEQ_CST": ["RINGC_ACQ_REL"],
}
ORDERS = {new for weaker in WEAKER.values() for new in weaker} | {";", "RINGC_FOREVER"}  # a fence or a barrier that is dropped, too
FLIPPED = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}
SITE = re.compile(
    r"(?P<order>RINGC_(?:ACQ_REL|ACQUIRE|RELEASE|SEQ_CST)\b)"
    r"|(?P<fence>RINGC_FENCE\(\w+\);)"
    r"|(?P<barrier>ringc_park_barrier_\(flags\))"
    r"|(?P<comparison>(?<= )(?:==|!=|<=|>=|<|>)(?= ))"
    r"|(?P<capacity>\b\w+_CAPACITY\b(?! - 1\)))"
)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a mutant can be tried: a change to one channel's header."""

    channel: str
    line: int
    start: int
    end: int
    new: str

    @property
    def kind(self) -> str:
        return "order" if self.new in ORDERS else "comparison" if self.new in FLIPPED else "capacity"


@dataclasses.dataclass
class Mutant:
    """One change to a line of a policy's headers."""

    key: str  # what survivors.txt calls it: stays the same when lines move
    places: list[Place]


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
        changes = {"order": WEAKER.get(old, []), "barrier": ["RINGC_FOREVER"], "comparison": [FLIPPED.get(old)], "capacity": [f"({old} + 1)"]}[kind]
        found += [(*match.span(), new) for new in changes]
    return found


def function_at(text: str, offset: int) -> str:
    """The name of the function whose body holds `offset`."""
    names = re.findall(r"^\*?(\w+)\(.*\)$", text[:offset], flags=re.M)
    return names[-1] if names else "?"


def policy_of(channel: str) -> str:
    if channel.startswith("broadcast_"):
        return "broadcast overwrite" if "_overwrite_" in channel else "broadcast gated"
    return re.match(r"(?:owned_)?(reject|block|drop_oldest)_", channel)[1]


def places_in(channel: str, text: str) -> list[tuple[str, Place]]:
    """(key, place) of every change to a channel's header; the key does not name the channel."""

    def anonymous(part: str) -> str:
        return re.sub(rf"model_{channel}_?", "", part, flags=re.I)

    found, seen = [], {}
    code = without_comments(text).split("\n")
    for start, end, new in sites(text):
        line = text.count("\n", 0, start)
        source = re.sub(r"\bmodel_(?:owned|pair)\b", "model_pair", anonymous(code[line].strip()))
        source = re.sub(r"\b[124]u\b", "Nu", source) if "size(ch)" in source else source
        change = f"{anonymous(text[start:end])} -> {'dropped' if new == ';' else anonymous(new)}"
        key = f"{policy_of(channel)} | {anonymous(function_at(text, start))} | {source} | {change}"
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            key += f" #{seen[key]}"
        found.append((key, Place(channel, line + 1, start, end, new)))
    return found


TRIES = 3
BROADCAST = ["multi_block_park_1", "multi_overwrite_park_2", "all_park_2", "multi_block_all_owned_park_1", "single_block_park_2", "single_overwrite_park_1"]
PREFERRED = ["_park_1", "_spin_1", "_park_2", "_parkproducer_1", "_parkconsumer_1", "_adaptive_2"]


def preference(channel: str) -> tuple[bool, bool, int]:
    """Plain channels first; knobs last, for the lines that only they have."""
    if channel.startswith("broadcast_"):
        return False, False, next((i for i, name in enumerate(BROADCAST) if channel.endswith(name)), len(BROADCAST))
    kind = next((i for i, suffix in enumerate(PREFERRED) if channel.endswith(suffix)), len(PREFERRED))
    return "stamped" in channel or "lazy" in channel, channel.startswith("owned_"), kind


def collect_mutants(headers: dict[str, str], policies: list[str]) -> list[Mutant]:
    mutants: dict[str, Mutant] = {}
    for channel in sorted(headers, key=preference):
        if policies and policy_of(channel) not in policies:
            continue
        for key, place in places_in(channel, headers[channel]):
            mutant = mutants.setdefault(key, Mutant(key, []))
            if len(mutant.places) < TRIES:
                mutant.places.append(place)
    return list(mutants.values())


class Runner:
    """Builds and runs mutants under a directory of its own."""

    def __init__(self, build: pathlib.Path):
        self.build = build
        self.objects = sorted(str(p) for p in build.glob("*.o") if not re.match(r"channel-|queue-|litmus|random_", p.name))
        self.defines: dict[str, list[str]] = {}

    def defines_of(self, channel: str) -> list[str]:
        command = ["make", "-s", "--no-print-directory", "-C", str(HERE), f"BUILD={self.build}", f"print-defines-{channel}"]
        *defines, harness = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        return [*defines, str(HERE / harness)]

    def killed_by(self, channel: str, header: str, directory: pathlib.Path) -> str | None:
        """The scenario that kills this text of the channel's header, or None."""
        shutil.copytree(self.build / "generated", directory / "generated", dirs_exist_ok=True)
        (directory / "generated" / "model" / f"{channel}.h").write_text(header)
        program = directory / "channel"
        compile_it = ["gcc", "-std=gnu11", "-O0", "-w", *self.defines[channel], f"-I{HERE}", f"-I{directory}/generated",
                      *self.objects, "-o", str(program)]
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

    def judge(self, number: int, mutant: Mutant, headers: dict[str, str]) -> str | None:
        directory = self.build / "mutants" / str(number)
        killer = None
        for place in mutant.places:
            text = headers[place.channel]
            directory.mkdir(parents=True, exist_ok=True)
            killer = self.killed_by(place.channel, text[: place.start] + place.new + text[place.end :], directory)
            shutil.rmtree(directory, ignore_errors=True)
            if killer:
                return f"{place.channel} {killer}"
        return None


def read_survivors() -> dict[str, str]:
    """Key to reason."""
    found = {}
    for line in SURVIVORS.read_text().splitlines() if SURVIVORS.exists() else []:
        if line.strip() and not line.startswith("#"):
            *key, reason = line.split(" | ")
            found[" | ".join(key)] = reason
    return found


def read_headers(generated: pathlib.Path) -> dict[str, str]:
    """Channel to text."""
    pattern = re.compile(r"(?:owned_)?(?:reject|block|drop_oldest|broadcast)_\w+_\d+")
    paths = sorted(generated.glob("model/*.h"))
    return {path.stem: path.read_text() for path in paths if pattern.fullmatch(path.stem)}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0, help="only so many, drawn with --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--policy", action="append", default=[])
    parser.add_argument("--kind", action="append", default=[], choices=["order", "comparison", "capacity"])
    parser.add_argument("--match", default="", help="only those whose key holds this text")
    parser.add_argument("--list", action="store_true", help="list the mutants and stop")
    parser.add_argument("--verbose", action="store_true", help="say of each killed mutant what killed it")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    began = time.monotonic()
    runner = Runner(options.build.resolve())
    headers = read_headers(runner.build / "generated")
    work = collect_mutants(headers, options.policy)
    work = [m for m in work if not options.kind or m.places[0].kind in options.kind]
    work = [m for m in work if options.match in m.key]
    if options.sample:
        work = random.Random(options.seed).sample(work, min(options.sample, len(work)))
    if options.list:
        for mutant in work:
            print(mutant.key)
        return 0
    runner.defines = {channel: runner.defines_of(channel) for channel in headers}
    for channel in sorted({place.channel for mutant in work for place in mutant.places}):
        killer = runner.killed_by(channel, headers[channel], runner.build / "mutants" / "none")
        if killer:
            print(f"{channel}: the header as it is does not pass ({killer}), so a mutant of it proves nothing")
            return 2
    listed = read_survivors()
    survived, surprises = 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        verdicts = pool.map(lambda w: runner.judge(w[0], w[1], headers), enumerate(work))
        for mutant, killer in zip(work, verdicts):
            where = f"{mutant.places[0].channel}.h:{mutant.places[0].line}"
            survived += killer is None
            if killer is None and mutant.key not in listed:
                print(f"SURVIVES  {where}  {mutant.key}", flush=True)
                surprises += 1
            elif killer is not None and mutant.key in listed:
                print(f"KILLED, though survivors.txt lists it  {where}  {mutant.key}  by {killer}", flush=True)
                surprises += 1
            elif options.verbose:
                print(f"{'killed' if killer else 'listed'}    {where}  {mutant.key}  {killer or ''}", flush=True)
    seed = f", sample of seed {options.seed}" if options.sample else ""
    print(f"mutants: {len(work)} tried, {len(work) - survived} killed, {survived} survive, {surprises} not as listed{seed}; "
          f"{time.monotonic() - began:.0f} s")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
