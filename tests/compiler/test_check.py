"""What needs the whole schema: values and defaults that fit, names that do not meet, channels whose parts go together."""

from pathlib import Path

import pytest
from frontend import BASE, COMMON, HEAD, QUEUE, accepted, channel, complaints, load

from generator import check

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "example_of_every_kind_is_accepted"
GATED = "message: tick, capacity: 64, producers: single, consumers: {broadcast: 2}"


def message(*fields, extra=""):
    body = "".join(f"      - {{{field}}}\n" for field in fields)
    return f"{HEAD}enums:\n  side: {{type: u8, values: {{buy: 0, sell: 1}}}}\nmessages:\n  m:\n{extra}    fields:\n{body}"


def test_the_example_of_every_kind_is_accepted(tmp_path):
    schema = accepted((GOLDEN / "schema.yaml").read_text(), tmp_path, common=(GOLDEN / "common.yaml").read_text())
    assert len(schema.channels) == 8 and schema.messages[1].fields[1].type.package == "common"


ENUMS = [
    ("type: u8, values: {a: 256}", "'a' of enum 'e' is 256, but u8 holds 0 to 255"),
    ("type: i16, values: {a: -32769}", "'a' of enum 'e' is -32769, but i16 holds -32768 to 32767"),
    ("type: u64, values: {a: 0xffffffffffffffff}", None),
    ("type: u8, values: {a: 1, b: 1}", "'b' and 'a' of enum 'e' both have the value 1; a plain enum names each value once"),
    ("type: u8, kind: bits, values: {none: 0, a: 1, b: 2, both: 3, all: 3}", None),
    ("type: i8, kind: bits, values: {a: -1}", "'a' of enum 'e' is -1; flags are not negative"),
    ("type: u8, values: {buy: 0, BUY: 1}", "value 'BUY' of enum 'e' and value 'buy' of enum 'e' both make the C name 'MD_E_BUY'; rename one"),
    ("type: f32, values: {a: 1}", "unknown integer type 'f32'; did you mean 'u32'?"),
]


def only(text, expected):
    found = [line.partition(" ")[2] for line in complaints(text)]
    assert found == ([] if expected is None else [expected])


@pytest.mark.parametrize("text, expected", ENUMS, ids=[text for text, _ in ENUMS])
def test_enum(text, expected):
    only(f"{HEAD}enums: {{e: {{{text}}}}}\n", expected)


DEFAULTS = [
    ("type: u8, default: 255", None), ("type: i8, default: -128", None), ("type: u64, default: 18446744073709551615", None),
    ("type: u8, default: 256", "256 does not fit u8, which holds 0 to 255"),
    ("type: u8, default: -1", "-1 does not fit u8, which holds 0 to 255"),
    ("type: u8, default: 1.5", "1.5 does not fit u8; write an integer"),
    ("type: u8, default: x", "'x' does not fit u8; write an integer"),
    ("type: u8, default: true", "true does not fit u8; write an integer"),
    ("type: u8, default: [1]", "a list is for an array; give the field a 'count'"),
    ("type: bool, default: true", None), ("type: bool, default: yes", "'yes' does not fit bool; write true or false"),
    ("type: bool, default: 1", "1 does not fit bool; write true or false"),
    ("type: f32, default: 1", None), ("type: f64, default: 1e300", None),
    ("type: f32, default: 1e39", "1e+39 is too large for f32"), ("type: f64, default: abc", "'abc' does not fit f64; write a number"),
    ("type: f64, default: true", "true does not fit f64; write a number"),
    ("type: char, default: a", None), ("type: char, default: ab", "'ab' does not fit char; write one character in quotes"),
    ("type: char, default: 5", "5 does not fit char; write one character in quotes"),
    ("type: char, count: 4, default: abcd", None),
    ("type: char, count: 4, default: abcde", "the text has 5 characters, but the array has 4"),
    ("type: char, count: 4, default: 'é'", "a char array holds ASCII characters"),
    ("type: char, count: 4, default: \"\\0\"", "a char array holds ASCII characters"),
    ("type: char, count: 4, default: 5", "5 does not fit an array; write a text in quotes"),
    ("type: side, default: sell", None), ("type: side, default: byu", "enum 'side' has no value 'byu'; did you mean 'buy'?"),
    ("type: side, default: 1", "1 does not fit enum 'side'; write the name of one of its values"),
    ("type: side, count: 2, default: [buy, sell]", None),
    ("type: u8, count: 3, default: [1, 2]", None), ("type: u8, count: 2, default: [1, 2, 3]", "the list has 3 entries, but the array has 2"),
    ("type: u8, count: 2, default: [1, 300]", "300 does not fit u8, which holds 0 to 255"),
    ("type: u8, count: 2, default: [1, [2]]", "an array has one level; write all its entries in one list"),
    ("type: u8, count: 2, default: 1", "1 does not fit an array; write a list, such as [1, 2]"),
]


