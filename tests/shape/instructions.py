#!/usr/bin/env python3
"""Counts the instructions of a push and of a pop, and fails when one has grown since instructions.json was written.

x86_64: callgrind_driver.c under valgrind --tool=callgrind, for N and for 2N messages; the difference is exact. aarch64 and riscv64:
the instructions on the fast path of hot_paths.c, by disassembly: from the entry to the return, or once around the loop.

    instructions.py               compares
    instructions.py --update      accepts what is there, for the compilers that are installed
    instructions.py --self-test   demands that growth is seen
"""

import argparse
import concurrent.futures
import copy
import json
import pathlib
import platform
import re
import shutil
import sys

from disassembly import CHANNELS, HERE, BuildError, Channel, Toolchain, disassemble, run, runtime, toolchains

COUNTS = HERE / "instructions.json"
MESSAGES = 4096  # a multiple of every ring's capacity, so that each run ends where it began
COST_LINE = re.compile(r"\d+ \d+$")  # of current itself; after calls=, of what it called

Counts = dict[str, int]


# ---- Counting ------------------------------------------------------------------------------------------------------------------------------


def inclusive(profile: str) -> Counts:
    """Instructions by function, with those of what it calls, from callgrind's file. To callgrind a jump to the part of a function
    that gcc has put elsewhere (`push.cold`), or back (`push'2`), is a call; here all those are one function."""
    names: dict[str, str] = {}
    counts: Counts = {}
    current = called = ""
    for line in profile.splitlines():
        name = re.match(r"(c?)fn=(\(\d+\))(?: (.+))?$", line)
        if name:
            names.setdefault(name[2], re.split(r"[.']", name[3] or "")[0])
            if name[1]:
                called = names[name[2]]
            else:
                current = names[name[2]]
        elif COST_LINE.match(line):
            if called != current:
                counts[current] = counts.get(current, 0) + int(line.split()[1])
            called = ""
    return counts


def under_callgrind(program: pathlib.Path, messages: int) -> Counts:
    out = program.with_suffix(f".{messages}.callgrind")
    out.unlink(missing_ok=True)
    run(["valgrind", "--quiet", "--tool=callgrind", "--compress-pos=no", f"--callgrind-out-file={out}", str(program), str(messages)])
    return inclusive(out.read_text())


def count_dynamic(tools: Toolchain, gen: pathlib.Path, build: pathlib.Path) -> Counts:
    program = build / f"driver-{tools.family}"
    tools.compile(["-pie", f"-I{gen}", str(HERE / "callgrind_driver.c"), str(build / f"ringc-{tools.family}-{tools.arch}.o"), "-o", str(program)])
    once, twice = (under_callgrind(program, n) for n in (MESSAGES, 2 * MESSAGES))
    counted = {name: twice[name] - once[name] for name in sorted(once) if re.match(r"(push|pop|evict)_", name)}
    expected = len(re.findall(r"^(?:CHANNEL|BROADCAST)\(", (HERE / "callgrind_driver.c").read_text(), re.M)) * 2 + 1
    if len(counted) != expected:
        raise BuildError(f"callgrind shows {len(counted)} of {expected} functions: {' '.join(counted)}")
    return counted


def count_static(tools: Toolchain, channel: Channel, gen: pathlib.Path, build: pathlib.Path) -> Counts:
    shape = disassemble(tools, channel, gen, build, build)
    paths = {name: len(shape[name].fast_path(name.endswith("loop"))) for name in ("push", "pop", "push_loop", "pop_loop")}
    # A loop around a call is left out where the call comes back: 0. shape.py has its say about those.
    return {f"{name}_{channel.name}": n for name, n in paths.items() if n}


def count_all(args, channels=CHANNELS) -> dict[str, dict[str, Counts]]:
    """Counts by arch and compiler."""
    chains = toolchains(args.clang)
    counted: dict[str, dict[str, Counts]] = {}
    native = platform.machine() == "x86_64"
    if native and shutil.which("valgrind") is None:
        raise BuildError("valgrind is not installed; ./setup.sh installs it")
    if not native:
        print(f"skipped instructions: callgrind counts are for x86_64, this is {platform.machine()}")
        chains = [tools for tools in chains if tools.arch != "x86_64"]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(lambda tools: runtime(tools, args.gen, args.build), chains))
        work = []
        for tools in chains:
            if tools.arch == "x86_64":
                work.append((tools, pool.submit(count_dynamic, tools, args.gen, args.build)))
            else:
                work += [(tools, pool.submit(count_static, tools, channel, args.gen, args.build)) for channel in channels]
        for tools, future in work:
            counted.setdefault(tools.arch, {}).setdefault(tools.name, {}).update(future.result())
    return counted


# ---- Comparing -----------------------------------------------------------------------------------------------------------------------------


def show(arch: str, count: int) -> str:
    return f"{count / MESSAGES:.3f} a message" if arch == "x86_64" else str(count)


