#!/usr/bin/env python3
"""Checks what the compilers make of the generated hot paths, instruction by instruction, against a table of rules.

    shape.py                compiles, disassembles, checks
    shape.py --self-test    breaks copies of the headers on purpose and demands that every rule fails at least once
"""

import argparse
import concurrent.futures
import pathlib
import re
import shutil
import sys
from dataclasses import dataclass

from disassembly import ARCHES, CHANNELS, HERE, BuildError, Channel, Function, Toolchain, disassemble, runtime, toolchains

# What is wrong and known: (compiler, arch, channel, function, rule), each a regular expression, and why. One that no longer
# happens with that compiler is an error, so that this list only shrinks by being looked at.
KNOWN = (
    (("gcc-12", "riscv64", "q_drop_oldest_", "push", "atomic read-modify-writes"),
     "gcc 12 makes even a relaxed atomic store an amoswap"),
    (("gcc-12", "riscv64", "q_drop_oldest_", "", "stores to the stack"),
     "a word copy promises no alignment, so the message goes by bytes over the stack"),
    (("gcc-12", "riscv64", "bench_m64_1k", "", "calls"), "gcc 12 calls memcpy for more than 24 bytes"),
    (("gcc-12", "riscv64", "bench_m64_1k", ".*loop", "loops"), "what lies behind a call does not count as a loop"),
)


@dataclass(frozen=True)
class Finding:
    rule: str
    text: str
    marked: frozenset[int]


@dataclass(frozen=True)
class Subject:
    """A function with what the rules ask about it."""

    channel: Channel
    name: str
    function: Function

    @property
    def pushes(self) -> bool:
        return not self.name.startswith("pop")

    @property
    def loop(self) -> bool:
        return self.name.endswith("loop")

    @property
    def fences(self) -> int:
        return self.channel.push_fences if self.pushes else self.channel.pop_fences

    @property
    def releases(self) -> int:
        """A drop_oldest consumer gives slots back with its CAS."""
        return 0 if self.channel.drop_oldest and not self.pushes else 1

    @property
    def cas(self) -> int:
        """Of a drop_oldest channel: to claim in pop, to evict in push."""
        return 1 if self.channel.drop_oldest else 0


# ---- The rules: each returns how many there are, how many there should be, and where ---------------------------------------------------------


def where_fences_count(s: Subject) -> set[int]:
    """On riscv64 an acquire is a load and a fence, which gcc 12 makes a full one; so there only the fast path is looked at, which
    has no acquire. Elsewhere the whole function is."""
    return set(s.function.fast_path(s.loop)) if s.function.arch == "riscv64" else set(s.function.code)


def rule_full_fences(s: Subject):
    """The fence of a waker stands off the fast path, where membarrier(2) makes it unnecessary."""
    marked = s.function.with_event("full") & where_fences_count(s)
    return len(marked), 0 if s.function.arch == "riscv64" else s.fences, marked


def rule_full_fences_on_path(s: Subject):
    path = set(s.function.fast_path(s.loop)) if s.function.arch != "x86_64" else set()
    marked = s.function.with_event("full") & path
    return len(marked), 0, marked


def rule_other_fences(s: Subject):
    marked = s.function.with_event("fence") & where_fences_count(s)
    return len(marked), 0, marked


def rule_atomics(s: Subject):
    marked = s.function.with_event("rmw")
    return len(marked), 0, marked


def rule_releases(s: Subject):
    """Along the fast path: a compiler may give another path a copy of the store."""
    marked = s.function.with_event("release")
    if s.function.arch != "x86_64" and s.releases:
        marked &= set(s.function.fast_path(s.loop))
    return len(marked), s.releases if s.function.arch != "x86_64" else 0, marked  # on x86_64 every store is one


def rule_cas(s: Subject):
    marked = s.function.with_event("cas", "cas_release")
    return len(marked), s.cas, marked


def rule_cas_releases(s: Subject):
    marked = s.function.with_event("cas")
    return len(marked), 0, marked


def rule_cas_off_path(s: Subject):
    path = set(s.function.fast_path(s.loop)) if s.pushes and s.function.arch != "x86_64" else set()
    marked = {a for a in path if s.function.code[a].event in ("cas", "cas_release") or s.function.code[a].mnemonic.startswith("lr.")}
    return len(marked), 0, marked


def rule_calls(s: Subject):
    allowed = ["ringc_settle_", rf"{s.channel.name}_fetch_found_"] + (["ringc_unpark_"] if s.fences else [])
    if s.loop:
        allowed.append(rf"{s.channel.name}_await_(room|messages)_")
    pattern = rf"({'|'.join(allowed) or '-'})(\..*)?$"
    marked = {a for a, i in s.function.code.items() if i.calls and not i.event and not re.match(pattern, i.calls)}
    return len(marked), 0, marked