@pytest.mark.parametrize("text, expected", DEFAULTS, ids=[text for text, _ in DEFAULTS])
def test_default(text, expected):
    only(message(f"name: a, {text}"), expected and f"the default of 'a': {expected}")


@pytest.mark.parametrize("text, expected", [
    (".nan", "'.nan' is not a finite number"), ("1e999", "1e999 is too large for any type"), ("~", "there is no null"),
    ("{a: 1}", "expected a value or a list of values, found a mapping"), ("010", "could be octal"),
])
def test_a_default_that_is_no_value_at_all(text, expected):
    (found,) = complaints(message(f"name: a, type: f64, default: {text}"))
    assert expected in found


def test_a_message_inside_a_message_has_no_default_of_its_own():
    text = HEAD + "messages:\n  a: {fields: [{name: x, type: u8}]}\n  b: {fields: [{name: y, type: a, default: 1}]}\n"
    assert "a message inside a message has no default of its own" in complaints(text)[0]


LENGTHS = [
    (("name: a, type: u8, count: 255, length: n", "name: n, type: u8"), None),
    (("name: n, type: u16", "name: a, type: u8, count: 300, length: n"), None),
    (("name: a, type: u8, length: n", "name: n, type: u8"), "'length' belongs to an array; give 'a' a 'count', or leave 'length' out"),
    (("name: a, type: u8, count: 256, length: n", "name: n, type: u8"), "'n' is u8 and counts to 255, but 'a' has 256 elements"),
    (("name: a, type: u8, count: 2, length: n", "name: n, type: i8"),
     "the length of 'a' is in 'n', which must be a single u8, u16, u32 or u64"),
    (("name: a, type: u8, count: 2, length: n", "name: n, type: u8, count: 2"),
     "the length of 'a' is in 'n', which must be a single u8, u16, u32 or u64"),
    (("name: a, type: u8, count: 2, length: n", "name: n, type: side"),
     "the length of 'a' is in 'n', which must be a single u8, u16, u32 or u64"),
    (("name: a, type: u8, count: 2, length: nn", "name: n, type: u8"),
     "message 'm' has no field 'nn' for the length of 'a'; did you mean 'n'?"),
    (("name: a, type: u8, count: 2, length: a",), "'a' cannot hold its own length; name another field of the message"),
]


@pytest.mark.parametrize("fields, expected", LENGTHS, ids=[expected or "fits" for _, expected in LENGTHS])
def test_length(fields, expected):
    only(message(*fields), expected)


@pytest.mark.parametrize("extra, expected", [
    ("    align: 3\n", "align 3 is not a power of two; the next is 4, the one before is 2"),
    ("    align: 4096\n    max_size: 8\n", None),
    ("    drop: free\n", "drop: 'free' is a function of the C library with another type; write a function of your own that calls it"),
    ("    drop: class\n", "drop: 'class' is a keyword of C++; choose another name"),
    ("    drop: ringc_drop\n", "drop: 'ringc_drop' is reserved for ringc itself; choose another name"),
    ("    drop: md_m_release\n", "drop: 'md_m_release' begins like the generated names of 'md_m'; choose a name outside 'md_'"),
    ("    drop: order_release\n", None),
])
def test_message_keys(extra, expected):
    only(message("name: a, type: u8", extra=extra), expected)


def test_a_field_is_named_once():
    _, diagnostics = load(message("name: a, type: u8", "name: a, type: u8"))
    (found,) = diagnostics.all()
    assert found.message == "message 'm' has two fields 'a'"
    assert (found.span.line, found.notes[0][0].line, found.notes[0][1]) == (10, 9, "the first is here")


