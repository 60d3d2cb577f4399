"""Imports, constants, defaults and names: what a reference ends up as, and what is said when it leads nowhere."""

import io
import sys
from types import SimpleNamespace

import pytest
from frontend import BASE, COMMON, HEAD, QUEUE, accepted, channel, complaints, load

from generator import resolve
from generator.diagnostics import Diagnostics
from generator.model import Full, Target, Tune, Wait

ADAPTIVE = Wait("adaptive", 1000, 100, 50)


def one(text, **keys):
    return accepted(channel(text, **keys)).channels[0]


def test_a_channel_without_choices_blocks_waits_adaptively_and_is_balanced():
    found = one(QUEUE)
    assert (found.kind, found.full, found.wait_producer, found.wait_consumer, found.tune, found.metrics) == (
        "queue", Full("block"), ADAPTIVE, ADAPTIVE, Tune(), "none")


@pytest.mark.parametrize("text, wait", [
    ("spin", Wait("spin")), ("spin_yield", Wait("spin_yield", 1000)), ("backoff", Wait("backoff", 64)), ("adaptive", ADAPTIVE),
    ("park", Wait("park", 200)), ("monitor", Wait("monitor", timeout_us=50, otherwise=ADAPTIVE)),
    ("{strategy: adaptive, yield: 7}", Wait("adaptive", 1000, 7, 50)),
    ("{strategy: monitor, otherwise: {strategy: park, spin: 3}}", Wait("monitor", timeout_us=50, otherwise=Wait("park", 3))),
])
def test_a_wait_has_the_parameters_of_its_strategy(text, wait):
    found = one(f"{QUEUE}, wait: {text}")
    assert found.wait_producer == found.wait_consumer == wait


def test_each_side_can_wait_in_its_own_way():
    found = one(QUEUE + ", wait: {producer: spin, consumer: {strategy: park, spin: 9}}")
    assert (found.wait_producer, found.wait_consumer) == (Wait("spin"), Wait("park", 9))
    assert one(QUEUE + ", wait: {consumer: park}").wait_producer == ADAPTIVE


@pytest.mark.parametrize("text, tune", [
    ("latency", Tune("latency")), ("{goal: throughput, layout: stamped, release: 8}", Tune("throughput", "stamped", 8)),
    ("{release: each, prefetch: 2, settle: 0, pause: false}", Tune("balanced", None, 1, 2, 2, 0, False)),
    ("{prefetch: {consumer: 3}}", Tune(prefetch_consumer=3)),
])
def test_a_knob_that_is_not_set_is_left_to_the_plan(text, tune):
    assert one(f"{QUEUE}, tune: {text}").tune == tune


def test_the_kinds_of_channel():
    base = "message: tick, capacity: 64, producers: "
    kinds = {text: one(text) for text in (
        base + "{sharded: 3}, consumers: single", base + "{single: upgrade}, consumers: single", base + "multi, consumers: {workers: 4}",
        base + "single, consumers: {broadcast: 5}, full: {policy: reject, watermark: 2}",
        "signal: 32, producers: local", "latest: true, message: tick, producers: single, consumers: {broadcast: 2}")}
    seen = [(c.kind, c.producers.kind, c.producers.count, c.consumers.kind, c.consumers.count, c.capacity) for c in kinds.values()]
    assert seen == [
        ("queue", "sharded", 3, "single", 1, 64), ("queue", "upgrade", 1, "single", 1, 64), ("queue", "multi", 1, "workers", 4, 64),
        ("broadcast", "single", 1, "broadcast", 5, 64), ("signal", "local", 1, "single", 1, 32), ("latest", "single", 1, "broadcast", 2, 1)]
    assert [c.full for c in kinds.values()][3:] == [Full("reject", 2), None, None]


def test_defaults_are_for_the_keys_that_a_channel_leaves_out():
    text = BASE + "defaults: {wait: park, full: reject, tune: latency}\nchannels:\n  a: {%s}\n  b: {%s, full: block}\n  s: {signal: 4, producers: multi}\n"
    a, b, signal = accepted(text % (QUEUE, QUEUE)).channels
    assert (a.full.policy, a.wait_consumer.strategy, a.tune.goal) == ("reject", "park", "latency")
    assert b.full.policy == "block" and signal.full is None