def compare(counted, recorded) -> tuple[list[str], list[str]]:
    """What fails, and what is only to be told."""
    failures, notes = [], []
    for arch, compilers in counted.items():
        for compiler, counts in compilers.items():
            before = recorded["counts"].get(arch, {}).get(compiler)
            if before is None:
                notes.append(f"skipped instructions: {compiler} {arch} is not in {COUNTS.name}; `make -C tests/shape update` adds it")
                continue
            for name in sorted(before.keys() | counts.keys()):
                old, new = before.get(name), counts.get(name)
                where = f"{compiler} {arch}: {name}"
                if old is None or new is None:
                    failures.append(f"FAILED  {where}: " + ("is not counted any more" if new is None else "is new"))
                elif new > old:
                    failures.append(f"FAILED  {where}: {show(arch, new)}, was {show(arch, old)}: {100 * (new - old) / old:.1f} % more instructions")
                elif new < old:
                    notes.append(f"note    {where}: {show(arch, new)}, was {show(arch, old)}: fewer; keep it with `make -C tests/shape update`")
    return failures, notes


def write(counted, recorded) -> None:
    counts = copy.deepcopy(recorded["counts"])
    for arch, compilers in counted.items():
        counts.setdefault(arch, {}).update(compilers)
    COUNTS.write_text(json.dumps({"messages": MESSAGES, "counts": counts}, indent=1, sort_keys=True) + "\n")


def self_test(counted) -> list[str]:
    """Growth by one fails, shrinking by one is told, an unknown compiler is passed over and a function that is gone fails."""
    missed = []
    for arch, compilers in counted.items():
        for compiler, counts in compilers.items():
            one = {arch: {compiler: counts}}
            for name in counts:
                changed = {delta: {"counts": copy.deepcopy(one)} for delta in (-1, 0, 1)}
                for delta, recorded in changed.items():
                    recorded["counts"][arch][compiler][name] += delta
                answers = {delta: tuple(map(len, compare(one, recorded))) for delta, recorded in changed.items()}
                if answers != {-1: (1, 0), 0: (0, 0), 1: (0, 1)}:
                    missed.append(f"FAILED  self-test: {compiler} {arch} {name}: {answers}")
            if tuple(map(len, compare({arch: {"gcc-1": counts}}, {"counts": one}))) != (0, 1):
                missed.append(f"FAILED  self-test: {compiler} {arch}: an unknown compiler")
            fewer = {arch: {compiler: dict(list(counts.items())[1:])}}
            if len(compare(fewer, {"counts": one})[0]) != 1 or len(compare(one, {"counts": fewer})[0]) != 1:
                missed.append(f"FAILED  self-test: {compiler} {arch}: a function that is missing")
    return missed


def slower(args) -> list[str]:
    """A header with one more instruction a push is counted as such, by callgrind and by disassembly."""
    gen = args.build / "slower"
    shutil.rmtree(gen, ignore_errors=True)
    shutil.copytree(args.gen, gen)
    for header in ("bench/m8_1k.h",):
        text = (gen / header).read_text()
        changed = text.replace("    p->position += (ringc_seq)n;\n", '    p->position += (ringc_seq)n;\n    __asm__ __volatile__("nop");\n', 1)
        if changed == text:
            return [f"FAILED  self-test: {header} has no place for one more instruction"]
        (gen / header).write_text(changed)
    usual = count_all(args, CHANNELS[:1])
    args.gen, args.build = gen, args.build / "slower-build"
    grown = count_all(args, CHANNELS[:1])
    failures = "\n".join(compare(grown, {"counts": usual})[0])
    wanted = [f"{c} {a}: push_bench_m8_1k:" for a, compilers in usual.items() for c in compilers]
    return [f"FAILED  self-test: one more instruction is not seen: {w}" for w in wanted if w not in failures] + self_test(usual)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--gen", type=pathlib.Path, default=HERE / "../../generated")
    parser.add_argument("--build", type=pathlib.Path, default=HERE / "../../build/shape")
    parser.add_argument("--clang", default="clang-14")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    try:
        if args.self_test:
            failures = slower(args)
            print("\n".join(failures) or "ok      instructions, self-test: one instruction more is seen for every compiler")
            return int(bool(failures))
        counted = count_all(args)
    except BuildError as error:
        print(f"FAILED  {error}")
        return 1
    recorded = json.loads(COUNTS.read_text()) if COUNTS.exists() else {"counts": {}}
    if args.update:
        write(counted, recorded)
        print(f"wrote {COUNTS}")
        return 0
    if recorded.get("messages") != MESSAGES:
        print(f"FAILED  {COUNTS.name} is for {recorded.get('messages')} messages, not {MESSAGES}")
        return 1
    failures, notes = compare(counted, recorded)
    for line in notes + failures:
        print(line)
    if failures:
        print("If that is worth it: `make -C tests/shape update`, and say in the commit what it buys.")
    else:
        total = sum(len(counts) for compilers in counted.values() for counts in compilers.values())
        print(f"ok      instructions: none of {total} counts has grown")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
