#!/usr/bin/env python3
"""Counts what orders memory in the hot paths of broadcasts, against a table.

    broadcast.py                compiles hot_broadcast.c for each channel, disassembles, counts
    broadcast.py --self-test    breaks copies of the headers on purpose and demands that each is noticed

Whole functions are looked at, slow paths that were inlined included: a gated producer's look at the cursors has a full fence.
"""

import argparse
import pathlib
import re
import shutil
import sys

from disassembly import HERE, BuildError, Function, Toolchain, function, functions, run, runtime, toolchains

SOME = -1  # at least one: a compiler may give another path a copy of the store

#: (arch, channel, function) -> how many of what; of what is not named, none. Two releases a publish: the stamp and the index. A release
#: fence is a full one on aarch64. On x86_64 every store is a release. riscv64 has a fence for each acquire and release, which compilers
#: place differently, so that only what is atomic is counted there.
WANTED: dict[tuple[str, str, str], dict[str, int]] = {
    ("x86_64", "bench_b8_1k", "publish"): {},
    ("x86_64", "bench_b8_1k", "recv"): {},
    ("x86_64", "bench_g8_1k", "publish"): {"full": 1},
    ("x86_64", "bench_g8_1k", "recv"): {},
    ("x86_64", "bench_mb8_1k", "publish"): {"cas_release": 1},
    ("x86_64", "bench_mb8_1k", "recv"): {},
    ("aarch64", "bench_b8_1k", "publish"): {"full": 1, "release": 2},
    ("aarch64", "bench_b8_1k", "recv"): {"fence": 1, "release": SOME},
    ("aarch64", "bench_g8_1k", "publish"): {"full": 1, "release": 2},
    ("aarch64", "bench_g8_1k", "recv"): {"release": SOME},
    ("aarch64", "bench_mb8_1k", "publish"): {"full": 1, "release": 1, "cas_release": 1},
    ("aarch64", "bench_mb8_1k", "recv"): {"fence": 1, "release": SOME},
    ("riscv64", "bench_b8_1k", "publish"): {},
    ("riscv64", "bench_g8_1k", "publish"): {},
    ("riscv64", "bench_mb8_1k", "publish"): {"cas_release": 1},
}
EVENTS = ("full", "fence", "release", "rmw", "cas", "cas_release")
ATOMIC = ("cas", "cas_release")
CALLS = r"(bench_\w+_(is_processed|oldest_after|await_\w+)_|ringc_settle_)(\..*)?$"  # what may be called: cold, all of it

#: (what is broken, channel, pattern, replacement, function, {arch: compilers} where it shows)
BOTH = "gcc clang"
BROKEN = (
    ("a full fence a publish", "bench_b8_1k", r"RINGC_FENCE\(RINGC_RELEASE\);", "RINGC_FENCE(RINGC_SEQ_CST);", "publish", {"x86_64": BOTH}),
    ("no fence behind the odd stamp", "bench_b8_1k", r"    RINGC_FENCE\(RINGC_RELEASE\);[^\n]*\n", "", "publish", {"aarch64": BOTH}),
    ("no fence before the second look", "bench_b8_1k", r"    RINGC_FENCE\(RINGC_ACQUIRE\);[^\n]*\n", "", "recv", {"aarch64": BOTH}),
    ("a relaxed stamp", "bench_g8_1k", r"(bench_g8_1k_done_\(sequence\), )RINGC_RELEASE", r"\1RINGC_RELAXED", "publish", {"aarch64": BOTH}),
    ("a joiner that nobody counts", "bench_g8_1k", r"    RINGC_FENCE\(RINGC_SEQ_CST\); /\* F6[^\n]*\n", "", "publish", {"x86_64": BOTH, "aarch64": BOTH}),
    ("a claim by addition", "bench_mb8_1k", r"RINGC_CAS\(&ch->next, &view.limit, view.limit \+ 1, RINGC_RELEASE, RINGC_RELAXED\)",
     "RINGC_FETCH_ADD(&ch->next, 1, RINGC_RELEASE) == view.limit", "publish", {"x86_64": BOTH, "aarch64": BOTH, "riscv64": BOTH}),
    ("a copy out of line", "bench_b8_1k", r"RINGC_INLINE void\nbench_b8_1k_put_", "__attribute__((noinline)) static void\nbench_b8_1k_put_", "publish",
     {"x86_64": BOTH, "aarch64": BOTH}),
)