@pytest.mark.parametrize("name", ["int", "class", "errno", "EOF", "stdin", "linux", "bool", "and", "st_atime", "EINVAL", "SIGINT"])
def test_a_field_name_that_c_or_c_plus_plus_takes_is_refused(name):
    (found,) = complaints(message(f"name: {name}, type: u8"))
    assert f"field: '{name}' is a" in found and found.endswith("choose another name")


CHANNELS = [
    ("message: tick, capacity: 1000, producers: single, consumers: single",
     "capacity 1000 is not a power of two; the next is 1024, the one before is 512"),
    ("message: tick, capacity: 1073741823, producers: single, consumers: single",
     "capacity 1073741823 is not a power of two; the next is 1073741824, the one before is 536870912"),
    ("message: tick, capacity: 1, producers: single, consumers: single", None),
    ("signal: 60, producers: multi", "signal 60 is not a power of two; the next is 64, the one before is 32"),
    (GATED + ", full: {policy: block, watermark: 63}", None),
    (GATED + ", full: {policy: block, watermark: 64}", "watermark 64 leaves no room; it must be below the capacity, 64"),
    (GATED + ", full: {policy: overwrite, watermark: 4}", "channel 'c': a watermark is for a broadcast that its subscribers hold back "
     "(full: block or reject); leave it out"),
    (QUEUE + ", full: {policy: block, watermark: 4}", "channel 'c': a watermark is for a broadcast that its subscribers hold back "
     "(full: block or reject); leave it out"),
    (QUEUE + ", tune: {release: 64}", None),
    (QUEUE + ", tune: {release: 3}", "release 3 is not a power of two; the next is 4, the one before is 2"),
    (QUEUE + ", tune: {release: 128}", "channel 'c': release 128 is more than its 64 slots"),
    (QUEUE + ", full: drop_oldest, tune: {release: each}", None),
    (QUEUE + ", full: drop_oldest, tune: {release: 4}", "channel 'c': 'release' must be 'each' with drop_oldest: a message that was "
     "taken but not released would be evicted, and dropped, again"),
    (QUEUE + ", full: drop_oldest, tune: {goal: latency, layout: packed, prefetch: 0, settle: 0, pause: false}", None),
    (QUEUE + ", full: drop_oldest, tune: {layout: stamped}",
     "channel 'c': its layout must be 'packed': with drop_oldest the producer may take any slot back at any time"),
    (QUEUE + ", full: drop_oldest, tune: {prefetch: {producer: 1}}",
     "channel 'c': nothing can be prefetched: with drop_oldest the producer may take any slot back at any time"),
    (QUEUE + ", full: drop_oldest, tune: {prefetch: {consumer: 1}}",
     "channel 'c': nothing can be prefetched: with drop_oldest the producer may take any slot back at any time"),
    (QUEUE + ", full: drop_oldest, tune: {settle: 1}", "channel 'c': leave 'settle' out: with drop_oldest the producer may "
     "take any slot back at any time, and a consumer that waits loses more"),
    (QUEUE.replace("producers: single", "producers: multi") + ", tune: {layout: stamped, prefetch: 4, settle: 1}", None),
    ("signal: 4, producers: multi, tune: {release: 4}", "channel 'c': a signal channel releases no slots; leave 'release' out"),
    (GATED + ", tune: {layout: packed}", "channel 'c': the layout of a broadcast is 'stamped': each slot says which message it holds; leave "
     "'layout' out"),
    (GATED + ", full: overwrite, tune: {prefetch: {consumer: 1}}", "channel 'c': a broadcast prefetches nothing: a slot that is fetched "
     "ahead is taken from the subscribers that read it; leave 'prefetch' out"),
    (GATED + ", full: reject, tune: {settle: 1}", None),
    (GATED + ", full: overwrite, tune: {settle: 1}", "channel 'c': with 'full: overwrite' nobody settles: the producer waits for nobody, "
     "and a subscriber that waits misses more; leave 'settle' out"),
    (GATED.replace("producers: single", "producers: multi") + ", full: block, tune: {settle: 1}", "channel 'c': only one producer "
     "settles: many share what they know of the subscribers; leave 'settle' out"),
    (GATED + ", tune: {release: 2}", "channel 'c': 'release' must be 'each' for a broadcast: a subscriber that wants to give messages back "
     "later subscribes with RINGC_HOLDING"),
    (GATED + ", tune: {layout: stamped, release: each, prefetch: 0, settle: 0, pause: false}", None),
    (GATED.replace("broadcast: 2", "broadcast: 2, lossy: false") + ", full: overwrite", "channel 'c': with 'full: overwrite' nobody waits for "
     "a subscriber, so all are lossy; use 'block' or 'reject', or leave it out"),
    (GATED.replace("broadcast: 2", "broadcast: 2, lossy: false") + ", full: reject", None),
    (GATED.replace("broadcast: 2", "broadcast: 2, lossy: true") + ", full: overwrite", None),
]


