"""The model pass: how scalars are resolved, and what is said about keys and values of the wrong shape."""

import pytest
from frontend import BASE, HEAD, QUEUE, accepted, channel, complaints

from generator.read import resolve_scalar
from generator.source import Scalar, Span

SPAN = Span("s.yaml", 1, 1, 1, 2)


@pytest.mark.parametrize("text, value", [
    ("0", 0), ("8", 8), ("-8", -8), ("+8", 8), ("0x10", 16), ("-0xFF", -255), ("1.5", 1.5), ("-1e-9", -1e-9), ("1e3", 1000.0),
    ("true", True), ("false", False),
    ("010", "010"), ("1_000", "1_000"), ("yes", "yes"), ("no", "no"), ("on", "on"), ("null", "null"), ("~", "~"), ("True", "True"),
    ("1:30", "1:30"), ("0o17", "0o17"), ("0b11", "0b11"), (".5", ".5"), ("5.", "5."), (".nan", ".nan"), ("2024-01-01", "2024-01-01"),
    ("1e-9 USD", "1e-9 USD"), ("9" * 5000, "9" * 5000),
])
def test_a_plain_scalar_is_an_integer_a_decimal_a_boolean_or_text(text, value):
    found = resolve_scalar(Scalar(text, True, SPAN))
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("text", ["8", "true", "1.5", "0x10"])
def test_a_quoted_scalar_is_always_text(text):
    assert resolve_scalar(Scalar(text, False, SPAN)) == text


def test_text_keys_take_any_scalar_as_it_is_written():
    schema = accepted(HEAD + "doc: 1.50\n")
    assert schema.doc == "1.50"


WRONG = [
    ("version: x", "4:10 'version': expected an integer, found the string 'x'"),
    ("version: '3'", "4:10 'version': expected an integer, found the string '3'; remove the quotes"),
    ("version: 1.0", "4:10 'version': expected an integer, found the decimal 1.0"),
    ("version: true", "4:10 'version': expected an integer, found the boolean true"),
    ("version: [1]", "4:10 'version': expected an integer, found a list"),
    ("version: {a: 1}", "4:10 'version': expected an integer, found a mapping"),
    ("version: -1", "4:10 'version' is -1, but it must be 0 to 4294967295"),
    ("version: 010", "4:10 'version': expected an integer, but '010' could be octal: write 10 without leading zeros"),
    ("version: 1_000", "4:10 'version': expected an integer, but '1_000' has separators: write 1000"),
    ("version: 0o17", "4:10 'version': expected an integer, but '0o17' is octal or binary: write a decimal or 0x number"),
    ("version: 4k", "4:10 'version': expected an integer, but '4k' has a suffix: write the number out"),
    ("version: ~", "4:10 'version': expected an integer, found the string '~'; there is no null, leave the key out"),
    ("version: yes", "4:10 'version': expected an integer, found the string 'yes'"),
    ("version:", "4:1 a value is missing for 'version'"),
    ("version: " + "9" * 100, "4:10 'version': expected an integer, but"),
    ("doc: [a]", "4:6 'doc': expected a text, found a list"),
    ("doc: null", "4:6 'doc': there is no null; leave the key out, or write \"null\" in quotes"),
    ("imports: common.yaml", "4:10 'imports': expected a list, found the string 'common.yaml'; write [ ] around it"),
    ("messages: 5", "4:11 'messages': expected a mapping from the name of each message, found the integer 5"),
    ("enums: {e: 5}", "4:12 enum 'e': expected a mapping with 'type' and 'values', found the integer 5"),
    ("enums: {e: {type: u8, values: {}}}", "4:31 'values' of enum 'e': at least one value is needed"),
    ("enums: {e: {type: u8, kinds: bits, values: {a: 1}}}", "4:23 unknown key 'kinds' in enum 'e'; did you mean 'kind'?"),
    ("enums: {e: {values: {a: 1}}}", "4:9 enum 'e' lacks the key 'type'"),
    ("messages: {m: {fields: []}}", "4:24 'fields' of message 'm': the list is empty; it needs at least one entry"),
    ("messages: {m: {fields: [{name: a, type: u8, count: 0}]}}", "4:52 'count' of field 'a' of message 'm' is 0, but it must be 1 to"),
    ("messages: {m: {fields: [{type: u8}]}}", "4:26 field 1 of message 'm' lacks the key 'name'"),
    ("messages: {m: {fields: [{name: a-b, type: u8}]}}", "4:32 'a-b' is not a name"),
    ("messages: {a__b: {fields: [{name: a, type: u8}]}}", "4:12 the name 'a__b' holds '__'"),
    ("mesages: {}", "4:1 unknown key 'mesages' in the schema; did you mean 'messages'?"),
    ("colour: red", "4:1 unknown key 'colour' in the schema; it may have 'ringc', 'package'"),
    ("pipelines: {p: {channel: c, stages: {a: }}}", "4:38 a value is missing for stage 'a'; write {} for one without keys"),
    ("buses: {b: {doc: x}}", "4:9 bus 'b' needs 'topics' or 'dynamic'"),
]


@pytest.mark.parametrize("text, expected", WRONG, ids=[text[:40] for text, _ in WRONG])
def test_says_what_is_wrong_with(text, expected):
    assert complaints(HEAD + text + "\n")[0].startswith(expected)


