"""The plan: literals and initialisers that C and C++ take, conditions, order, and labels whose partners exist."""

from __future__ import annotations

import re

import pytest

from generator import plan, waits
from generator.model import Wait
from support_backend import C11, CPP17, HEAD, SMALL, TICK, WARNINGS, accepted, cc, compile_and_run, generate, plan_of, texts_of

EXTREMES = HEAD + """\
constants: {LOW: -9223372036854775808, HIGH: 18446744073709551615, MINUS: -1, INT_LOW: -2147483648, INT_HIGH: 2147483647, OVER: 2147483648, EIGHT: 8}
enums:
  tiny: {type: i8, values: {low: -128, zero: 0, high: 127}}
  word: {type: u32, values: {zero: 0, big: 2147483648, all: 4294967295}}
  long_one: {type: i64, values: {low: -9223372036854775808, below: -2147483649, int_low: -2147483648, high: 9223372036854775807}}
  longest: {type: u64, values: {one: 1, all: 18446744073709551615}}
  bits8: {type: u8, kind: bits, values: {a: 1, b: 128}}
  bits64: {type: u64, kind: bits, values: {a: 1, top: 9223372036854775808}}
messages:
  numbers:
    fields:
      - {name: a, type: i64, default: -9223372036854775808}
      - {name: b, type: i64, default: 9223372036854775807}
      - {name: c, type: u64, default: 18446744073709551615}
      - {name: d, type: i32, default: -2147483648}
      - {name: e, type: i32, default: 2147483647}
      - {name: f, type: u32, default: 4294967295}
      - {name: g, type: i16, default: -32768}
      - {name: h, type: u16, default: 65535}
      - {name: i, type: i8, default: -128}
      - {name: j, type: u8, default: 255}
      - {name: k, type: f64, default: 1e300}
      - {name: l, type: f64, default: -0.0}
      - {name: m, type: f32, default: 1e-9}
      - {name: n, type: f32, default: -0.0}
      - {name: o, type: f32, default: 1e-46}
      - {name: p, type: f32, default: -1e-46}
      - {name: q, type: f64, default: 5e-324}
      - {name: r, type: f32, default: 3}
      - {name: s, type: bool, default: true}
      - {name: t, type: char, default: "'"}
      - {name: u, type: char, default: "\\\\"}
      - {name: v, type: char, default: "\\n"}
      - {name: w, type: f64}
  named: {fields: [{name: a, type: tiny, default: low}, {name: b, type: word, default: all}, {name: c, type: long_one, default: low},
    {name: d, type: longest, default: all}, {name: e, type: bits8, default: b}, {name: f, type: bits64, default: top}, {name: g, type: word}]}
  arrays:
    fields:
      - {name: text, type: char, count: 8, default: "a\\"b?'"}
      - {name: full, type: char, count: 4, default: "abcd"}
      - {name: none, type: char, count: 4, default: ""}
      - {name: list, type: u32, count: 4, default: [1, 2]}
      - {name: words, type: word, count: 3, default: [all, big]}
      - {name: floats, type: f32, count: 2, default: [-0.0, 0.5]}
      - {name: one, type: u8, count: 1, default: [7]}
      - {name: plain, type: u64, count: 3}
  minus: {fields: [{name: x, type: f64, default: -0.0}]}
  holder: {fields: [{name: small, type: u8}, {name: first, type: named, count: 2}, {name: second, type: arrays}, {name: third, type: minus, count: 2}]}
"""


@pytest.fixture(scope="module")
def extremes(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("extremes"), EXTREMES)