@pytest.mark.parametrize("text, expected", CHANNELS, ids=[text for text, _ in CHANNELS])
def test_channel(text, expected):
    only(channel(text), expected)


@pytest.mark.parametrize("text, key", [
    ("capacity: 4, producers: single, consumers: {broadcast: 2}, full: overwrite", "full: "),
    ("latest: true, producers: single, consumers: {broadcast: 2}", "message: "),
])
def test_a_message_with_a_drop_function_is_not_for_readers_with_copies(text, key):
    base = HEAD + "messages: {tick: {drop: give_back, fields: [{name: a, type: u8}]}}\n"
    _, diagnostics = load(channel("message: tick, " + text, base))
    (found,) = diagnostics.all()
    assert "message 'tick' has a drop function, but every reader" in found.message
    assert found.notes[0][0].line == 4
    assert channel("message: tick, " + text, base).splitlines()[5][: found.span.column - 1].endswith(key)


def test_the_drop_function_of_an_imports_message_is_noted_in_the_import(tmp_path):
    common = COMMON.replace("  leg:\n", "  leg:\n    drop: give_back\n")
    text = HEAD + "imports: [common.yaml]\nchannels: {c: {message: leg, latest: true, producers: single, consumers: single}}\n"
    (found,) = load(text, tmp_path, common=common)[1].all()
    assert found.notes[0][0].file.endswith("common.yaml")


TARGETS = [
    ("[x86_64, x86_64]", "3:19 the target 'x86_64' is listed twice"),
    ("[]", "3:10 'targets': the list is empty"),
    ("[x86-64]", "3:11 unknown architecture 'x86-64'; did you mean 'x86_64'?"),
    ("[{arch: x86_64, features: [waitpk]}]", "3:37 unknown feature 'waitpk' of x86_64; did you mean 'waitpkg'?"),
    ("[{arch: aarch64, features: [waitpkg]}]", "3:38 unknown feature 'waitpkg' of aarch64; it may have 'lse'"),
    ("[{arch: riscv64, features: [zawrs, zawrs]}]", "3:45 the feature 'zawrs' is listed twice"),
    ("[{arch: generic, features: [lse]}]", "3:38 'generic' has no features, it runs anywhere; remove 'lse'"),
    ("[{arch: generic, line: 60}]", "3:33 line 60 is not a power of two; the next is 64, the one before is 32"),
    ("[{arch: generic, line: 128, spacing: 64}]", "3:47 spacing 64 is less than the line, 128"),
    ("[{arch: generic, line: 8}]", "3:33 'line' of target 1 is 8, but it must be 16 to 1024"),
]


@pytest.mark.parametrize("text, expected", TARGETS, ids=[text for text, _ in TARGETS])
def test_target(text, expected):
    (found,) = complaints(HEAD.replace("[x86_64]", text))
    assert found.startswith(expected)


def test_every_known_feature_is_accepted():
    accepted(HEAD.replace("[x86_64]", "[{arch: x86_64, features: [waitpkg, movdir64b, prefetchw, avx512f]}, {arch: aarch64, features: [lse, wfxt]}, "
                          "{arch: riscv64, features: [zihintpause, zicbop, zawrs, zacas]}, generic]"))


def channels(*names):
    return BASE + "channels:\n" + "".join(f"  {name}: {{{QUEUE}}}\n" for name in names)