CHANNELS = [
    ("message: tick, capacity: 64, producers: singel, consumers: single", "unknown producer model 'singel'; did you mean 'single'?"),
    ("message: tick, capacity: 64, producers: {shard: 4}, consumers: single", "did you mean 'sharded'?"),
    ("message: tick, capacity: 64, producers: {xyz: 4}, consumers: single", "it may be 'sharded' or 'single'"),
    ("message: tick, capacity: 64, producers: single, consumers: 5",
     "'consumers' of channel 'c': expected 'single', {workers: N} or {broadcast: N}, found the integer 5"),
    ("message: tick, capacity: 64, producers: {sharded: 0}, consumers: single", "'sharded' of 'producers' of channel 'c' is 0"),
    ("message: tick, capacity: 2147483648, producers: single, consumers: single", "must be 1 to 1073741824"),
    ("message: tick, capacity: 64", "channel 'c' lacks the keys 'producers' and 'consumers'"),
    (QUEUE + ", full: blok", "unknown full policy 'blok'; did you mean 'block'?"),
    (QUEUE + ", full: {watermark: 4}", "'full' of channel 'c' lacks the key 'policy'"),
    (QUEUE + ", wait: prak", "unknown wait strategy 'prak'; did you mean 'park'?"),
    (QUEUE + ", wait: {}", "'wait' of channel 'c' lacks the key 'strategy'"),
    (QUEUE + ", wait: {produced: spin}", "did you mean 'producer'?"),
    (QUEUE + ", wait: {strategy: park, sleep_us: 4}", "the wait strategy 'park' has no 'sleep_us'; it has 'spin'"),
    (QUEUE + ", wait: {strategy: spin, spin: 4}", "the wait strategy 'spin' has no 'spin'; it has no parameters"),
    (QUEUE + ", wait: {strategy: monitor, timeout_us: 0}", "'timeout_us' of 'wait' of channel 'c' is 0"),
    (QUEUE + ", wait: {strategy: monitor, otherwise: monitor}", "cannot be 'monitor': it says how to wait where there is no monitor instruction"),
    (QUEUE + ", tune: {pause: on}", "expected true or false, found the string 'on'; write true"),
    (QUEUE + ", tune: {prefetch: {producer: 99}}", "must be 0 to 64"),
    (QUEUE + ", metrics: all", "unknown metrics 'all'; expected 'none' or 'counters'"),
    ("signal: 64, producers: multi, message: tick", "a signal has no 'message': it carries tokens, not messages"),
    ("signal: 64, producers: multi, capacity: 4", "a signal has no 'capacity'"),
    ("signal: 64, producers: multi, full: block", "a signal has no 'full'"),
    ("signal: 64, producers: multi, consumers: single", "a signal has no 'consumers'"),
    ("latest: true, message: tick, producers: single, consumers: single, capacity: 4", "a latest channel has no 'capacity'"),
    ("latest: true, message: tick, producers: single, consumers: single, full: block", "a latest channel has no 'full'"),
    ("latest: false, message: tick, producers: single, consumers: single", "'latest' can only be true"),
]


@pytest.mark.parametrize("text, expected", CHANNELS, ids=[text for text, _ in CHANNELS])
def test_says_what_is_wrong_with_a_channel(text, expected):
    found = complaints(channel(text))
    assert len(found) == 1 and expected in found[0]


def test_all_errors_of_a_schema_come_in_one_run():
    text = HEAD + "version: x\nmessages: {m: {fields: [{name: a, type: u9}]}}\nchannels: {c: {message: m, capacity: 5}}\n"
    assert [line.split(" ")[0] for line in complaints(text)] == ["4:10", "5:41", "6:12", "6:38"]


def test_a_key_that_is_misspelt_is_not_called_missing_too():
    assert len(complaints(channel("massage: tick, capacity: 64, producers: single, consumers: single"))) == 1


@pytest.mark.parametrize("text", [
    HEAD + "mesages: {tick: {}}\nchannels: {c: {" + QUEUE + "}}\n",
    HEAD + "messages: 5\nchannels: {c: {" + QUEUE + "}}\n",
    HEAD + "messages: {tick: 5}\nchannels: {c: {" + QUEUE + "}}\n",
    BASE + "channels: {c: 5}\npipelines: {p: {channel: c, stages: {a: {}}}}\n",
    BASE + "channels: 5\nbuses: {b: {topics: {t: {channel: c}}}}\n",
    HEAD + "enums: {side: {type: u9, values: {buy: 300}}}\nmessages: {m: {fields: [{name: s, type: side, default: buy}]}}\n",
    HEAD + "messages: {m: {fields: [{name: a, type: u8, count: 3, length: n}, {name: n, type: u9}]}}\n",
    HEAD + "messages: {m: {fields: [{name: a, type: u8, count: 3, length: n}, {name: ~, type: u8}]}}\n",
    HEAD + "constants: {N: x y}\nmessages: {m: {fields: [{name: a, type: u8, count: N}]}}\n",
])
def test_what_depends_on_a_broken_part_is_not_reported_too(text):
    assert len(complaints(text)) == 1


def test_another_version_of_the_language_is_the_only_complaint():
    assert complaints("ringc: 2\nfuture: [1]\n") == ["1:8 'ringc' is 2, but this compiler reads version 1"]