def test_initialisers_at_every_extreme_give_the_values_of_the_schema(extremes, tmp_path):
    source = r"""
#include "md/md.h"
#include <float.h>
#include <stdio.h>
#define CHECK(condition) do { if (!(condition)) { printf("line %d: %s\n", __LINE__, #condition); failures++; } } while (0)
static int negative_zero(double x) { return 1.0 / x < -DBL_MAX; }
int main(void)
{
    const md_numbers n = MD_NUMBERS_INIT;
    const md_named e = MD_NAMED_INIT;
    const md_arrays a = MD_ARRAYS_INIT;
    const md_holder h = MD_HOLDER_INIT;
    int failures = 0;
    CHECK(n.a == INT64_MIN && n.b == INT64_MAX && n.c == UINT64_MAX && n.d == INT32_MIN && n.e == INT32_MAX && n.f == UINT32_MAX);
    CHECK(n.g == INT16_MIN && n.h == UINT16_MAX && n.i == INT8_MIN && n.j == UINT8_MAX);
    CHECK(n.k >= 1e300 && n.k <= 1e300 && n.m >= 1e-9f && n.m <= 1e-9f && n.q > 0 && n.q < 1e-300 && n.r >= 3.0f && n.r <= 3.0f);
    CHECK(negative_zero(n.l) && negative_zero((double)n.n) && negative_zero((double)n.p) && !negative_zero((double)n.o) && n.o <= 0.0f);
    CHECK(n.s == 1 && n.t == '\'' && n.u == '\\' && n.v == '\n' && !negative_zero(n.w));
    CHECK(e.a == -128 && e.b == UINT32_MAX && e.c == INT64_MIN && e.d == UINT64_MAX && e.e == 128 && e.f == UINT64_C(1) << 63 && e.g == 0);
    CHECK(memcmp(a.text, "a\"b?'\0\0\0", 8) == 0 && memcmp(a.full, "abcd", 4) == 0 && memcmp(a.none, "\0\0\0\0", 4) == 0);
    CHECK(a.list[0] == 1 && a.list[1] == 2 && a.list[2] == 0 && a.list[3] == 0 && a.words[1] == MD_WORD_BIG && a.words[2] == 0);
    CHECK(negative_zero((double)a.floats[0]) && a.floats[1] >= 0.5f && a.one[0] == 7 && a.plain[2] == 0);
    CHECK(h.first[1].b == UINT32_MAX && h.second.one[0] == 7 && negative_zero(h.third[0].x) && negative_zero(h.third[1].x));
    CHECK(MD_LOW == INT64_MIN && MD_HIGH == UINT64_MAX && MD_MINUS == -1 && MD_INT_LOW == INT32_MIN && MD_INT_HIGH == INT32_MAX);
    CHECK(MD_OVER == INT64_C(2147483648) && 1 - MD_MINUS == 2 && MD_EIGHT == 8);
    return failures;
}
"""
    for compiler in ("gcc", "clang-14"):
        compile_and_run(tmp_path, extremes, source, compiler=compiler)


@pytest.mark.parametrize("compiler, flags", [("gcc", C11), ("clang-14", C11), ("g++", CPP17), ("clang++-14", CPP17)])
def test_initialisers_of_every_kind_compile_as_c_and_as_cpp(extremes, tmp_path, compiler, flags):
    names = ("numbers", "named", "arrays", "minus", "holder")
    (tmp_path / "u.c").write_text('#include "md/md.h"\n' + "".join(
        f"extern md_{name} the_{name};\nmd_{name} the_{name} = MD_{name.upper()}_INIT;\n" for name in names))
    cc(*flags, f"-I{extremes}", "-fsyntax-only", tmp_path / "u.c", compiler=compiler)


def test_enum_names_and_validity_hold_at_the_extremes(extremes, tmp_path):
    source = r"""
#include "md/reflect.h"
#include <stdio.h>
int main(void)
{
    printf("%s %s %s %s %s\n", md_tiny_name(-128), md_word_name(MD_WORD_ALL), md_long_one_name(INT64_MIN), md_longest_name(UINT64_MAX),
           md_word_name(5) == NULL ? "none" : "some");
    printf("%d %d %d %d %d\n", md_bits8_is_valid(129), md_bits8_is_valid(2), md_bits64_is_valid(MD_BITS64_TOP), md_bits64_is_valid(2), md_tiny_is_valid(1));
    return 0;
}
"""
    assert compile_and_run(tmp_path, extremes, source, more=(extremes / "md/reflect.c",)) == "low all low all none\n1 0 1 0 0\n"