def rule_calls_on_path(s: Subject):
    path = set(s.function.fast_path(s.loop)) if s.function.arch != "x86_64" else set()
    marked = {a for a in path if s.function.code[a].calls and not s.function.code[a].event}
    return len(marked), 0, marked


def rule_handle_in_registers(s: Subject):
    """Around an eviction, where gcc calls its CAS on aarch64, registers may be saved: there only the fast path is looked at."""
    body = s.function.loop_body() if s.function.arch == "x86_64" or not s.channel.drop_oldest else set(s.function.fast_path(True))
    marked = {a for a in body if s.function.code[a].stack_store} if s.loop else set()
    return len(marked), 0, marked


def rule_not_cold(s: Subject):
    """gcc moves what it thinks unlikely to a section far away. On x86_64, where no instruction says which path is the fast one, the
    loop and the fence are looked at."""
    hot = s.function.loop_body() if s.loop else set()
    hot |= s.function.with_event("full") if s.function.arch == "x86_64" else set(s.function.fast_path(s.loop))
    marked = hot & s.function.cold
    return len(marked), 0, marked


def rule_is_a_loop(s: Subject):
    return int(bool(s.function.loop_body())) if s.loop else 1, 1, set()


RULES = {
    "full fences (mfence, lock or; dmb ish; fence rw,rw)": rule_full_fences,
    "full fences on the fast path": rule_full_fences_on_path,
    "other fences": rule_other_fences,
    "atomic read-modify-writes (lock prefix, xchg with memory; swp, ldadd; amo)": rule_atomics,
    "release stores (stlr; fence rw,w and a store)": rule_releases,
    "compare-and-swaps": rule_cas,
    "compare-and-swaps that do not release": rule_cas_releases,
    "compare-and-swaps on a push's fast path": rule_cas_off_path,
    "calls of what is not cold": rule_calls,
    "calls on the fast path": rule_calls_on_path,
    "stores to the stack inside the loop": rule_handle_in_registers,
    "instructions of the fast path among the cold code": rule_not_cold,
    "loops": rule_is_a_loop,
}


def check(subject: Subject) -> list[Finding]:
    findings = []
    for rule, ask in RULES.items():
        found, wanted, marked = ask(subject)
        if found != wanted:
            findings.append(Finding(rule, f"{rule}: {found}, expected {wanted}", frozenset(marked)))
    return findings


# ---- The check -----------------------------------------------------------------------------------------------------------------------------


def each(jobs: int, work, items) -> list:
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(work, items))


def check_all(args) -> int:
    chains = toolchains(args.clang)
    each(args.jobs, lambda tools: runtime(tools, args.gen, args.build), chains)
    pairs = [(tools, channel) for tools in chains for channel in CHANNELS]
    shapes = each(args.jobs, lambda pair: disassemble(*pair, args.gen, args.build, args.build), pairs)
    failed, functions = 0, 0
    known: dict[int, list[str]] = {}
    for (tools, channel), shape in zip(pairs, shapes):
        for name, function in shape.items():
            functions += 1
            for finding in check(Subject(channel, name, function)):
                key = (tools.name, tools.arch, channel.name, name, finding.rule)
                number = next((n for n, (patterns, _) in enumerate(KNOWN) if all(map(re.match, patterns, key))), None)
                if number is not None:
                    known.setdefault(number, []).append(f"{channel.name} {name}")
                    continue
                failed += 1
                print(f"FAILED  {tools.name} {tools.arch} {channel.name}: {name}: {finding.text}")
                print(function.listing(set(finding.marked)), flush=True)
    for number, where in sorted(known.items()):
        (compiler, arch, *_, rule), why = KNOWN[number]
        print(f"known   {compiler} {arch}: {rule}: {why}: {len(set(where))} functions")
    present = {(tools.name, tools.arch) for tools in chains}
    for number, (patterns, _) in enumerate(KNOWN):
        if number not in known and patterns[:2] in present:
            failed += 1
            print(f"FAILED  known and gone: {' '.join(patterns)}: take it from KNOWN in shape.py")
    if failed == 0:
        names = ", ".join(f"{tools.name} {tools.arch}" for tools in chains)
        print(f"ok      shape: {functions} functions of {len(CHANNELS)} channels, {len(RULES)} rules; {names}")
    return int(failed != 0)


