"""Random schemas through the whole compiler and a C compiler: every field comes out as it went in, every layout is as planned, and
every queue and every broadcast does what a list in Python would do.

Each example is one schema with a few channels, and one C program: for each message its sizes, offsets and initial values; for
each channel a random sequence of calls with the results that the model below expects. RINGC_EXAMPLES=N tries N times as many.
"""

from __future__ import annotations

import json
import random
import struct
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from generator import layout
from generator.model import Enum, Message, Schema
from generator.plan_queue import knobs_of
from generator.tune import Knobs
from support_backend import EXAMPLES, accepted, compile_and_run, generate
from support_broadcast import JOINING, OTHERS, PUBLISHING, RECEIVING, Broadcast, BroadcastModel, broadcast_function

SCALARS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i8": "b", "i16": "h", "i32": "i", "i64": "q", "f32": "f", "f64": "d", "bool": "B", "char": "c"}
INTEGERS = tuple(name for name in SCALARS if name[0] in "ui")
STRATEGIES = ("spin", "spin_yield", "backoff", "adaptive", "park", "monitor", "{producer: park, consumer: spin}", "{producer: spin, consumer: park}")
FIRSTS = (0, 1, 2**16 - 1, 2**31 - 1, 2**31 + 1, 2**32 - 2, 2**32 + 1, 2**63 - 1, 2**64 - 3, 2**64 - 1)