def test_a_mistake_in_the_defaults_is_reported_once():
    text = BASE + "defaults: {wait: prak}\nchannels:\n  a: {%s}\n  b: {%s}\n" % (QUEUE, QUEUE)
    assert complaints(text) == ["5:18 unknown wait strategy 'prak'; did you mean 'park'?"]


def test_constants_stand_for_numbers_and_may_name_each_other_in_any_order():
    text = HEAD + ("constants: {A: B, B: 8, BIG: 0x40}\nenums: {e: {type: u8, values: {x: A}}}\n"
                   "messages: {tick: {fields: [{name: a, type: u64, count: A}]}}\n"
                   "channels: {c: {message: tick, capacity: md.BIG, producers: {sharded: B}, consumers: single}}\n")
    schema = accepted(text)
    assert [(item.name, item.value) for item in schema.constants] == [("A", 8), ("B", 8), ("BIG", 64)]
    assert (schema.enums[0].values, schema.messages[0].fields[0].count, schema.channels[0].capacity) == ((("x", 8),), 8, 64)


@pytest.mark.parametrize("text, expected", [
    ("constants: {A: B, B: C, C: A}\n", ["4:16 a constant that depends on itself: A -> B -> C -> A"]),
    ("constants: {A: A}\n", ["4:16 a constant that depends on itself: A -> A"]),
    ("constants: {NUMBER: 1, A: NUMBR}\n", ["4:27 unknown constant 'NUMBR'; did you mean 'NUMBER'?"]),
    ("constants: {A: 0}\nmessages: {m: {fields: [{name: a, type: u8, count: A}]}}\n",
     ["5:52 'count' of field 'a' of message 'm' (constant 'A') is 0, but it must be 1 to 16777216"]),
    ("messages: {m: {fields: [{name: a, type: m}]}}\n", ["4:41 a message that holds itself has no size: m -> m"]),
    ("messages:\n  a: {fields: [{name: x, type: b}]}\n  b: {fields: [{name: y, type: c}]}\n  c: {fields: [{name: z, type: a}]}\n",
     ["5:32 a message that holds itself has no size: a -> b -> c -> a"]),
    ("messages: {m: {fields: [{name: a, type: u9}]}}\n", ["4:41 unknown type 'u9'; did you mean 'u8'?"]),
    ("messages: {m: {fields: [{name: a, type: uint32_t}]}}\n", ["4:41 unknown type 'uint32_t'; write 'u32'"]),
    ("messages: {m: {fields: [{name: a, type: string}]}}\n", ["4:41 unknown type 'string'; write 'char' with a 'count'"]),
    ("messages: {m: {fields: [{name: a, type: x.leg}]}}\n", ["4:41 unknown package 'x'; list its schema in 'imports'"]),
    ("messages: {u8: {fields: [{name: a, type: u8}]}}\n", ["4:12 'u8' is a built-in type; choose another name"]),
    ("messages: {tick: {fields: [{name: a, type: u8}]}}\nchannels: {c: {message: tik, capacity: 4, producers: single, consumers: single}}\n",
     ["5:25 unknown message 'tik'; did you mean 'tick'?"]),
    ("channels: {c: {message: u8, capacity: 4, producers: single, consumers: single}}\n",
     ["4:25 'u8' is a scalar type, and a channel carries messages; wrap it in a message with one field"]),
])
def test_a_reference_that_leads_nowhere_is_reported(text, expected):
    assert complaints(HEAD + text) == expected


def test_a_cycle_of_messages_is_noted_at_each_step():
    text = HEAD + "messages:\n  a: {fields: [{name: x, type: b}]}\n  b: {fields: [{name: y, type: a}]}\n"
    (note,) = load(text)[1].all()[0].notes
    assert (note[0].line, note[1]) == (6, "'b' holds 'a' here")


def test_messages_nest_only_so_deep():
    chain = "".join(f"  m{i}: {{fields: [{{name: x, type: m{i + 1}}}, {{name: y, type: m{i + 1}}}]}}\n" for i in range(500))
    found = complaints(HEAD + "messages:\n" + chain + "  m500: {fields: [{name: x, type: u8}]}\n")
    assert len(found) == 1 and "17 levels deep; at most 16 levels are possible" in found[0]


def test_messages_may_be_used_before_they_are_defined():
    schema = accepted(HEAD + "messages:\n  a: {fields: [{name: x, type: b}]}\n  b: {fields: [{name: y, type: u8}]}\n")
    assert schema.messages[0].fields[0].type is schema.messages[1]