def shapes(tools: Toolchain, channel: str, gen: pathlib.Path, build: pathlib.Path, objects: pathlib.Path) -> dict[str, Function]:
    build.mkdir(parents=True, exist_ok=True)
    program = build / f"{channel}-{tools.family}-{tools.arch}"
    tools.compile(["-pie", f"-I{gen}", f'-DHEADER="{channel.replace("_", "/", 1)}.h"', f"-DCHANNEL={channel}", "-DMESSAGE=bench_m8",
                   str(HERE / "hot_broadcast.c"), str(objects / f"ringc-{tools.family}-{tools.arch}.o"), "-o", str(program)])
    parts = functions(run([tools.objdump, "-d", "--no-show-raw-insn", str(program)]))
    return {name: function(tools.arch, parts, name) for name in ("publish", "recv")}


def wrong(tools: Toolchain, channel: str, name: str, shape: Function) -> list[str]:
    """What is not as it should be, a line each."""
    wanted = WANTED.get((tools.arch, channel, name))
    if wanted is None:
        return []
    said = []
    for event in ATOMIC if tools.arch == "riscv64" else EVENTS:
        found, count = len(shape.with_event(event)), wanted.get(event, 0)
        if found != count and not (count == SOME and found > 0):
            said.append(f"{event}: {found}, expected {'some' if count == SOME else count}")
    calls = {i.calls for i in shape.code.values() if i.calls and not i.event and not re.match(CALLS, i.calls)}
    return said + [f"calls {call}" for call in sorted(calls)]


def check(args: argparse.Namespace, chains: list[Toolchain]) -> int:
    failed = looked = 0
    for tools in chains:
        for channel in sorted({key[1] for key in WANTED}):
            for name, shape in shapes(tools, channel, args.gen, args.build, args.build).items():
                looked += 1
                for line in wrong(tools, channel, name, shape):
                    failed += 1
                    print(f"FAILED  {tools.name} {tools.arch} {channel}: {name}: {line}\n{shape.listing(set())}")
    if not failed:
        print(f"ok      broadcast: {looked} functions; {', '.join(f'{t.name} {t.arch}' for t in chains)}")
    return int(failed != 0)


def self_test(args: argparse.Namespace, chains: list[Toolchain]) -> int:
    failed = 0
    for number, (what, channel, pattern, replacement, name, on) in enumerate(BROKEN):
        gen = args.build / f"broken-{number}"
        shutil.rmtree(gen, ignore_errors=True)
        (gen / "bench").mkdir(parents=True)
        header = f"{channel.replace('_', '/', 1)}.h"
        for part in ("ringc.h", "bench/types.h"):
            shutil.copy(args.gen / part, gen / part)
        text, n = re.subn(pattern, replacement, (args.gen / header).read_text())
        (gen / header).write_text(text)
        missed = [tools for tools in chains if tools.family in on.get(tools.arch, "").split()
                  and not wrong(tools, channel, name, shapes(tools, channel, gen, gen / "build", args.build)[name])]
        for tools in missed if n else chains[:1]:
            failed += 1
            print(f"FAILED  is not noticed: {what}{f': {tools.name} {tools.arch}' if n else ': nothing matches'}")
        if n and not missed:
            print(f"ok      is noticed: {what}")
    return int(failed != 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gen", type=pathlib.Path, default=pathlib.Path("../../generated"))
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("../../build/shape/broadcast"))
    parser.add_argument("--clang", default="clang-14")
    parser.add_argument("--jobs", type=int, default=1, help="taken, and without effect")
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    try:
        chains = toolchains(args.clang)
        for tools in chains:
            runtime(tools, args.gen, args.build)
        return (self_test if args.self_test else check)(args, chains)
    except BuildError as error:
        print(f"broadcast.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
