"""Compiles hot_paths.c for one channel and one target, and reads objdump's answer: instructions, where each may go next, and what each
means for the order of memory accesses."""

import functools
import pathlib
import re
import shutil
import subprocess
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
ARCHES = ("x86_64", "aarch64", "riscv64")
# Spelt out where distributions differ, so that counts are the compiler's and not the distribution's.
FLAGS = ["-std=c11", "-O2", "-fPIE", "-fno-stack-protector", "-Wall", "-Wextra", "-Werror", "-pthread"]
ARCH_FLAGS = {"x86_64": ["-fcf-protection=none"], "aarch64": [], "riscv64": []}


class BuildError(Exception):
    pass


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


@dataclass(frozen=True)
class Toolchain:
    family: str  # gcc, clang
    arch: str
    command: tuple[str, ...]

    @functools.cached_property
    def name(self) -> str:
        """With the major version: what it generates changes between them."""
        return f"{self.family}-{run([self.command[0], '-dumpversion']).strip().split('.')[0]}"

    @property
    def objdump(self) -> str:
        return f"{self.arch}-linux-gnu-objdump"

    def compile(self, arguments: list[str]) -> None:
        run([*self.command, *FLAGS, *ARCH_FLAGS[self.arch], *arguments])


def toolchains(clang: str, arches: tuple[str, ...] = ARCHES) -> list[Toolchain]:
    """Every compiler for every arch; BuildError if one is not installed."""
    found = []
    for arch in arches:
        triple = f"{arch}-linux-gnu"
        found.append(Toolchain("gcc", arch, (f"{triple}-gcc",)))
        include = ["-isystem", f"/usr/{triple}/include"] if pathlib.Path(f"/usr/{triple}/include").is_dir() else []
        found.append(Toolchain("clang", arch, (clang, f"--target={triple}", *include)))
    for tool in sorted({t.command[0] for t in found} | {t.objdump for t in found}):
        if shutil.which(tool) is None:
            raise BuildError(f"{tool} is not installed; ./setup.sh installs it")
    return found


@dataclass
class Instruction:
    address: int
    mnemonic: str
    operands: str
    text: str
    next: list[int] = field(default_factory=list)  # addresses in the same function
    calls: str = ""  # the function called, or jumped to for good
    event: str = ""  # full, fence, release, rmw, cas, cas_release; or nothing that orders
    stack_store: bool = False


# ---- Reading objdump ------------------------------------------------------------------------------------------------------------------------

TARGET = re.compile(r"\b([0-9a-f]+) <([^>]*?)(?:\+0x[0-9a-f]+)?>")
LINE = re.compile(r"\s*([0-9a-f]+):\t(?:((?:lock |rep |repz |bnd |notrack |cs )*\S+)\s*(.*))?$")


def functions(listing: str) -> dict[str, list[Instruction]]:
    found: dict[str, list[Instruction]] = {}
    current: list[Instruction] = []
    for line in listing.splitlines():
        head = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        if head:
            current = found.setdefault(head[1], [])
            continue
        match = LINE.match(line)
        if match and match[2]:
            current.append(Instruction(int(match[1], 16), match[2].strip(), match[3].split("//")[0].strip(), line.strip()))
    return found


@dataclass
class Function:
    """What can be reached from the entry of one function, with the part of it that the compiler has put elsewhere as cold."""

    arch: str
    entry: int
    code: dict[int, Instruction]
    cold: set[int]  # addresses that the compiler has put elsewhere

    def listing(self, marked: set[int]) -> str:
        return "\n".join(f"  {'>>' if a in marked else '  '} {i.text.expandtabs()}" for a, i in sorted(self.code.items()))

    def with_event(self, *events: str) -> set[int]:
        return {a for a, i in self.code.items() if i.event in events}

    def shortest(self, start: int, ends: set[int]) -> list[int]:
        """The fewest instructions from `start`, left out, to one of `ends`; [] when there is no way."""
        previous: dict[int, int] = {}
        front = [start]
        while front:
            following = []
            for address in front:
                for to in self.code[address].next:
                    if to in previous:
                        continue
                    previous[to] = address
                    if to in ends:
                        path = [to]
                        while previous[path[-1]] != start:
                            path.append(previous[path[-1]])
                        return path[::-1]
                    following.append(to)
            front = following
        return []

    def fast_path(self, loop: bool) -> list[int]:
        """The shortest way through the instruction that publishes: from the entry to a return, or, of a loop, once around."""
        publishing = self.with_event("release") or self.with_event("cas", "cas_release")
        returns = {a for a, i in self.code.items() if not i.next}
        ways = []
        for address in publishing:
            if loop:
                ways.append(self.shortest(address, {address}))
            elif address == self.entry:
                ways.append([address, *self.shortest(address, returns)])
            else:
                before, after = self.shortest(self.entry, {address}), self.shortest(address, returns)
                ways.append([self.entry, *before, *after] if before and after else [])
        return min(filter(None, ways), key=len, default=[])

    def loop_body(self) -> set[int]:
        """What lies on a cycle. Ways that lead through a call do not count: there the function waits or wakes."""
        calling = {a for a, i in self.code.items() if i.calls and not i.event}
        alive = {a: [n for n in i.next if n not in calling] for a, i in self.code.items() if a not in calling}
        body = set()
        for address in alive:
            seen: set[int] = set()
            front = list(alive[address])
            while front:
                at = front.pop()
                if at not in seen:
                    seen.add(at)
                    front.extend(alive[at])
            if address in seen:
                body.add(address)
        return body