USE = "messages: {m: {fields: [{name: a, type: %s}]}}\n"


@pytest.mark.parametrize("name", ["leg", "common.leg", "unit", "common.unit"])
def test_a_type_of_an_import_is_found_by_its_name_and_by_its_package(tmp_path, name):
    schema = accepted(HEAD + "imports: [common.yaml]\n" + USE % name, tmp_path, common=COMMON)
    assert schema.messages[0].fields[0].type.package == "common"
    assert schema.imports[0].prefix == "common" and schema.imports[0].file == "common.yaml"


def test_constants_of_an_import_are_found_too(tmp_path):
    text = HEAD + "imports: [common.yaml]\nconstants: {MINE: SHARED, OTHER: common.SHARED}\n"
    assert [item.value for item in accepted(text, tmp_path, common=COMMON).constants] == [4, 4]


def test_a_packages_own_name_comes_before_an_imports(tmp_path):
    text = HEAD + "imports: [common.yaml]\nmessages:\n  leg: {fields: [{name: a, type: u8}]}\n  m: {fields: [{name: a, type: leg}]}\n"
    assert accepted(text, tmp_path, common=COMMON).messages[1].fields[0].type.package == "md"


def test_a_name_that_two_imports_have_is_ambiguous(tmp_path):
    text = HEAD + "imports: [a.yaml, b.yaml]\n" + USE % "leg"
    files = {name: COMMON.replace("common", name) for name in ("a", "b")}
    assert complaints(text, tmp_path, **files) == ["5:41 'leg' is ambiguous: there are 'a.leg' and 'b.leg'; write the one that is meant"]


def test_an_import_that_is_missing_is_reported_with_the_chain_and_silences_what_it_may_hold(tmp_path):
    middle = "ringc: 1\npackage: middle\ntargets: [generic]\nimports: [nope.yaml]\n" + USE % "lost"
    _, diagnostics = load(HEAD + "imports: [middle.yaml]\n" + USE % "u8", tmp_path, middle=middle)
    (found,) = diagnostics.all()
    assert found.span.file.endswith("middle.yaml") and found.message.startswith("cannot find the import 'nope.yaml'; looked for")
    assert [(span.file.rpartition("/")[2], span.line) for span, _ in found.notes] == [("s.yaml", 4)]


def test_imports_that_go_round_are_reported_with_the_loop(tmp_path):
    files = {"a": HEAD.replace("md", "a") + "imports: [b.yaml]\n", "b": HEAD.replace("md", "b") + "imports: [a.yaml]\n"}
    _, diagnostics = load(HEAD + "imports: [a.yaml]\n", tmp_path, **files)
    (found,) = diagnostics.all()
    directory = str(tmp_path)
    assert found.message.replace(directory + "/", "") == "the imports go round in a loop: a.yaml -> b.yaml -> a.yaml"
    assert len(found.notes) == 1


def test_a_schema_that_imports_itself_is_a_loop(tmp_path):
    (tmp_path / "s.yaml").write_text("")
    assert "the imports go round in a loop" in complaints(HEAD + "imports: [s.yaml]\n", tmp_path)[0]


def test_a_diamond_is_read_once_and_is_fine(tmp_path):
    sides = {name: HEAD.replace("md", name) + "imports: [common.yaml]\n" + (USE % "leg") for name in ("a", "b")}
    schema = accepted(HEAD + "imports: [a.yaml, b.yaml, common.yaml]\n", tmp_path, common=COMMON, **sides)
    assert schema.imports[0].imports[0] is schema.imports[1].imports[0] is schema.imports[2]


def test_two_imports_cannot_have_one_package(tmp_path):
    found = complaints(HEAD + "imports: [a.yaml, b.yaml]\n", tmp_path, a=COMMON, b=COMMON)
    assert "4:19 'b.yaml' has the package 'common', and so has 'a.yaml'; each package needs a name of its own" == found[0]


@pytest.mark.parametrize("name, expected", [
    ("/etc/common.yaml", "an import is named relative to this file"), ("''", "the name of an import is empty"),
    (".", "cannot read"), ("nope.yaml", "cannot find the import 'nope.yaml'"),
])
def test_an_import_that_cannot_be_read_is_located(tmp_path, name, expected):
    (found,) = complaints(HEAD + f"imports: [{name}]\n", tmp_path)
    assert found.startswith("4:11 " + expected)