def test_enum_values_outside_int_are_macros_and_the_others_enumerators(tmp_path):
    enums = {enum.c: enum for enum in plan_of(tmp_path, EXTREMES).enums}
    assert [value.c for value in enums["md_word"].macros] == ["MD_WORD_BIG", "MD_WORD_ALL"]
    assert [value.c for value in enums["md_word"].enumerators] == ["MD_WORD_ZERO"]
    assert [value.c for value in enums["md_long_one"].macros] == ["MD_LONG_ONE_LOW", "MD_LONG_ONE_BELOW", "MD_LONG_ONE_HIGH"]
    assert not enums["md_tiny"].macros


def test_constants_are_literals_that_can_stand_in_any_expression(tmp_path):
    constants = {constant.c: constant.literal for constant in plan_of(tmp_path, EXTREMES).constants}
    assert constants["MD_MINUS"] == "(-1)" and constants["MD_EIGHT"] == "8"
    assert constants["MD_HIGH"] == "UINT64_C(18446744073709551615)" and constants["MD_LOW"] == "INT64_MIN"


# -- messages ----------------------------------------------------------------------------------------------------------


def messages_of(tmp_path, body: str) -> dict:
    return {message.c: message for message in plan_of(tmp_path, f"{HEAD}messages:\n{body}").messages}


def test_a_length_is_checked_unless_its_type_cannot_exceed_the_array(tmp_path):
    body = (
        "  few: {fields: [{name: n, type: u8}, {name: a, type: u8, count: 254, length: n}]}\n"
        "  all: {fields: [{name: n, type: u8}, {name: a, type: u8, count: 255, length: n}]}\n"
        "  long: {fields: [{name: n, type: u64}, {name: a, type: u8, count: 3, length: n}]}\n"
    )
    messages = messages_of(tmp_path, body.replace("long:", "wide:"))
    assert messages["md_few"].lengths == ("message->n <= 254u",) and messages["md_few"].is_valid_used
    assert messages["md_all"].lengths == () and not messages["md_all"].is_valid_used
    assert messages["md_wide"].lengths == ("message->n <= 3u",)


def test_messages_come_after_those_they_hold_and_otherwise_in_the_order_of_the_schema(tmp_path):
    body = (
        "  a: {fields: [{name: x, type: d}]}\n  b: {fields: [{name: x, type: u8}]}\n"
        "  c: {fields: [{name: x, type: b}]}\n  d: {fields: [{name: x, type: c}, {name: y, type: b}]}\n"
    )
    assert list(messages_of(tmp_path, body)) == ["md_b", "md_c", "md_d", "md_a"]


def test_a_message_of_an_import_is_not_defined_again(tmp_path):
    common = "ringc: 1\npackage: common\ntargets: [generic]\nmessages: {leg: {fields: [{name: a, type: u8}]}}\n"
    text = HEAD.replace("targets", "imports: [common.yaml]\ntargets") + "messages: {m: {fields: [{name: l, type: leg, count: 2}]}}\n"
    (message,) = plan_of(tmp_path, text, common=common).messages
    assert message.c == "md_m" and message.members[0].declaration == "common_leg l[2];"
    assert "{ COMMON_LEG_INIT }" == message.members[0].init


@pytest.mark.parametrize("fields, expected", [
    ("{name: a, type: u8}", False), ("{name: a, type: u8, default: 0}", False), ("{name: a, type: u8, default: 1}", True),
    ("{name: a, type: f64, default: 0.0}", False), ("{name: a, type: f64, default: -0.0}", True), ("{name: a, type: none}", False),
    ("{name: a, type: some, count: 2}", True), ("{name: a, type: bool, default: false}", False), ("{name: a, type: char, default: x}", True),
])
def test_has_defaults_is_true_when_any_byte_is_not_zero(tmp_path, fields, expected):
    text = HEAD + "messages:\n  none: {fields: [{name: z, type: u8}]}\n  some: {fields: [{name: z, type: u8, default: 3}]}\n"
    message = accepted(tmp_path, f"{text}  m: {{fields: [{fields}]}}\n")[-1].messages[-1]
    assert plan.has_defaults(message) is expected