def function(arch: str, parts: dict[str, list[Instruction]], name: str) -> Function:
    if name not in parts:
        raise BuildError(f"objdump shows no function {name}")
    own = {n: body for n, body in parts.items() if n == name or n.startswith(name + ".cold")}
    code = {i.address: i for body in own.values() for i in body}
    for body in own.values():
        for at, instruction in enumerate(body):
            following = [body[at + 1].address] if at + 1 < len(body) else []
            kind, target = FLOW[arch](instruction)
            inside = target is not None and int(target[1], 16) in code
            if kind in ("jump", "branch") and not inside and target is None:
                raise BuildError(f"{arch}: cannot follow {instruction.text}")
            if kind in ("jump", "branch") and inside:
                following = [int(target[1], 16)] + (following if kind == "branch" else [])
            elif kind in ("call", "jump", "branch"):
                instruction.calls = target[2] if target else instruction.operands
                following = [] if kind == "jump" else following
            elif kind == "return":
                following = []
            instruction.next = following
        EVENTS[arch](body)
    reached, front = set(), [next(iter(own[name])).address]
    entry = front[0]
    while front:
        address = front.pop()
        if address not in reached:
            reached.add(address)
            front.extend(code[address].next)
    cold = {i.address for n, body in own.items() if n != name for i in body}
    return Function(arch, entry, {a: code[a] for a in sorted(reached)}, cold & reached)


# ---- Where an instruction goes: next, jump, branch, call, return -----------------------------------------------------------------------------


def flow_x86_64(i: Instruction):
    word = i.mnemonic.split()[-1]
    target = TARGET.search(i.operands)
    if word.startswith("ret"):
        return "return", None
    if word.startswith("j"):
        return "jump" if word.startswith("jmp") else "branch", target
    return ("call", target) if word.startswith("call") else ("next", None)


def flow_aarch64(i: Instruction):
    target = TARGET.search(i.operands)
    if i.mnemonic == "ret":
        return "return", None
    if i.mnemonic in ("b", "br"):
        return "jump", target
    if i.mnemonic in ("bl", "blr"):
        return "call", target
    return ("branch", target) if re.match(r"b\.|cbn?z|tbn?z", i.mnemonic) else ("next", None)


def flow_riscv64(i: Instruction):
    target = TARGET.search(i.operands)
    if i.mnemonic == "ret":
        return "return", None
    if i.mnemonic in ("j", "jr"):
        return "jump", target
    if i.mnemonic in ("jal", "jalr", "call"):
        return "call", target
    return ("branch", target) if re.match(r"b(eq|ne|lt|ge|gt|le)", i.mnemonic) else ("next", None)


# ---- What an instruction means for order --------------------------------------------------------------------------------------------------


def events_x86_64(body: list[Instruction]) -> None:
    for i in body:
        destination = re.split(r",(?![^(]*\))", i.operands)[-1]
        if i.mnemonic == "mfence" or re.match(r"lock or", i.mnemonic) and "(%rsp)" in destination:
            i.event = "full"
        elif i.mnemonic.startswith("lock cmpxchg"):
            i.event = "cas_release"  # every locked instruction orders all
        elif i.mnemonic.startswith("lock") or i.mnemonic.startswith("xchg") and "(" in i.operands:
            i.event = "rmw"
        elif i.mnemonic in ("lfence", "sfence"):
            i.event = "fence"
        elif i.mnemonic.startswith("push"):
            i.stack_store = True
        elif "(%rsp" in destination and not re.match(r"cmp|test|nop|lea|call|prefetch|pop|jmp|u?comis", i.mnemonic):
            i.stack_store = True