COLLISIONS = [
    (channels("ticks", "ticks_try"), "7:3 channel 'ticks_try' and channel 'ticks' both make the C name 'md_ticks_try_push'; rename one"),
    (channels("tick"), "6:3 channel 'tick' and message 'tick' both make the C name 'md_tick'; rename one"),
    (channels("types"), "6:3 channel 'types' would be written to types.h, which each package has of its own; rename it"),
    (channels("Types"), "6:3 channel 'Types' would be written to Types.h, which each package has of its own; rename it"),
    (channels("reflect"), "6:3 channel 'reflect' would be written to reflect.h"),
    (channels("md"), "6:3 channel 'md' would be written to md.h"),
    (channels("Ticks", "ticks"), "7:3 channel 'ticks' and channel 'Ticks' make the files 'ticks.h' and 'Ticks.h', which some file systems take for one"),
    (HEAD + "constants: {VERSION: 1}\n", "4:13 constant 'VERSION' and the package both make the C name 'MD_VERSION'; rename one"),
    (HEAD + "constants: {SIDE_BUY: 1}\nenums: {side: {type: u8, values: {buy: 0}}}\n",
     "5:35 value 'buy' of enum 'side' and constant 'SIDE_BUY' both make the C name 'MD_SIDE_BUY'"),
    (HEAD + "enums: {m: {type: u8, values: {a: 0}}}\nmessages: {m: {fields: [{name: a, type: u8}]}}\n",
     "5:12 message 'm' and enum 'm' both make the C name 'md_m'"),
    (channels("package") + "messages: {}\n", None),
    (HEAD.replace("md", "uint8") + "constants: {max: 3}\n", "4:13 constant 'max': the C name 'UINT8_MAX' is a macro"),
    (HEAD.replace("md", "uint8") + "messages: {t: {fields: [{name: a, type: u8}]}}\n",
     "4:12 message 't': the C name 'uint8_t' is a type of the standard headers"),
    (HEAD.replace("md", "class"), "2:10 package: 'class' is a keyword of C++; choose another name"),
    (HEAD.replace("md", "ringc"), "2:10 package: 'ringc' is reserved for ringc itself; choose another name"),
    (HEAD + "messages: {a: {drop: f, fields: [{name: x, type: u8}]}, b: {drop: f, fields: [{name: x, type: u8}]}}\n",
     "4:67 'f' is the drop function of message 'b' and the drop function of message 'a'; each takes another type"),
]


@pytest.mark.parametrize("text, expected", [case for case in COLLISIONS if case[1]], ids=[case[1][:50] for case in COLLISIONS if case[1]])
def test_names_that_meet(text, expected):
    (found,) = complaints(text)
    assert found.startswith(expected)


def test_a_collision_notes_the_other_place():
    (found,) = load(channels("ticks", "ticks_try"))[1].all()
    assert (found.notes[0][0].line, found.notes[0][1]) == (6, "the other is here")


def test_a_name_of_an_import_can_be_met_too(tmp_path):
    other = HEAD.replace("md", "md_x") + "messages: {tick: {fields: [{name: a, type: u8}]}}\n"
    text = HEAD + "imports: [other.yaml]\nmessages: {x_tick: {fields: [{name: a, type: u8}]}}\n"
    (found,) = load(text, tmp_path, other=other)[1].all()
    assert "both make the C name 'md_x_tick'" in found.message and found.notes[0][1] == "the other is here in package 'md_x'"


def test_the_c_names_of_a_package_are_listed_with_what_makes_them():
    text = BASE + "constants: {MAX: 8}\nenums: {side: {type: u8, values: {buy: 0}}}\nchannels: {orders: {%s}, wide: {%s}}\n" % (QUEUE, GATED)
    text += "buses: {market: {topics: {t: {channel: wide}}}}\npipelines: {risk: {channel: wide, stages: {a: {}}}}\n"
    names = dict(check.c_names(accepted(text)))
    wanted = """md_tick MD_TICK_INIT MD_TICK_SIZE md_tick_info md_tick_is_valid md_side MD_SIDE_BUY md_side_name md_side_is_valid
        md_side_info MD_MAX md_orders md_orders_producer md_orders_consumer md_orders_try_push md_orders_push_evict md_orders_drain_n
        MD_ORDERS_CAPACITY MD_ORDERS_ALIGN MD_ORDERS_SIZE md_wide_subscriber md_wide_try_publish md_market_bus md_risk_pipeline
        MD_VERSION md_package_info"""
    assert [name for name in wanted.split() if name not in names] == []
    assert names["md_orders_try_push"] == ("channels", "orders") and names["MD_SIDE_BUY"] == ("enums", "side", "values", "buy")