def test_an_array_of_messages_with_defaults_initialises_each_of_them(tmp_path):
    body = "  leg: {fields: [{name: a, type: u8, default: 3}]}\n  m: {fields: [{name: l, type: leg, count: 3}]}\n"
    assert messages_of(tmp_path, body)["md_m"].members[0].init == "{ MD_LEG_INIT, MD_LEG_INIT, MD_LEG_INIT }"


def test_comments_behind_members_start_in_one_column(tmp_path):
    body = ("  m: {fields: [{name: a, type: u8, doc: One}, {name: much_longer, type: u64, count: 3, unit: ns}, {name: c, type: u8},"
            " {name: n, type: u8}, {name: d, type: u8, count: 3, length: n}]}\n")
    declarations = [m.declaration for m in messages_of(tmp_path, body)["md_m"].members if m.comment]
    assert len({len(d) for d in declarations}) == 1 and len(declarations) == 3
    header = texts_of(tmp_path, f"{HEAD}messages:\n{body}")["md/types.h"]
    struct = re.search(r"typedef struct md_m \{(.*?)\} md_m;", header, re.S).group(1)
    assert len({line.index("/*") for line in struct.splitlines() if "/*" in line}) == 1
    assert "uint8_t d[3];" in struct and "n in use */" in struct


def test_few_words_are_written_out_and_many_are_a_loop(tmp_path):
    body = "  few: {fields: [{name: a, type: u64, count: 8}]}\n  many: {fields: [{name: a, type: u64, count: 9}]}\n  odd: {fields: [{name: a, type: u8, count: 3}]}\n"
    messages = messages_of(tmp_path, body)
    assert messages["md_few"].word_offsets == (0, 8, 16, 24, 32, 40, 48, 56)
    assert messages["md_many"].word_offsets == () and (messages["md_many"].words, messages["md_many"].word_bits) == (9, 64)
    assert messages["md_odd"].word_offsets == (0, 1, 2) and messages["md_odd"].word_bits == 8


# -- waiting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wait, expression", [
    (Wait("spin"), "ringc_wait_spin()"), (Wait("spin_yield", spin=7), "ringc_wait_spin_yield(7u)"), (Wait("backoff", spin=64), "ringc_wait_backoff(64u)"),
    (Wait("adaptive", spin=1, yields=2, sleep_us=3), "ringc_wait_adaptive(1u, 2u, 3u)"), (Wait("park", spin=5), "ringc_wait_park(5u)"),
])
def test_each_strategy_has_its_constructor_with_its_parameters_in_order(wait, expression):
    assert waits.wait_expression(wait) == expression
    assert waits.wait_expression(wait, pause=False) == f"ringc_wait_bare({expression})"


def test_a_monitor_wait_takes_its_otherwise_where_it_cannot_watch_and_says_so():
    monitor = Wait("monitor", timeout_us=50, otherwise=Wait("park", spin=5))
    assert waits.in_force(monitor) == Wait("park", spin=5)
    assert waits.wait_expression(monitor) == "ringc_wait_monitor(50u, ringc_wait_park(5u))"
    assert waits.wait_expression(monitor, pause=False) == "ringc_wait_monitor(50u, ringc_wait_bare(ringc_wait_park(5u)))"
    assert waits.wait_text(monitor) == (
        "watches the line that will change, 50 us at a time (where the processor can, else spins 5 pauses, then parks on a futex)")


def channel_of(tmp_path, keys: str) -> plan.ChannelPlan:
    return plan_of(tmp_path, SMALL.replace("full: reject", keys)).channels[0]