# ---- The self-test -------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Broken:
    """A mistake. edits: (pattern, replacement) for re.sub in the channel's header, each of which must match; `@` is the channel's C
    name. on: where it shows, {arch: families}; rule: the beginning of the rule that must fail there, in the function named."""

    name: str
    channel: str
    edits: tuple[tuple[str, str], ...]
    rule: str
    function: str
    on: dict[str, str]


EVERYWHERE = {arch: "gcc clang" for arch in ARCHES}
WEAK = {"aarch64": "gcc clang", "riscv64": "gcc clang"}
TAIL = r"RINGC_STORE\(&p->channel->tail, p->position, RINGC_RELEASE\);"
CLAIM = r"RINGC_CAS\(&c->channel->head, &head, head \+ \(ringc_seq\)n, RINGC_ACQ_REL, RINGC_ACQUIRE\)"

BROKEN = (
    # aarch64 and clang's riscv64 store seq_cst as they store release.
    Broken("a seq_cst store of the tail", "bench_m8_1k", ((TAIL, "RINGC_STORE(&p->channel->tail, p->position, RINGC_SEQ_CST);"),),
           "atomic read", "push", {"x86_64": "gcc clang", "riscv64": "gcc"}),
    Broken("a fetch_add of the tail", "bench_m8_1k", ((TAIL, "(void)RINGC_FETCH_ADD(&p->channel->tail, n, RINGC_RELEASE);"),),
           "atomic read", "push_loop", EVERYWHERE),
    Broken("a full fence where nobody parks", "q_block_spin", ((TAIL, r"\g<0> RINGC_FENCE(RINGC_SEQ_CST);"),),
           "full fences", "push", EVERYWHERE),
    Broken("the waking fence left out", "q_block_park", ((r"RINGC_FENCE\(RINGC_SEQ_CST\);( /\* F1)", r"RINGC_COMPILER_FENCE();\1"),),
           "full fences", "publish", {"x86_64": "gcc clang", "aarch64": "gcc clang"}),
    Broken("a waking fence beside membarrier", "q_block_park",
           ((r"RINGC_COMPILER_FENCE\(\);( /\* \w+ \w+ \w+ \w+ \w+ F3)", r"RINGC_FENCE(RINGC_SEQ_CST);\1"),),
           "full fences", "pop", EVERYWHERE),
    Broken("the waking fence always", "q_block_park",
           ((r"!\(RINGC_LOAD\(&ch->flags, RINGC_RELAXED\) & RINGC_MEMBARRIER_\)", "true"),),
           "full fences on the fast path", "publish", WEAK),
    Broken("a fence in the pop of a channel whose producer never parks", "q_reject_park",
           ((r"RINGC_STORE\(&c->channel->head, c->position, RINGC_RELEASE\);", r"\g<0> RINGC_FENCE(RINGC_SEQ_CST);"),),
           "full fences", "pop", EVERYWHERE),
    # No instruction on x86_64; for gcc's riscv64 one more full fence.
    Broken("an acquire fence before the copy", "q_block_spin", ((r"(q_item_put_\(@_slot_)", r"RINGC_FENCE(RINGC_ACQUIRE); \1"),),
           "other fences", "push", {"aarch64": "gcc clang", "riscv64": "clang"}),
    Broken("a relaxed store of the tail", "bench_m8_1k", ((TAIL, "RINGC_STORE(&p->channel->tail, p->position, RINGC_RELAXED);"),),
           "release stores", "push", WEAK),
    Broken("a second release", "q_block_spin", ((TAIL, r"\g<0> RINGC_STORE(&p->channel->head, p->position, RINGC_RELEASE);"),),
           "release stores", "push_loop", WEAK),
    Broken("a claim without a CAS", "q_drop_oldest_spin",
           ((CLAIM, "(RINGC_STORE(&c->channel->head, head + (ringc_seq)n, RINGC_RELEASE), true)"),),
           "compare-and-swaps", "pop", EVERYWHERE),
    Broken("a claim in two steps", "q_drop_oldest_spin", ((CLAIM, rf"RINGC_CAS(&c->channel->head, &head, head, RINGC_ACQ_REL, RINGC_ACQUIRE) && "
                                                         r"\g<0>"),),
           "compare-and-swaps", "pop", EVERYWHERE),
    Broken("a relaxed claim", "q_drop_oldest_spin",
           ((CLAIM, "RINGC_CAS(&c->channel->head, &head, head + (ringc_seq)n, RINGC_RELAXED, RINGC_RELAXED)"),),
           "compare-and-swaps that do not release", "pop", {"aarch64": "gcc clang", "riscv64": "clang"}),  # see RINGC_CAS
    Broken("a push that always evicts", "q_drop_oldest_spin", ((r"if \(RINGC_UNLIKELY\(p->position == p->limit\)\)\n *", ""),
                                                              (r"if \(position - head != @C_CAPACITY\)\n[^\n]*\n", "")),
           "compare-and-swaps on a push", "push", WEAK),
    Broken("a copy out of line", "bench_m8_1k", ((r"RINGC_INLINE void\n@_publish_", "__attribute__((noinline)) static void\n@_publish_"),),
           "calls of what is not cold", "push_loop", EVERYWHERE),
    Broken("a wake that always enters the kernel", "q_block_park",
           ((r"if \(RINGC_UNLIKELY\(RINGC_LOAD\(&ch->consumer_parked, RINGC_RELAXED\)\)\)\n *", ""),),
           "calls on the fast path", "push", WEAK),
    Broken("a handle in memory", "q_block_spin", ((r"(typedef struct @_producer \{\n[^\n]*\n\s*)(ringc_seq position;)", r"\1volatile \2"),),
           "stores to the stack", "push_loop", EVERYWHERE),
    Broken("a wake that is marked cold", "q_block_park",
           ((r"(/\* Wakes a consumer that sleeps)", r"static __attribute__((noinline, cold)) void wake_(uint32_t *word) { ringc_unpark_(word, 0); }\n\1"),
            (r"(\n@_wake_consumer_\((?:(?!\n\}\n).)*?)ringc_unpark_\(&ch->consumer_parked, [^;]*;", r"\1wake_(&ch->consumer_parked);")),
           "instructions of the fast path among", "push_loop", {"x86_64": "gcc"}),
    Broken("a loop that is none", "bench_m8_1k", ((r"(\n@_push\(@_producer \*p, const \w+ \*message\)\n\{\n)\s*return @_try_push\(p, message\);",
                                                 r"\1    return @_try_push(p, message) == RINGC_OK ? RINGC_FULL : RINGC_CLOSED;"),),
           "loops", "push_loop", EVERYWHERE),
)