#: A failure is made smaller only when asked for many examples: each try costs a run of the C compiler.
PHASES = (Phase.explicit, Phase.generate) + ((Phase.shrink,) if EXAMPLES > 1 else ())
EVERY = settings(derandomize=True, phases=PHASES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


# -- schemas -----------------------------------------------------------------------------------------------------------


def bounds(kind: str) -> tuple[int, int]:
    bits = int(kind[1:])
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if kind[0] == "i" else (0, (1 << bits) - 1)


def values(kind: str) -> st.SearchStrategy:
    """Defaults of one element of a scalar type."""
    if kind in INTEGERS:
        return st.integers(*bounds(kind)) | st.sampled_from(bounds(kind))
    if kind in ("f32", "f64"):
        return st.floats(width=int(kind[1:]), allow_nan=False, allow_infinity=False)
    return st.booleans() if kind == "bool" else st.characters(min_codepoint=1, max_codepoint=126)


@st.composite
def enums(draw: st.DrawFn, name: str) -> str:
    kind = draw(st.sampled_from(INTEGERS))
    bits = draw(st.booleans())
    low, high = bounds(kind)
    numbers = draw(st.lists(st.integers(0 if bits else low, high) | st.sampled_from((0, high)), min_size=1, max_size=4, unique=True))
    body = ", ".join(f"v{n}: {number}" for n, number in enumerate(numbers))
    return f"  {name}: {{type: {kind}, kind: {'bits' if bits else 'plain'}, values: {{{body}}}}}"


@st.composite
def fields(draw: st.DrawFn, name: str, enum_sizes: dict[str, int], messages: list[str]) -> str:
    kind = draw(st.sampled_from([*SCALARS, *enum_sizes, *messages]))
    count = draw(st.none() | st.integers(1, 5))
    one = st.sampled_from([f"v{n}" for n in range(enum_sizes[kind])]) if kind in enum_sizes else values(kind) if kind in SCALARS else None
    parts = [f"name: {name}", f"type: {kind}"] + ([] if count is None else [f"count: {count}"])
    if one is not None and draw(st.booleans()):
        if kind == "char" and count:
            default = draw(st.text(st.characters(min_codepoint=1, max_codepoint=126), max_size=count))
        else:
            default = draw(st.lists(one, max_size=count)) if count else draw(one)
        parts.append(f"default: {json.dumps(default)}")
    return "{" + ", ".join(parts) + "}"


@st.composite
def messages_of(draw: st.DrawFn, number: int, enum_sizes: dict[str, int], first_drop: int) -> str:
    """Message m<number>; from m<first_drop> on they have drop functions, so that none without holds one with."""
    before = [f"m{n}" for n in range(number)]
    rows = [draw(fields(f"f{n}", enum_sizes, before)) for n in range(draw(st.integers(1, 6)))]
    if draw(st.booleans()):  # a counted array, its counter before or behind it
        pair = ["{name: n_used, type: %s}" % draw(st.sampled_from(("u8", "u16", "u32", "u64"))), "{name: used, type: u16, count: 3, length: n_used}"]
        rows += pair if draw(st.booleans()) else pair[::-1]
    keys = [f"layout: {draw(st.sampled_from(('declared', 'by_size')))}"]
    keys += draw(st.sampled_from(([], [], ["align: 64"], ["align: 256"] if number == 2 else [])))
    keys += [f"drop: took_m{number}"] if number >= first_drop else []
    return f"  m{number}: {{{', '.join(keys)}, fields: [{', '.join(rows)}]}}"


@dataclass(frozen=True)
class Ring:
    """A channel of a random schema, and what is done to it: (call, number) pairs."""

    name: str
    message: str
    capacity: int
    full: str
    wait: str
    first: int
    calls: tuple[tuple[str, int], ...]
    tune: str = "balanced"

    @property
    def row(self) -> str:
        return (f"  {self.name}: {{message: {self.message}, capacity: {self.capacity}, producers: single, consumers: single, "
                f"full: {self.full}, wait: {self.wait}, tune: {self.tune}}}")


CALLS = ("try_push", "try_push", "try_push", "push", "push_n", "push_for", "evict", "reserve", "commit", "commit", "abort", "try_pop", "try_pop",
         "pop", "pop_n", "pop_for", "peek", "release", "drain", "reopen_producer", "reopen_consumer", "second", "close")


@st.composite
def knobs(draw: st.DrawFn, capacity: int, full: str) -> str:
    """The value of a `tune`: a goal, and any of the knobs that the policy leaves."""
    distance = st.integers(0, 2) | st.integers(0, 64)
    values = {"goal": st.sampled_from(("latency", "balanced", "throughput")), "pause": st.sampled_from(("true", "false"))}
    if full != "drop_oldest":
        values["layout"] = st.sampled_from(("packed", "stamped"))
        values["release"] = st.just("each") | st.sampled_from([1 << n for n in range(capacity.bit_length())])
        values["prefetch"] = distance | st.tuples(distance, distance).map("{{producer: {0[0]}, consumer: {0[1]}}}".format)
        values["settle"] = st.sampled_from((0, 1, 50))
    chosen = [f"{name}: {draw(value)}" for name, value in values.items() if draw(st.booleans())]
    return f"{{{', '.join(chosen)}}}"


@st.composite
def rings(draw: st.DrawFn, number: int, n_messages: int) -> Ring:
    calls = draw(st.lists(st.tuples(st.sampled_from(CALLS[:-1]), st.integers(0, 10)), min_size=20, max_size=60))
    calls += draw(st.just([]) | st.just([("close", 0)]))
    calls += draw(st.lists(st.tuples(st.sampled_from(CALLS), st.integers(0, 10)), max_size=8))
    capacity = draw(st.sampled_from((1, 2, 4, 8, 8, 32)))
    full = draw(st.sampled_from(("reject", "block", "reject", "block", "drop_oldest")))
    return Ring(f"c{number}", f"m{draw(st.integers(0, n_messages - 1))}", capacity, full, draw(st.sampled_from(STRATEGIES)),
                draw(st.sampled_from(FIRSTS)), tuple(calls), draw(knobs(capacity, full)))


#: The handle of a subscriber and a number go with each.
BROADCAST_CALLS = 3 * PUBLISHING[:1] + PUBLISHING + 2 * RECEIVING + JOINING + OTHERS


@st.composite
def broadcasts(draw: st.DrawFn, number: int, n_messages: int, first_drop: int) -> Broadcast:
    def calls(names: tuple[str, ...], least: int, most: int) -> list[tuple[str, int, int]]:
        return draw(st.lists(st.tuples(st.sampled_from(names), st.integers(0, 3), st.integers(0, 10)), min_size=least, max_size=most))

    message = draw(st.integers(0, n_messages - 1))
    capacity = draw(st.sampled_from((1, 2, 4, 4, 8, 32)))
    owns = message >= first_drop
    full = draw(st.sampled_from(("reject", "block") if owns else ("reject", "block", "overwrite")))
    lossy = not owns and (full == "overwrite" or draw(st.booleans()))
    watermark = draw(st.integers(0, capacity - 1)) if full != "overwrite" and draw(st.booleans()) else 0
    made = calls(JOINING, 1, 2) + calls(BROADCAST_CALLS, 40, 80) + draw(st.just([]) | st.just([("close", 0, 0)])) + calls(BROADCAST_CALLS, 0, 12)
    return Broadcast(f"b{number}", f"m{message}", capacity, watermark, full, lossy, draw(st.integers(1, 3)), draw(st.sampled_from(STRATEGIES)),
                     draw(st.sampled_from(FIRSTS)), tuple(made), draw(st.sampled_from(("latency", "{pause: false}"))),
                     draw(st.sampled_from(("single", "single", "multi"))))


@st.composite
def schemas(draw: st.DrawFn) -> tuple[str, list[Ring | Broadcast]]:
    rows = [draw(enums(f"e{n}")) for n in range(draw(st.integers(0, 3)))]
    sizes = {f"e{n}": row.split("values")[1].count("v") for n, row in enumerate(rows)}
    n_messages = draw(st.integers(1, 3))
    text = ["ringc: 1", "package: md", "targets: [x86_64, generic]"] + (["enums:", *rows] if rows else []) + ["messages:"]
    first_drop = draw(st.integers(0, n_messages))
    text += [draw(messages_of(n, sizes, first_drop)) for n in range(n_messages)]
    chosen: list[Ring | Broadcast] = [draw(rings(n, n_messages)) for n in range(draw(st.integers(1, 3)))]
    chosen += [draw(broadcasts(n, n_messages, first_drop)) for n in range(draw(st.integers(1, 3)))]
    return "\n".join([*text, "channels:", *(ring.row for ring in chosen)]) + "\n", chosen


# -- what an initialised message holds ---------------------------------------------------------------------------------


def image(message: Message) -> bytes:
    """The bytes of a message's INIT macro on a little-endian machine."""
    laid, data = layout.message_layout(message), b""
    for member in laid.members:
        if member.field is None:
            data += bytes(member.size)
            continue
        kind, default = member.field.type, member.field.default
        listed = list(default) if isinstance(default, (tuple, str)) and member.field.is_array and not (
            isinstance(kind, Enum) and isinstance(default, str)) else [default] if default is not None else []
        data += b"".join(element(kind, listed[n] if n < len(listed) else None) for n in range(member.count))
    assert len(data) == laid.size
    return data


def element(kind: "str | Enum | Message", value: object) -> bytes:
    if isinstance(kind, Message):
        return image(kind)
    if isinstance(kind, Enum):
        return struct.pack("<" + SCALARS[kind.type], dict(kind.values)[value] if value is not None else 0)
    if kind == "char":
        return (value or "\0").encode()
    return struct.pack("<" + SCALARS[kind], 0 if value is None else value)


def is_valid(message: Message) -> bool:
    """Whether a message as initialised has only values of its enums and lengths within its arrays."""
    defaults = {item.name: item.default or 0 for item in message.fields}
    return all(field_is_valid(item, defaults) for item in message.fields)


def field_is_valid(item: object, defaults: dict) -> bool:
    if item.length and defaults[item.length] > item.count:
        return False
    if isinstance(item.type, Message):
        return is_valid(item.type)
    if not isinstance(item.type, Enum) or item.type.kind == "bits":
        return True
    given = list(item.default) if isinstance(item.default, tuple) else [item.default] if item.default is not None else []
    return len(given) == item.count or 0 in dict(item.type.values).values()


# -- the C program -----------------------------------------------------------------------------------------------------

PROLOGUE = """\
#include "md/md.h"
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition) do { if (!(condition)) { printf("%s, call %d: %s\\n", ring, call, #condition); exit(1); } } while (0)

static const char *ring = "";
static int call;
RINGC_UNUSED static uint64_t expected_drops[1024];
static size_t dropped, expected;

/* Pseudo-random bytes: the message with number `seed`. */
static void
fill(void *message, size_t size, uint64_t seed)
{
    uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

    for (size_t i = 0; i < size; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        ((unsigned char *)message)[i] = (unsigned char)(x >> 32);
    }
}
"""


def message_functions(message: Message) -> list[str]:
    """fill_m, same_m (field by field), check_layout_m and the drop function of one message."""
    c, laid = f"md_{message.name}", layout.message_layout(message)
    rows = [f"RINGC_UNUSED static void\nsame_{message.name}(const {c} *m, uint64_t seed)\n{{", f"    {c} e;\n", "    fill(&e, sizeof e, seed);"]
    rows += [f"    CHECK(memcmp(&m->{member.name}, &e.{member.name}, sizeof e.{member.name}) == 0);" for member in laid.members]
    rows += ["}\n", f"static void\nlayout_{message.name}(void)\n{{"]
    rows.append(f"    static const unsigned char image[] = {{ {', '.join(map(str, image(message)))} }};")
    rows += [f"    const {c} initial = {message.name.upper().join(('MD_', '_INIT'))};\n", f'    ring = "{c}";']
    rows.append(f"    CHECK(sizeof({c}) == {laid.size} && _Alignof({c}) == {laid.align} && memcmp(&initial, image, sizeof image) == 0);")
    rows += [f"    CHECK(offsetof({c}, {m.name}) == {m.offset} && sizeof initial.{m.name} == {m.size});" for m in laid.members]
    rows += [f"    CHECK({c}_is_valid(&initial) == {int(is_valid(message))});", "}\n"]
    if message.drop:
        rows += [f"void\n{message.drop}({c} *message)\n{{", "    CHECK(dropped < expected);",
                 f"    same_{message.name}(message, expected_drops[dropped++]);", "}\n"]
    return rows


@dataclass
class Model:
    """A queue as Python sees it; each method makes one call of the C side and states what must come of it.

    Messages are the numbers that fill() makes them of. tail and head are positions from 0; reserved is where a reservation ends.
    taken: slots that the consumer has read and not given back. known: the position up to which it knows of messages.
    """

    ring: Ring
    drop: bool
    knobs: Knobs
    lines: list[str] = field(default_factory=list)
    inside: list[int] = field(default_factory=list)
    next: int = 1
    tail: int = 0
    reserved: int = 0
    reserved_from: int = 0
    taken: int = 0
    known: int = 0
    closed: bool = False
    evicted: int = 0

    @property
    def c(self) -> str:
        return f"md_{self.ring.name}"

    @property
    def evicts(self) -> bool:
        return self.ring.full == "drop_oldest"

    @property
    def free(self) -> int:
        return self.ring.capacity - len(self.inside) - self.taken

    @property
    def head(self) -> int:
        return self.tail - len(self.inside)

    def piece(self, position: int) -> int:
        """Slots that lie in one piece from this one on: to the end of the ring, or of a line that shares a stamp."""
        whole = self.knobs.per_line if self.knobs.layout == "stamped" else self.ring.capacity
        return whole - (self.ring.first + position) % whole

    def say(self, line: str) -> None:
        self.lines.append("    " + line)

    def new(self) -> int:
        self.next += 1
        return self.next - 1

    def evict(self, *, to_caller: bool = False) -> int:
        self.evicted += 1
        seed = self.inside.pop(0)
        if self.drop and not to_caller:
            self.say(f"expected_drops[expected++] = {seed};")
        return seed

    def put(self, seed: int, *, to_caller: bool = False) -> int | None:
        """One message goes in; the evicted one, if any, comes out."""
        out = self.evict(to_caller=to_caller) if not self.free else None
        self.inside.append(seed)
        self.tail += 1
        return out

    def same(self, what: str, seed: int) -> None:
        self.say(f"same_{self.ring.message}({what}, {seed});")

    # -- producer --

    def _refusal(self) -> str | None:
        if self.closed:
            return "RINGC_CLOSED"
        return "RINGC_FULL" if not self.free and not self.evicts else None

    def _push(self, expression: str, full: str = "RINGC_FULL") -> None:
        refusal, seed = self._refusal(), self.new()
        if refusal is None:
            self.put(seed)
        self.say(f"fill(&m, sizeof m, {seed});")
        self.say(f"CHECK({expression} == {(full if refusal == 'RINGC_FULL' else refusal) or 'RINGC_OK'});")

    def try_push(self, n: int) -> None:
        self._push(f"{self.c}_try_push(&p, &m)")

    def push(self, n: int) -> None:
        if self.ring.full != "block":
            self._push(f"{self.c}_push(&p, &m)")
        elif self.free or self.closed:  # else it would wait for ever
            self._push(f"{self.c}_push(&p, &m)" if n % 2 else f"{self.c}_push_with(&p, &m, ringc_wait_spin_yield(3))")

    def push_for(self, n: int) -> None:
        if self.ring.full == "block":
            self._push(f"{self.c}_push_for(&p, &m, {n * 1000})", "RINGC_TIMEOUT")

    def push_n(self, n: int) -> None:
        waits = self.ring.full == "block" and not self.closed and n > self.free
        fits = 0 if self.closed else n if self.evicts else min(n, self.free)
        seeds = [self.new() for _ in range(n)]
        for seed in seeds[:fits]:
            self.put(seed)
        for index, seed in enumerate(seeds):
            self.say(f"fill(&many[{index}], sizeof m, {seed});")
        verb = "try_push_n" if waits or n % 2 else "push_n"
        status = "RINGC_OK" if fits == n else "RINGC_CLOSED" if self.closed else "RINGC_FULL"
        self.say(f"CHECK({self.c}_{verb}(&p, many, {n}, &done) == {status} && done == {fits});")

    def evict_to(self, n: int) -> None:
        seed, out = self.new(), None
        if not self.closed:
            out = self.put(seed, to_caller=True)
        self.say(f"fill(&m, sizeof m, {seed});")
        status = "RINGC_CLOSED" if self.closed else "RINGC_OK"
        self.say(f"CHECK({self.c}_push_evict(&p, &m, &many[0], &done) == {status} && done == {int(out is not None)});")
        if out is not None:
            self.same("&many[0]", out)

    def reserve(self, n: int) -> None:
        got = 0 if self.closed else min(n, self.free, self.piece(self.tail))
        self.say(f"slots = {self.c}_reserve(&p, {n}, &got);")
        self.say(f"CHECK(got == {got} && (slots {'!=' if got else '=='} NULL));")
        self.reserved, self.reserved_from = self.tail + got, self.tail

    def commit(self, n: int) -> None:
        left = max(0, self.reserved - self.tail)
        if n > left + 1:
            n = left
        if n > left:
            self.say(f"CHECK({self.c}_commit(&p, {n}) == RINGC_INVALID);")
            return
        offset = self.tail - self.reserved_from
        for index in range(n):
            seed = self.new()
            self.say(f"fill(&slots[{offset + index}], sizeof m, {seed});")
            self.put(seed)
        self.say(f"CHECK({self.c}_commit(&p, {n}) == RINGC_OK);")
        self.reserved = self.tail

    def abort(self, n: int) -> None:
        self.say(f"{self.c}_abort(&p);")
        self.reserved = self.tail

    # -- consumer --

    def look(self) -> None:
        """Before the consumer takes: when all that it knew of is taken, it looks for more, and gives the slots back if nothing is there."""
        if self.known <= self.head:
            self.known = self.told()
            if not self.inside:
                self.taken = 0

    def told(self) -> int:
        """The position up to which the tail says that messages are there, or in a stamped ring the stamp of the next one's
        line: that was set by the newest message in the line, which may be of the next lap."""
        shares = self.knobs.per_line if self.knobs.layout == "stamped" else self.ring.capacity
        lines = [(self.ring.first + position) % self.ring.capacity // shares for position in range(self.head, self.tail)]
        return self.head + max((n for n, line in enumerate(lines, 1) if line == lines[0]), default=0)

    def take(self, n: int) -> list[int]:
        """The oldest n messages, taken at once; slots go back as soon as `release` are due."""
        seeds, self.inside = self.inside[:n], self.inside[n:]
        self.taken += n
        if self.taken >= self.knobs.release:
            self.taken = 0
        return seeds

    def take_piece(self, most: int) -> list[int]:
        """What peek shows, at most so many, taken at once."""
        self.look()
        return self.take(min(most, self.known - self.head, self.piece(self.head)))

    def _pop(self, expression: str, empty: str = "RINGC_EMPTY") -> None:
        self.look()
        if not self.inside:
            self.say(f"CHECK({expression} == {'RINGC_CLOSED' if self.closed else empty});")
            return
        self.say(f"CHECK({expression} == RINGC_OK);")
        self.same("&m", self.take(1)[0])

    def try_pop(self, n: int) -> None:
        self._pop(f"{self.c}_try_pop(&c, &m)")

    def pop(self, n: int) -> None:
        if self.inside or self.closed:  # else it would wait for ever
            self._pop(f"{self.c}_pop(&c, &m)" if n % 2 else f"{self.c}_pop_with(&c, &m, ringc_wait_backoff(4))")

    def pop_for(self, n: int) -> None:
        self._pop(f"{self.c}_pop_for(&c, &m, {n * 1000})", "RINGC_TIMEOUT")

    def _taken(self, n: int, seeds: list[int], call: str) -> None:
        """Makes `call` (of rest, how many it may take at most), which takes all of `seeds`, what n come to. Under drop_oldest it
        may take fewer at a time, but at least one, and is made until they are all taken."""
        self.say("total = 0;")
        if self.evicts and seeds:
            self.say(f"for (; total < {len(seeds)}; total += done)")
            self.say(f"    CHECK({call.format(rest=f'{n} - total')} == RINGC_OK && done >= 1 && done <= {len(seeds)} - total);")
        else:
            status = "RINGC_OK" if seeds or not n else "RINGC_CLOSED" if self.closed else "RINGC_EMPTY"
            self.say(f"CHECK({call.format(rest=n)} == {status} && done == {len(seeds)});")
        for index, seed in enumerate(seeds):
            self.same(f"&many[{index}]", seed)

    def pop_n(self, n: int) -> None:
        verb = "pop_n" if n % 2 and (self.inside or self.closed) else "try_pop_n"
        seeds: list[int] = []
        while len(seeds) < n and (piece := self.take_piece(n - len(seeds))):
            seeds += piece
        self._taken(n, seeds, f"{self.c}_{verb}(&c, many + total, {{rest}}, &done)")

    def drain(self, n: int) -> None:
        """All that is there, whatever the consumer knew of, each given back by itself."""
        self.look()
        self.known = self.tail
        seeds = [seed for _ in range(min(n, len(self.inside))) for seed in self.take(1)]
        self._taken(n, seeds, f"{self.ring.name}_drain(&c, many + total, {{rest}}, &done)")

    def peek(self, n: int) -> None:
        self.look()
        most = min(len(self.inside), self.piece(self.head))
        self.say(f"seen = {self.c}_peek(&c, &got);")
        self.say(f"CHECK(seen != NULL && got >= 1 && got <= {most});" if most else "CHECK(seen == NULL && got == 0);")
        for index, seed in enumerate(self.inside[:most]):
            self.say(f"if (got > {index})")
            self.say(f"    same_{self.ring.message}(&seen[{index}], {seed});")

    def release(self, n: int) -> None:
        self.say(f"CHECK({self.c}_release(&c, {len(self.inside) + 1 + n}) == RINGC_INVALID);")
        total = min(n, len(self.inside))
        if not total:
            return
        self.say(f"for (total = 0; total < {total}; total += got) {{")
        self.say(f"    CHECK({self.c}_peek(&c, &got) != NULL);")
        self.say(f"    got = got < {total} - total ? got : {total} - total;")
        self.say(f"    CHECK({self.c}_release(&c, got) == RINGC_OK);")
        self.say("}")
        while total:
            total -= len(self.take_piece(total))

    # -- both --

    def reopen_producer(self, n: int) -> None:
        self.say(f"{self.c}_producer_close(&p);")
        self.say(f"CHECK({self.c}_producer_open(&ch, &p) == RINGC_OK);")
        self.reserved = self.tail

    def reopen_consumer(self, n: int) -> None:
        self.say(f"{self.c}_consumer_close(&c);")
        self.say(f"CHECK({self.c}_consumer_open(&ch, &c) == RINGC_OK);")
        self.taken, self.known = 0, self.head

    def second(self, n: int) -> None:
        self.say(f"CHECK({self.c}_producer_open(&ch, &p2) == RINGC_LIMIT && {self.c}_consumer_open(&ch, &c2) == RINGC_LIMIT);")

    def close(self, n: int) -> None:
        self.closed = True
        self.say(f"{self.c}_close(&ch);")

    def state(self) -> None:
        """What any thread may ask after a call."""
        size, free = len(self.inside) + self.taken, self.free
        self.say(f"CHECK({self.c}_size(&ch) == {size} && {self.c}_is_empty(&ch) == {int(not size)} && {self.c}_is_closed(&ch) == {int(self.closed)});")
        self.say(f"CHECK({self.c}_has_capacity(&ch, {free}) && !{self.c}_has_capacity(&ch, {free + 1}) && dropped == expected);")
        if self.evicts:
            self.say(f"CHECK({self.c}_dropped(&ch) == {self.evicted});")
        if not self.inside:
            self.say(f"CHECK({self.c}_has_capacity(&ch, {self.c.upper()}_GUARANTEED));")

    def play(self) -> None:
        absent = ("reserve", "commit", "abort", "peek", "release") if self.evicts else ("evict",)
        for number, (call, n) in enumerate(self.ring.calls, 1):
            if call in absent:
                continue
            self.say(f"call = {number}; /* {call} {n} */")
            getattr(self, "evict_to" if call == "evict" else call)(n)
            self.state()


def ring_function(model: Model) -> str:
    ring, c, m = model.ring, model.c, f"md_{model.ring.message}"
    model.play()
    left = model.inside if model.drop else []
    head = f"""\
typedef struct {ring.name}_taken {{
    {m} *to;
    size_t n;
    bool ended;
}} {ring.name}_taken;

RINGC_UNUSED static void
{ring.name}_take(void *arg, const {m} *message, bool end_of_batch)
{{
    {ring.name}_taken *taken = ({ring.name}_taken *)arg;

    CHECK(!taken->ended);
    memcpy(&taken->to[taken->n++], message, sizeof *message);
    taken->ended = end_of_batch;
}}

RINGC_UNUSED static ringc_status
{ring.name}_drain({c}_consumer *c, {m} *to, size_t max, size_t *done)
{{
    {ring.name}_taken taken = {{ to, 0, false }};
    const ringc_status status = {c}_drain_n(c, max, {ring.name}_take, &taken);

    CHECK(taken.ended == (taken.n > 0));
    *done = taken.n;
    return status;
}}

static void
test_{ring.name}(void)
{{
    static {c} ch;
    static {m} m, many[16];
    {m} *slots = NULL;
    const {m} *seen = NULL;
    {c}_producer p, p2;
    {c}_consumer c, c2;
    size_t done = 0, got = 0, total = 0;

    (void)slots; (void)seen; (void)p2; (void)c2; (void)done; (void)got; (void)total; (void)m; (void)many;
    ring = "{ring.name}";
    dropped = expected = 0;
    CHECK({c}_init_at(&ch, 0, (ringc_seq)UINT64_C({ring.first})) == RINGC_OK && {c}_capacity(&ch) == {ring.capacity});
    CHECK({c.upper()}_GUARANTEED == {ring.capacity - model.knobs.release + 1});
    CHECK({c}_producer_open(&ch, &p) == RINGC_OK && {c}_consumer_open(&ch, &c) == RINGC_OK);
"""
    tail = "".join(f"    expected_drops[expected++] = {seed};\n" for seed in left) + f"""\
    {c}_producer_close(&p);
    {c}_consumer_close(&c);
    {c}_destroy(&ch);
    CHECK(dropped == expected);
}}
"""
    return head + "\n".join(model.lines) + "\n" + tail


def program(schema: Schema, chosen: list[Ring | Broadcast]) -> str:
    drops = {message.name: bool(message.drop) for message in schema.messages}
    in_force = {channel.name: knobs_of(schema, channel) for channel in schema.channels if channel.kind == "queue"}
    parts = [PROLOGUE] + ["\n".join(message_functions(message)) for message in schema.messages]
    for ring in chosen:
        parts.append(broadcast_function(BroadcastModel(ring, drops[ring.message])) if isinstance(ring, Broadcast) else
                     ring_function(Model(ring, drops[ring.message], in_force[ring.name])))
    calls = [f"    layout_{message.name}();" for message in schema.messages] + [f"    test_{ring.name}();" for ring in chosen]
    return "\n".join([*parts, "int\nmain(void)\n{", *calls, "    return 0;\n}\n"])


# -- the properties ----------------------------------------------------------------------------------------------------


def noted(directory: Path, case: tuple[str, list[Ring]]) -> Path:
    """Has a failure print the schema and where its program lies."""
    note(f"{case[0]}\nThe program: {directory}/program.c")
    return directory


def run(tmp_path: Path, text: str, chosen: list[Ring], *flags: str, compiler: str) -> None:
    run_against(tmp_path, generate(tmp_path, text), text, chosen, *flags, compiler=compiler)


def run_against(tmp_path: Path, out: Path, text: str, chosen: list[Ring], *flags: str, compiler: str) -> None:
    source = program(accepted(tmp_path, text)[-1], chosen)
    compile_and_run(tmp_path, out, source, *flags, compiler=compiler, more=(out / "md/reflect.c",))


@settings(EVERY, max_examples=10 * EXAMPLES)
@given(case=schemas())
def test_random_queues_and_broadcasts_of_random_messages_do_what_a_list_does(tmp_path_factory, case):
    run(noted(tmp_path_factory.mktemp("random"), case), *case, "-O1", compiler="gcc")


@settings(EVERY, max_examples=4 * EXAMPLES)
@given(case=schemas())
def test_the_same_with_clang_and_the_sanitizers(tmp_path_factory, case):
    run(noted(tmp_path_factory.mktemp("random"), case), *case, "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", compiler="clang-14")


@settings(EVERY, max_examples=4 * EXAMPLES)
@given(case=schemas())
def test_the_same_with_the_generic_target(tmp_path_factory, case):
    run(noted(tmp_path_factory.mktemp("random"), case), *case, "-O0", "-DRINGC_TARGET_GENERIC", compiler="gcc")


# -- every row, once through the ring more than twice ------------------------------------------------------------------

ALL_TYPES = "ringc: 1\npackage: md\ntargets: [x86_64, generic]\nenums:\n  e0: {type: i16, values: {v0: -5, v1: 0}}\nmessages:\n" + (
    "  m0: {drop: took_m0, fields: [{name: x, type: u8}, {name: y, type: f64}]}\n  m1: {fields: ["
    + ", ".join(f"{{name: f{n}, type: {kind}}}, {{name: a{n}, type: {kind}, count: 3}}" for n, kind in enumerate([*SCALARS, "e0", "m2"])) + "]}\n"
    "  m2: {fields: [{name: x, type: u8}, {name: y, type: f64}]}\n")
FIFO = tuple((call, 0) for call in ("try_push", "try_push", "try_push", "try_pop", "try_push", "try_pop", "try_pop")) * 4
PLAIN = "{layout: packed, release: each, prefetch: 0, settle: 0}"
ROWS = [Ring(f"c{n}", *row, 2**64 - 3, FIFO, PLAIN) for n, row in enumerate((
    ("m0", 1, "reject", "spin"), ("m0", 1, "block", "park"), ("m0", 1, "drop_oldest", "adaptive"), ("m0", 2, "drop_oldest", "park"),
    ("m1", 4, "reject", "spin"), ("m1", 4, "block", "park"), ("m1", 4, "drop_oldest", "adaptive")))]
#: All slots filled, taken one by one and by pieces, the last of them given back by a look, a few by the end of the handle, and some
#: drained that came after the last look, and a look that finds something while slots are due.
LAPS = (
    ("push_n", 10), ("try_pop", 0), ("try_pop", 0), ("push_n", 3), ("try_pop", 0), ("drain", 3), ("reserve", 9), ("commit", 1),
    ("abort", 0), ("pop_n", 10), ("push_n", 10), ("try_pop", 0), ("reopen_consumer", 0), ("peek", 0), ("release", 3), ("pop_n", 10),
    ("push_n", 2), ("try_pop", 0), ("push_n", 2), ("drain", 10), ("push_n", 1), ("try_pop", 0), ("push_n", 1), ("try_pop", 0),
) * 2
ROWS += [Ring(f"k{n}", *row, 2**64 - 3, LAPS, tune) for n, (*row, tune) in enumerate((
    ("m0", 8, "reject", "spin", "{layout: packed, release: 4}"),
    ("m0", 8, "block", "park", "{layout: stamped, release: each}"),
    ("m0", 8, "block", "park", "{layout: stamped, release: 8, pause: false}"),
    ("m1", 4, "reject", "spin", "{layout: stamped, release: 2}"),
    ("m2", 32, "block", "spin", "{layout: packed, prefetch: 1, settle: 9}"),
    ("m2", 32, "reject", "spin", "{layout: stamped, prefetch: 1, settle: 9}"),
    ("m1", 4, "block", "spin", "{layout: packed, release: 4, prefetch: 1, settle: 9}")))]


#: One that joins before anything is published and is lapped; one that joins where the producer has looked, and one that follows it; in
#: place; a full ring, for a commit and for a producer that has just opened; let go, twice; one that joins when there is something; holding.
FEW_CALLS = (
    ("subscribe_back", 0, 8), ("publish_n", 0, 10), ("subscribe_oldest", 1, 1), ("subscribe", 2, 1), ("follow", 2, 1), ("publish_n", 0, 2),
    ("try_recv", 2, 0), ("try_recv", 1, 0), ("try_recv", 2, 0), ("try_publish", 0, 0), ("peek", 1, 0), ("release", 1, 1), ("release", 1, 1),
    ("publish_n", 0, 9), ("claim", 0, 0), ("commit", 0, 0), ("commit", 0, 0), ("abort", 0, 0), ("reopen_producer", 0, 0), ("try_publish", 0, 0),
    ("let_go", 1, 0), ("let_go", 1, 0), ("follow", 2, 0), ("recv_n", 2, 9), ("unsubscribe", 2, 3), ("publish_n", 0, 9), ("try_recv", 1, 0),
    ("unsubscribe", 0, 3), ("unsubscribe", 1, 3), ("subscribe", 0, 1), ("subscribe", 0, 0), ("group", 0, 0), ("publish_n", 0, 3), ("group", 0, 0),
    ("subscribe", 1, 3), ("publish_n", 0, 3), ("recv_n", 1, 3), ("publish_n", 0, 9), ("release", 1, 2), ("publish_n", 0, 9),
)


def many_calls(name: str) -> tuple[tuple[str, int, int], ...]:
    """The calls above, and more, always the same for a name."""
    dice = random.Random(name)
    more = [(dice.choice(BROADCAST_CALLS), dice.randrange(4), dice.randrange(11)) for _ in range(80)]
    return (*FEW_CALLS, *more, ("close", 0, 0), *((call, who, 1) for call in RECEIVING for who in range(2)))


BROADCAST_ROWS = [Broadcast(f"b{n}", *row, 2**64 - 3, many_calls(f"b{n}"), "balanced", "single" if n < 6 else "multi") for n, row in enumerate((
    ("m2", 4, 0, "overwrite", True, 3, "spin"), ("m1", 1, 0, "overwrite", True, 1, "park"), ("m2", 4, 1, "reject", True, 3, "adaptive"),
    ("m1", 8, 0, "block", True, 2, "park"), ("m0", 4, 0, "block", False, 3, "park"), ("m0", 8, 3, "reject", False, 2, "spin"),
    ("m1", 4, 0, "overwrite", True, 3, "park"), ("m2", 4, 1, "block", True, 3, "park"), ("m0", 4, 0, "reject", False, 3, "spin")))]
ROWS_TEXT = ALL_TYPES + "channels:\n" + "\n".join(ring.row for ring in (*ROWS, *BROADCAST_ROWS)) + "\n"


@pytest.mark.parametrize("compiler", ["gcc", "clang-14"])
def test_every_scalar_type_goes_through_every_kind_of_queue_across_the_wrap_of_its_sequence(tmp_path, compiler):
    run(tmp_path, ROWS_TEXT, ROWS, "-O1", compiler=compiler)


@pytest.mark.parametrize("flags, compiler", [(("-O0",), "gcc"), (("-O0", "-DRINGC_TARGET_GENERIC"), "clang-14")])
def test_every_scalar_type_goes_through_every_kind_of_broadcast_across_the_wrap_of_its_sequence(tmp_path, flags, compiler):
    run(tmp_path, ROWS_TEXT, BROADCAST_ROWS, *flags, compiler=compiler)


@pytest.mark.parametrize("name, old, new", [
    ("types.h", "    slot->f1 = message->f1;\n", ""),
    ("types.h", "    RINGC_COPY_ARRAY(message->a4, slot->a4, 3u);\n", ""),
    ("types.h", "        0, \\\n        { 0 }, \\\n", "        1, \\\n        { 0 }, \\\n"),
    ("c0.h", "    p->position += (ringc_seq)n;\n", "    p->position += (ringc_seq)n + 1;\n"),
    ("c2.h", "RINGC_LOAD(&ch->dropped, RINGC_RELAXED) + 1", "RINGC_LOAD(&ch->dropped, RINGC_RELAXED) + 2"),
    ("c3.h", "        took_m0(&evicted);\n", "        (void)evicted;\n"),
    ("c4.h", "view.limit = RINGC_LOAD(&ch->head, RINGC_ACQUIRE) + MD_C4_CAPACITY;", "view.limit = RINGC_LOAD(&ch->head, RINGC_ACQUIRE) + 3;"),
    ("k0.h", "    if (status != RINGC_OK && c->freed != c->position)\n        md_k0_give_back_(c); /*", "    /*"),
    ("k0.h", "    if (status != RINGC_OK && c->freed != c->position)\n", "    if (c->freed != c->position)\n"),
    ("k0.h", "        md_k0_give_back_(c);\n    RINGC_STORE(&c->channel->consumer_held",
     "        (void)c;\n    RINGC_STORE(&c->channel->consumer_held"),
    ("k0.h", "c->position - c->freed >= 4u", "c->position - c->freed >= 5u"),
    ("k0.h", "c->position - c->freed >= 4u", "c->position - c->freed >= 3u"),
    ("k0.h", "#define MD_K0_GUARANTEED ((ringc_seq)5u)", "#define MD_K0_GUARANTEED ((ringc_seq)6u)"),
    ("k0.h", "        c->limit = tail;\n", "        (void)tail;\n"),
    ("k1.h", "        c->limit = tail;\n", "        (void)tail;\n"),
    ("k1.h", "RINGC_STORE(&line->stamp, p->position,", "RINGC_STORE(&line->stamp, p->position + 1,"),
    ("k1.h", "if (RINGC_LIKELY((ringc_seq_diff)(view.limit - position) > 0))", "if (RINGC_LIKELY(view.limit != position))"),
    ("k1.h", "return (size_t)(2u - (sequence & 1u));", "return (size_t)(4u - (sequence & 3u));"),
    ("k3.h", "    (void)sequence;\n    return 1;\n", "    (void)sequence;\n    return 2;\n"),
    ("b0.h", "    oldest = next - MD_B0_CAPACITY;\n", "    oldest = next - MD_B0_CAPACITY + 1;\n"),
    ("b0.h", "    s->lagged += s->missed;\n", ""),
    ("b0.h", "s->position = newest + 1;", "s->position = newest;"),
    ("b0.h", "kind != RINGC_TRACKED", "kind > RINGC_HOLDING"),
    ("b0.h", "    s->lagged = 0;\n", ""),
    ("b0.h", "return published < MD_B0_CAPACITY ? published : MD_B0_CAPACITY;", "return MD_B0_CAPACITY;"),
    ("b1.h", "back < held ? back : held", "held"),
    ("b2.h", "#define MD_B2_ROOM ((ringc_seq)3u)", "#define MD_B2_ROOM ((ringc_seq)4u)"),
    ("b2.h", "    if ((ringc_seq_diff)(safe - position) > 0)\n        position = safe;\n", "    (void)safe;\n"),
    ("b2.h", "(RINGC_LOAD(&upstream->cursor, RINGC_ACQUIRE) - position) <= 0)", "(RINGC_LOAD(&upstream->cursor, RINGC_ACQUIRE) - position) < 0)"),
    ("b2.h", "RINGC_PLACE_KIND_) != RINGC_PLACE_GATES_)", "RINGC_PLACE_KIND_) == RINGC_PLACE_FREE_)"),
    ("b2.h", "(s->reading & (RINGC_LOSSY | RINGC_HOLDING))\n        return;\n", "(s->reading & RINGC_LOSSY)\n        return;\n"),
    ("b2.h", "place.taken | RINGC_PLACE_GONE_, RINGC_RELEASE,", "place.taken | RINGC_PLACE_GATES_, RINGC_RELEASE,"),
    ("b2.h", "    p->claimed = status != RINGC_OK;\n", "    p->claimed = false;\n"),
    ("b2.h", "this_one, view.status != RINGC_OK);", "this_one, true);"),
    ("b2.h", "if (s->released - s->position == 1) {", "if (s->released - s->position == 2) {"),
    ("b3.h", "    p->limit = view.limit;\n    return view.status;\n", "    p->limit = view.limit + 1;\n    return view.status;\n"),
    ("b4.h", "            took_m0(&message);\n", "            (void)message;\n"),
    ("b4.h", "    RINGC_STORE(&cell->stamp, done - 1, RINGC_RELAXED);", "   "),
    ("b5.h", "const ringc_seq there = p->limit - p->position;", "const ringc_seq there = 1;\n        if (published) break;"),
    ("b5.h", "                took_m0(&old);\n", "                (void)old;\n"),
    ("b5.h", "    p->limit = p->position; /*", "    p->limit = p->position + 1; /*"),
    ("b6.h", "view.limit + 1, RINGC_RELEASE", "view.limit + 2, RINGC_RELEASE"),
    ("b7.h", "    view.limit = md_b7_gate_(ch, next + MD_B7_ROOM);\n", "    view.limit = next + MD_B7_ROOM;\n"),
    ("b7.h", "    safe = RINGC_LOAD(&ch->bound, RINGC_RELAXED) - MD_B7_ROOM;\n", "    safe = RINGC_LOAD(&ch->limit, RINGC_RELAXED) - MD_B7_CAPACITY;\n"),
    ("b8.h", "return ahead < -1 ?", "return ahead < 0 ?"),
    ("b8.h", "    if (is_old)\n        took_m0(&old);\n", "    (void)is_old;\n"),
], ids=lambda value: value.strip()[:30])
def test_an_error_in_the_generated_text_is_noticed(tmp_path, name, old, new):
    out = generate(tmp_path, ROWS_TEXT)
    header = (out / "md" / name).read_text()
    assert old in header
    (out / "md" / name).write_text(header.replace(old, new, 1))
    users = [ring for ring in (*ROWS, *BROADCAST_ROWS) if f"{ring.name}.h" == (name if name != "types.h" else "c4.h")]  # c4 carries every type
    with pytest.raises(AssertionError, match="exit status 1"):
        run_against(tmp_path, out, ROWS_TEXT, users, "-O0", "-Wno-error", compiler="gcc")


# -- what the random broadcasts leave out until it is right ------------------------------------------------------------

AFTER_OTHERS = Broadcast("b0", "m0", 4, 0, "reject", False, 2, "spin", 0, (
    ("subscribe", 0, 1), ("claim", 0, 0), ("publish_n", 0, 4), ("commit", 0, 0), ("recv_n", 0, 9)))
AFTER_RECV = Broadcast("b0", "m2", 4, 0, "reject", True, 2, "spin", 0, (
    ("subscribe", 0, 1), ("publish_n", 0, 2), ("peek", 0, 0), ("try_recv", 0, 0), ("release", 0, 1), ("try_recv", 0, 0)))
AFTER_LATEST = Broadcast("b0", "m2", 4, 0, "reject", True, 2, "spin", 0, (
    ("subscribe", 0, 1), ("publish_n", 0, 2), ("peek", 0, 0), ("latest", 0, 0), ("release", 0, 1), ("try_recv", 0, 0)))


@pytest.mark.parametrize("ring", [AFTER_OTHERS, AFTER_RECV, AFTER_LATEST], ids=["commit_after_publish", "release_after_recv", "release_after_latest"])
def test_what_was_lent_or_shown_ends_with_the_next_call_that_takes_it(tmp_path, ring):
    run(tmp_path, f"{ALL_TYPES}channels:\n{ring.row}\n", [ring], "-O0", compiler="gcc")