def test_a_producer_that_never_blocks_has_no_futex_word_even_if_its_wait_is_park(tmp_path):
    channel = channel_of(tmp_path, "full: reject, wait: park")
    assert not channel.producer_parks and channel.consumer_parks
    assert "producer_parked" not in [word.name for word in channel.words]


def test_a_blocking_producer_that_parks_has_a_futex_word_of_its_own(tmp_path):
    channel = channel_of(tmp_path, "full: block, wait: {producer: park, consumer: spin}")
    assert channel.producer_parks and not channel.consumer_parks
    assert [word.name for word in channel.words][-1] == "producer_parked"


# -- labels of the ordering, in every generated header -----------------------------------------------------------------

WAITS = ("spin", "park", "{producer: park, consumer: spin}", "{producer: spin, consumer: park}", "adaptive")
#: Knobs that together reach every branch of the templates, in a ring of 64 messages of 8 bytes.
PLAIN = "{layout: packed, release: each, prefetch: 0, settle: 0, pause: true}"
KNOBS = (
    "{release: 8, prefetch: 1, settle: 8, pause: false}", "{layout: stamped, release: 8, prefetch: 1, settle: 8, pause: false}",
    "{layout: stamped, release: each, prefetch: 0}", "latency", "throughput",
)
ROWS = [(full, wait, drop, PLAIN) for full in ("reject", "block") for wait in WAITS for drop in (False, True)]
ROWS += [("drop_oldest", wait, drop, "{pause: false}") for wait in WAITS for drop in (False, True)]
ROWS += [(full, wait, True, knobs) for full in ("reject", "block") for wait in ("spin", "park") for knobs in KNOBS]


def header_of(tmp_path, full: str, wait: str, drop: bool, knobs: str) -> str:
    text = SMALL.replace("capacity: 8", "capacity: 64").replace("full: reject", f"full: {full}, wait: {wait}, tune: {knobs}")
    return texts_of(tmp_path, text.replace("{fields", "{drop: free_tick, fields") if drop else text)["md/ticks.h"]


def split(header: str) -> tuple[str, list[str]]:
    """The ordering table, and the lines behind it."""
    start = header.index(" * Ordering.")
    end = header.index("*/", start)
    return header[start:end], header[end:].splitlines()


def broadcast_header_of(tmp_path, producers: str, full: str, consumers: str, wait: str) -> str:
    text = SMALL.replace("producers: single, consumers: single", f"producers: {producers}, consumers: {consumers}")
    text = text.replace("full: reject", f"full: {full}, wait: {wait}")
    return texts_of(tmp_path, text.replace("{fields", "{drop: free_tick, fields") if "false" in consumers else text)["md/ticks.h"]


BROADCASTS = [(producers, full, consumers, wait) for producers in ("single", "multi") for full in ("overwrite", "reject", "block")
              for consumers in ("{broadcast: 2}", "{broadcast: 2, lossy: false}") for wait in WAITS
              if full != "overwrite" or "false" not in consumers]


def check_labels(header: str) -> None:
    """Every acquire label names a release of the ordering table."""
    table, lines = split(header)
    pairs = set(re.findall(r"\b(R\d)\b.*?->\s+(A\d)\b", table))
    code = "\n".join(lines)
    assert pairs and all(release[1] == acquire[1] for release, acquire in pairs if release != "R2")  # R2 of a broadcast has two readers
    extra = {"A2"} if ("R2", "A8") in pairs else set()  # of a broadcast: the line that gives back names both readers on every ring
    assert set(re.findall(r"\bA\d\b", code)) - extra == {acquire for _, acquire in pairs} - extra
    assert set(re.findall(r"\bR\d\b", code)) == {release for release, _ in pairs}
    for one, other in re.findall(r"\b([AR]\d) pairs with ([AR]\d)\b", code):
        assert {one[0], other[0]} == {"A", "R"} and (one[1] == other[1] or {(one, other), (other, one)} & pairs)