def test_imports_are_looked_for_beside_the_importing_file_and_then_in_the_include_directories(tmp_path):
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "common.yaml").write_text(COMMON)
    diagnostics = Diagnostics()
    schema = resolve.load(str(tmp_path / "s.yaml"), HEAD + "imports: [common.yaml]\n", [str(tmp_path / "inc")], diagnostics)
    assert not diagnostics.failed and schema.imports[0].package == "common"


def test_mistakes_in_an_import_are_reported_where_they_are(tmp_path):
    _, diagnostics = load(HEAD + "imports: [common.yaml]\n", tmp_path, common=COMMON.replace("i64", "i63"))
    (found,) = diagnostics.all()
    assert found.span.file.endswith("common.yaml") and found.span.line == 10


def test_a_file_that_is_missing_is_an_error_without_a_place():
    diagnostics = Diagnostics()
    assert resolve.load("/nonexistent/x.yaml", None, [], diagnostics) is None
    assert diagnostics.all()[0].message == "cannot read '/nonexistent/x.yaml': No such file or directory"


def test_standard_input_is_shown_as_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO((HEAD + "version: x\n").encode())))
    diagnostics = Diagnostics()
    resolve.load("-", None, [], diagnostics)
    assert diagnostics.render().startswith("<stdin>:4:10: error:")


def test_a_large_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "big.yaml"
    with open(path, "wb") as file:
        file.truncate(10 * 1024 * 1024)
    diagnostics = Diagnostics()
    assert resolve.load(str(path), None, [], diagnostics) is None
    assert "10.0 MiB" in diagnostics.all()[0].message


def options(text, **keywords):
    diagnostics = Diagnostics()
    return resolve.load("s.yaml", text, [], diagnostics, **keywords), [item.message for item in diagnostics.all()]


def test_the_prefix_is_the_package_unless_it_is_given():
    assert options(HEAD)[0].prefix == "md"
    assert options(HEAD, prefix="venue")[0].prefix == "venue"
    assert options(HEAD, prefix="class")[1] == ["--prefix: 'class' is a keyword of C++; choose another name"]


def test_given_targets_replace_the_schemas_and_keep_what_it_says_of_them():
    text = HEAD.replace("[x86_64]", "[{arch: x86_64, features: [waitpkg]}, aarch64]")
    assert options(text, targets=["x86_64"])[0].targets == (Target("x86_64", ("waitpkg",), 64, 128),)
    assert options(text, targets=["riscv64"])[0].targets == (Target("riscv64"),)
    assert options(text, targets=["x86-64"])[1] == ["--target: unknown architecture 'x86-64'; did you mean 'x86_64'?"]


def test_a_targets_spacing_is_never_below_its_line():
    assert accepted(HEAD.replace("x86_64", "{arch: generic, line: 256}")).targets == (Target("generic", (), 256, 256),)


def test_places_lead_back_to_the_file():
    text = BASE + "defaults: {wait: park}\nchannels:\n  c: {message: tick, capacity: 64, producers: {sharded: 2}, consumers: single}\n"
    places = accepted(text).places
    at = {path: (places[path].line, places[path].column) for path in (
        ("messages", "tick"), ("messages", "tick", "fields", 0), ("messages", "tick", "fields", 0, "type"), ("channels", "c"),
        ("channels", "c", "capacity"), ("channels", "c", "producers", "sharded"), ("channels", "c", "wait"), ("targets", 0), ("package",))}
    assert list(at.values()) == [(4, 12), (4, 35), (4, 44), (7, 3), (7, 32), (7, 57), (5, 18), (3, 11), (2, 10)]


def test_an_integer_default_of_a_float_becomes_one():
    schema = accepted(HEAD + "messages: {m: {fields: [{name: a, type: f64, default: 1}, {name: b, type: f32, count: 2, default: [1, 2.5]}]}}\n")
    assert [repr(field.default) for field in schema.messages[0].fields] == ["1.0", "(1.0, 2.5)"]


def test_a_thousand_channels_do_not_wait_for_their_parser():
    import time

    text = BASE + "channels:\n" + "".join(f"  c{i}: {{{QUEUE}, wait: park}}\n" for i in range(1000))
    start = time.process_time()
    assert len(accepted(text).channels) == 1000
    assert time.process_time() - start < 2.0  # about 0.3 s on an idle machine
