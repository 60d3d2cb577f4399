#!/usr/bin/env python3
"""Checks the instructions of a monitor wait, which few machines can run: armed, looked at again, and only then waited for.

    monitor.py                compiles monitor.c for each target with each compiler and looks at what comes of it
    monitor.py --self-test    breaks copies of ringc.h on purpose and demands that each is noticed
"""

import argparse
import pathlib
import re
import shutil
import sys

from disassembly import HERE, BuildError, Instruction, Toolchain, functions, run, toolchains

ANY = r"(?:(?!umonitor|umwait|wfe|wfet|ldaxr|lr\.d|wrs)\S+ [^\n]*\n)*?"
#: What must stand in `watch`, a line for each instruction. The exclusive loads allow nothing in between but the compare.
WANTED = {
    "x86_64": (
        r"umonitor %rax\n" + ANY
        + r"(?:mov \(?%?\w*\(%r\w+\),(?P<now>%r\w+)\n" + ANY + r"cmp [^\n]*(?P=now)|cmp [^\n]*\(%r\w+\))[^\n]*\n" + ANY
        + r"j\w+ [^\n]*\n" + ANY + r"rdtsc[^\n]*\n" + ANY + r"umwait %ecx\n",),
    "aarch64": (
        r"ldaxr (?P<now>x\d+), \[x\d+\]\ncmp (?P=now), x\d+\nb\.ne [^\n]*\nwfe ?\n",
        r"ldaxr (?P<now>x\d+), \[x\d+\]\ncmp (?P=now), x\d+\nb\.ne [^\n]*\n(?:wfet x9|\.inst 0xd5031009[^\n]*|\.(?:word|long) 0xd5031009|msr s0_3_c1_c0_0, x9)\n"),
    "riscv64": (
        r"lr\.d (?P<now>\w+),\(\w+\)\nbne (?P=now),[^\n]*\n(?:wrs\.sto|\.(?:4byte|word|insn|long)[^\n]*0x0?1d00073) ?\n",),
}
#: The same in `rest`: a pause that ends by itself.
REST = {
    "x86_64": r"rdtsc[^\n]*\n" + ANY + r"tpause %ecx\n",
    "aarch64": r"isb[^\n]*\n|yield[^\n]*\n",
    "riscv64": r"pause[^\n]*\n|\.(?:4byte|word|insn|long)[^\n]*0x0?100000f\n|fence\s+w,unknown[^\n]*\n",
}
#: (what is broken, pattern, replacement, the arch on which it shows)
BROKEN = (
    ("no second look", r"    if \(RINGC_LOAD\(word, RINGC_RELAXED\) != seen\)\n        return;\n", "    (void)seen;\n", "x86_64"),
    ("nothing armed", r'    __asm__ __volatile__\("\.byte 0xf3, 0x0f, 0xae, 0xf0"[^\n]*\n', "", "x86_64"),
    ("a look before it is armed", r'(    __asm__ __volatile__\("\.byte 0xf3[^\n]*\n)(    if \(RINGC_LOAD[^\n]*\n        return;\n)', r"\2\1", "x86_64"),
    ("no timed pause", r'"\.byte 0x66, 0x0f, 0xae, 0xf1"', '""', "x86_64"),
    ("a timed pause until an hour that is not told", r" = __builtin_ia32_rdtsc\(\) \+ 256u;", " = 256u;", "x86_64"),
    ("WFE without an exclusive load", r"ldaxr (%0, \[%1\]\\n\\tcmp %0, %2\\n\\tb\.ne 1f\\n\\twfe)", r"ldr \1", "aarch64"),
    ("WFET without an exclusive load", r"ldaxr (%0, \[%1\]\\n\\tcmp %0, %2\\n\\tb\.ne 1f\\n\\t\.inst)", r"ldr \1", "aarch64"),
    ("WFE whatever the look has found", r"\\tb\.ne 1f\\n(\\twfe)", r"\1", "aarch64"),
    ("WRS without a reservation", r"lr\.d (%0, \(%1\))", r"ld \1", "riscv64"),
    ("WRS whatever the look has found", r"\\n\\tbne %0, %2, 1f", "", "riscv64"),
)


def listings(tools: Toolchain, include: pathlib.Path, build: pathlib.Path) -> dict[str, str]:
    """The instructions of `watch` and `rest`, one in a line: mnemonic, a blank, operands."""
    build.mkdir(parents=True, exist_ok=True)
    target = build / f"monitor.{tools.name}.{tools.arch}.o"
    tools.compile([f"-I{include}", "-c", str(HERE / "monitor.c"), "-o", str(target)])
    bodies: dict[str, list[Instruction]] = functions(run([tools.objdump, "-d", "--no-show-raw-insn", str(target)]))
    comma = ", " if tools.arch == "aarch64" else ","
    return {name: "".join(f"{i.mnemonic} {comma.join(re.split(r', *', i.operands))}\n" for i in bodies[name]) for name in ("watch", "rest")}


def missing(tools: Toolchain, include: pathlib.Path, build: pathlib.Path) -> str:
    """The listings in which something that is wanted is not there, else ""."""
    text = listings(tools, include, build)
    watched = all(re.search(pattern, text["watch"]) for pattern in WANTED[tools.arch])
    return ("" if watched else text["watch"]) + ("" if re.search(REST[tools.arch], text["rest"]) else text["rest"])


def self_test(args: argparse.Namespace, chains: list[Toolchain]) -> int:
    failed = 0
    for number, (name, pattern, replacement, arch) in enumerate(BROKEN):
        include = args.build / str(number)
        shutil.rmtree(include, ignore_errors=True)
        include.mkdir(parents=True)
        text, n = re.subn(pattern, replacement, (args.gen / "ringc.h").read_text())
        (include / "ringc.h").write_text(text)
        caught = n and all(missing(tools, include, include) for tools in chains if tools.arch == arch)
        failed += not caught
        print(f"{'ok     ' if caught else 'FAILED '} {'is noticed' if caught else 'is not noticed'}: {name} ({arch})")
    return int(failed != 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gen", type=pathlib.Path, default=pathlib.Path("../../generated"))
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("../../build/shape/monitor"))
    parser.add_argument("--clang", default="clang-14")
    parser.add_argument("--jobs", type=int, default=1, help="taken, and without effect")
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    try:
        chains = toolchains(args.clang)
        if args.self_test:
            return self_test(args, chains)
        found = {tools: missing(tools, args.gen, args.build) for tools in chains}
    except BuildError as error:
        print(f"monitor.py: {error}", file=sys.stderr)
        return 2
    for tools, text in found.items():
        if text:
            print(f"FAILED  monitor: {tools.name} {tools.arch}: not armed, looked at and waited for in this order\n{text}")
    if not any(found.values()):
        print(f"ok      monitor: armed, looked at, waited for; {', '.join(f'{t.name} {t.arch}' for t in chains)}")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