def check_orders(header: str) -> None:
    """Every acquire and release has a label, or the line before says why."""
    _, lines = split(header)
    for number, line in enumerate(lines):
        for order, letter in (("RINGC_ACQUIRE", "A"), ("RINGC_RELEASE", "R"), ("RINGC_ACQ_REL", "R")):
            if order in line and "RINGC_FENCE(" not in line and not line.lstrip().startswith(("*", "/*")):
                assert re.search(rf"\b{letter}\d\b|\bfor [AR]\d\b", line) or "/*" in lines[number - 1], line


def check_fences(header: str) -> None:
    """Every fence has a partner that names it back."""
    table, lines = split(header)
    fences = [line for line in lines if "RINGC_FENCE(" in line]
    partners: dict[str, set[str]] = {}
    for line in fences:
        label, rest = re.search(r"/\* (F\d) pairs with (.*)", line).groups()
        partners.setdefault(label, set()).update(re.findall(r"\bF\d\b", rest))
    pairs = re.findall(r"\b(F\d)\b.*?<->\s+(F\d)\b", table)
    assert {label for pair in pairs for label in pair} == set(partners)
    for one, other in pairs:
        assert other in partners[one] and one in partners[other]


@pytest.mark.parametrize("full, wait, drop, knobs", ROWS)
@pytest.mark.parametrize("check", [check_labels, check_orders, check_fences])
def test_every_ordering_of_a_queue_has_a_label_and_a_partner(tmp_path, check, full, wait, drop, knobs):
    check(header_of(tmp_path, full, wait, drop, knobs))


@pytest.mark.parametrize("producers, full, consumers, wait", BROADCASTS)
@pytest.mark.parametrize("check", [check_labels, check_orders, check_fences])
def test_every_ordering_of_a_broadcast_has_a_label_and_a_partner(tmp_path, check, producers, full, consumers, wait):
    check(broadcast_header_of(tmp_path, producers, full, consumers, wait))


def test_a_channel_that_nobody_parks_on_has_no_fence(tmp_path):
    assert "RINGC_FENCE" not in header_of(tmp_path, "block", "adaptive", False, PLAIN)


@pytest.mark.parametrize("full, wait, knobs", list(dict.fromkeys((full, wait, knobs) for full, wait, _, knobs in ROWS)))
def test_every_row_compiles_alone_in_c_and_in_cpp(tmp_path, full, wait, knobs):
    text = SMALL.replace("capacity: 8", "capacity: 64").replace("full: reject", f"full: {full}, wait: {wait}, tune: {knobs}")
    out = generate(tmp_path, text)
    cc("-std=c11", *WARNINGS, "-fsyntax-only", "-x", "c", out / "md/ticks.h")
    (tmp_path / "u.cc").write_text('#include "md/ticks.h"\n')
    cc("-std=c++17", *WARNINGS, f"-I{out}", "-fsyntax-only", tmp_path / "u.cc", compiler="g++")


@pytest.mark.parametrize("producers, full, consumers", list(dict.fromkeys(row[:3] for row in BROADCASTS)))
def test_every_broadcast_compiles_alone_in_c_and_in_cpp(tmp_path, producers, full, consumers):
    """In one run of each compiler for all waits: a run takes far longer than a header."""
    names = []
    for number, wait in enumerate(WAITS):
        (tmp_path / f"w{number}").mkdir()
        text = HEAD + TICK + (f"channels: {{ticks: {{message: tick, capacity: 8, producers: {producers}, consumers: {consumers}, full: {full}, "
                              f"wait: {wait}}}}}\n")
        text = text.replace("package: md", f"package: p{number}")
        out = generate(tmp_path / f"w{number}", text.replace("{fields", f"{{drop: free_{number}, fields") if "false" in consumers else text)
        names.append(out / f"p{number}/ticks.h")
    for name in names:
        cc("-std=c11", *WARNINGS, "-fsyntax-only", "-x", "c", name)
    (tmp_path / "u.cc").write_text("".join(f'#include "{name}"\n' for name in names))
    cc("-std=c++17", *WARNINGS, "-fsyntax-only", tmp_path / "u.cc", compiler="g++")