def try_broken(args, chains: list[Toolchain], number: int) -> list[str]:
    """What the self-test has to say about one mistake, and the rules that were seen to fail as lines that begin with `rule`."""
    broken = BROKEN[number]
    channel = next(c for c in CHANNELS if c.name == broken.channel)
    gen = args.build / "broken" / str(number)
    shutil.rmtree(gen, ignore_errors=True)
    gen.mkdir(parents=True)
    for part in ("ringc.h", str(pathlib.Path(channel.header).parent / "types.h"), channel.header):
        (gen / part).parent.mkdir(exist_ok=True)
        shutil.copy(args.gen / part, gen / part)
    text = (gen / channel.header).read_text()
    for pattern, replacement in broken.edits:
        pattern, replacement = (part.replace("@C", channel.name.upper()).replace("@", channel.name) for part in (pattern, replacement))
        text, n = re.subn(pattern, replacement, text, flags=re.DOTALL)
        if n == 0:
            return [f"FAILED  {broken.name}: nothing in {channel.header} matches {pattern}"]
    (gen / channel.header).write_text(text)
    answers = []
    for tools in chains:
        if tools.family not in broken.on.get(tools.arch, "").split():
            continue
        shape = disassemble(tools, channel, gen, gen / "build", args.build)
        rules = [f.rule for f in check(Subject(channel, broken.function, shape[broken.function]))]
        caught = [r for r in rules if r.startswith(broken.rule)]
        if caught:
            answers += [f"rule {r}" for r in rules]
        else:
            answers.append(f"FAILED  {broken.name}: {tools.name} {tools.arch}: {broken.function} passes `{broken.rule}`\n"
                           + shape[broken.function].listing(set()))
    return answers


def self_test(args) -> int:
    chains = toolchains(args.clang)
    each(args.jobs, lambda tools: runtime(tools, args.gen, args.build), chains)
    answers = sum(each(args.jobs, lambda n: try_broken(args, chains, n), range(len(BROKEN))), [])
    failures = [a for a in answers if a.startswith("FAILED")]
    failures += [f"FAILED  never seen to fail: {rule}" for rule in RULES if f"rule {rule}" not in answers]
    for failure in failures:
        print(failure)
    if not failures:
        print(f"ok      shape, self-test: {len(BROKEN)} mistakes caught, each of {len(RULES)} rules seen to fail")
    return int(bool(failures))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--gen", type=pathlib.Path, default=HERE / "../../generated")
    parser.add_argument("--build", type=pathlib.Path, default=HERE / "../../build/shape")
    parser.add_argument("--clang", default="clang-14")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    try:
        return self_test(args) if args.self_test else check_all(args)
    except BuildError as error:
        print(f"FAILED  {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