def events_aarch64(body: list[Instruction]) -> None:
    for i in body:
        word = i.mnemonic
        if word in ("dmb", "dsb"):
            i.event = "full" if (word, i.operands) == ("dmb", "ish") else "fence"
        elif word.startswith("stlr"):
            i.event = "release"
        elif i.calls.startswith("__aarch64_cas"):
            i.event = "cas_release" if i.calls.endswith("_rel") else "cas"
        elif re.match(r"cas(a?l?)[bh]?$", word):
            i.event = "cas_release" if "l" in word[3:] else "cas"
        elif re.match(r"stl?xr", word):
            i.event = "cas_release" if word.startswith("stl") else "cas"
        elif i.calls.startswith("__aarch64_") or re.match(r"(swp|ld(add|clr|set|eor|[su](min|max)))a?l?[bh]?$", word):
            i.event = "rmw"
        elif word.startswith("st") and "[sp" in i.operands:
            i.stack_store = True


def events_riscv64(body: list[Instruction]) -> None:
    for at, i in enumerate(body):
        word = i.mnemonic
        after = body[at + 1] if at + 1 < len(body) else None
        before = body[at - 1] if at else None
        if word.startswith("fence"):
            first, _, second = i.operands.partition(",")
            full = i.operands == "" or first.endswith("rw") and second.endswith("rw")
            if after and after.mnemonic.startswith("lr."):
                continue  # a part of that: see below
            # gcc before 13 stores with an amoswap whose result it throws away; the fence is all the order that it has.
            store = r"s[bhwd] |amoswap\.[wd] zero,"
            following = next((j for j in body[at + 1:at + 4] if re.match(rf"{store}|l[bhwd]|amo|b|j|fence", f"{j.mnemonic} {j.operands}")), None)
            if first.endswith("rw") and second in ("w", "ow") and following and re.match(store, f"{following.mnemonic} {following.operands}"):
                following.event = "release"
                continue
            i.event = "full" if full else "fence"
        elif word.startswith("lr."):
            sc = next((j for j in body[at:at + 6] if j.mnemonic.startswith("sc.")), None)
            fence = before is not None and before.mnemonic == "fence" and (before.operands == "" or before.operands.endswith("w"))
            if sc:
                again = body[body.index(sc) + 1]  # the retry of sc is no loop of the source
                again.next = [n for n in again.next if n > again.address]
                sc.event = "cas_release" if fence or "rl" in sc.mnemonic.split(".")[-1] else "cas"
        elif word.startswith("amo") and not i.event:
            i.event = "rmw"
        elif re.match(r"f?s[bhwd]$", word) and "(sp)" in i.operands:
            i.stack_store = True


FLOW = {"x86_64": flow_x86_64, "aarch64": flow_aarch64, "riscv64": flow_riscv64}
EVENTS = {"x86_64": events_x86_64, "aarch64": events_aarch64, "riscv64": events_riscv64}


# ---- Channels ----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Channel:
    name: str
    header: str
    message: str
    drop_oldest: bool = False
    push_fences: int = 0  # a side that wakes a parked one pays one full fence
    pop_fences: int = 0

    def functions(self) -> list[str]:
        return ["push", "pop", "push_loop", "pop_loop"] + ([] if self.drop_oldest else ["publish"])


CHANNELS = (
    Channel("bench_m8_1k", "bench/m8_1k.h", "bench_m8"),
    Channel("bench_m64_1k", "bench/m64_1k.h", "bench_m64"),
    Channel("q_block_spin", "q/block_spin.h", "q_item"),
    Channel("q_block_park", "q/block_park.h", "q_item", push_fences=1, pop_fences=1),
    Channel("q_reject_park", "q/reject_park.h", "q_item", push_fences=1),
    Channel("q_drop_oldest_spin", "q/drop_oldest_spin.h", "q_item", drop_oldest=True),
    Channel("q_drop_oldest_park", "q/drop_oldest_park.h", "q_item", drop_oldest=True, push_fences=1),
)


def runtime(tools: Toolchain, gen: pathlib.Path, build: pathlib.Path) -> None:
    build.mkdir(parents=True, exist_ok=True)
    tools.compile(["-c", str(gen / "ringc.c"), "-o", str(build / f"ringc-{tools.family}-{tools.arch}.o")])


def disassemble(tools: Toolchain, channel: Channel, gen: pathlib.Path, build: pathlib.Path, objects: pathlib.Path) -> dict[str, Function]:
    """The hot paths of one channel; linked, so that objdump can name whatever they call."""
    build.mkdir(parents=True, exist_ok=True)
    program = build / f"{channel.name}-{tools.family}-{tools.arch}"
    tools.compile(["-pie", f"-I{gen}", f'-DHEADER="{channel.header}"', f"-DCHANNEL={channel.name}", f"-DMESSAGE={channel.message}",
                   f"-DDROP_OLDEST={int(channel.drop_oldest)}", str(HERE / "hot_paths.c"),
                   str(objects / f"ringc-{tools.family}-{tools.arch}.o"), "-o", str(program)])
    parts = functions(run([tools.objdump, "-d", "--no-show-raw-insn", str(program)]))
    return {name: function(tools.arch, parts, name) for name in channel.functions()}