def pipeline(stages, keys=GATED):
    return BASE + f"channels: {{c: {{{keys}}}}}\npipelines: {{p: {{channel: c, stages: {{{stages}}}}}}}\n"


PIPELINES = [
    (pipeline("a: {}, b: {after: a}"), None),
    (pipeline("a: {after: b}, b: {after: a}"), "6:49 the stages of pipeline 'p' wait for one another: a -> b -> a (each after the next)"),
    (pipeline("a: {after: a}"), "the stages of pipeline 'p' wait for one another: a -> a"),
    (pipeline("check: {}, b: {after: [chek]}"), "pipeline 'p' has no stage 'chek'; did you mean 'check'?"),
    (pipeline("a: {}, b: {after: [a, a]}"), "stage 'b' names 'a' twice"),
    (pipeline("a: {}, b: {}, d: {}"), "pipeline 'p' has 3 stages, but 'c' has places for 2 subscribers"),
    (pipeline("a: {core: 4096}"), "'core' of stage 'a' is 4096, but it must be 0 to 4095"),
    (pipeline("a: {}", QUEUE), "pipeline 'p' needs a broadcast that its stages can hold back"),
    (pipeline("a: {}", GATED + ", full: overwrite"), "pipeline 'p' needs a broadcast that its stages can hold back"),
    (pipeline("a: {}").replace("channel: c", "channel: cc"), "unknown channel 'cc'; did you mean 'c'?"),
    (HEAD + "channels: {}\npipelines: {p: {channel: c, stages: {a: {}}}}\n", "unknown channel 'c'"),
]


@pytest.mark.parametrize("text, expected", PIPELINES, ids=[expected or "fits" for _, expected in PIPELINES])
def test_pipeline(text, expected):
    found = complaints(text)
    assert (found == []) if expected is None else (len(found) == 1 and expected in found[0])


BUSES = [
    ("topics: {t: {channel: c, instances: 65536}}, dynamic: {message: tick, capacity: 4, topics: 2}", None),
    ("topics: {t: {channel: q}}", "topic 't' needs a broadcast or a latest channel; 'q' is a queue"),
    ("topics: {t: {channel: s}}", "topic 't' needs a broadcast or a latest channel; 's' is a signal"),
    ("topics: {t: {channel: x}}", "unknown channel 'x'"),
    ("topics: {t: {channel: c, instances: 0}}", "'instances' of topic 't' is 0"),
    ("dynamic: {message: tick, capacity: 5, topics: 2}", "capacity 5 is not a power of two"),
    ("dynamic: {message: tik, capacity: 4, topics: 2}", "unknown message 'tik'; did you mean 'tick'?"),
]


@pytest.mark.parametrize("text, expected", BUSES, ids=[expected or "fits" for _, expected in BUSES])
def test_bus(text, expected):
    text = BASE + f"channels: {{c: {{{GATED}}}, q: {{{QUEUE}}}, s: {{signal: 4, producers: multi}}}}\nbuses: {{b: {{{text}}}}}\n"
    found = complaints(text)
    assert (found == []) if expected is None else (len(found) == 1 and expected in found[0])


def test_a_schema_of_types_alone_is_fine_and_needs_targets_all_the_same():
    accepted(BASE)
    assert complaints(BASE.replace("targets: [x86_64]\n", "")) == ["1:1 the schema lacks the key 'targets'"]


def test_an_imported_schema_is_checked_too(tmp_path):
    (found,) = load(HEAD + "imports: [common.yaml]\n", tmp_path, common=COMMON.replace("lot: 0", "lot: 256"))[1].all()
    assert found.span.file.endswith("common.yaml") and "'lot' of enum 'unit' is 256" in found.message


def test_the_order_of_complaints_is_the_same_from_run_to_run():
    text = channels("ticks", "ticks_try", "types", "tick") + "enums: {e: {type: u8, values: {a: 256, b: 300}}}\n"
    assert complaints(text) == complaints(text) and len(complaints(text)) == 5
