"""The JSON Schema for editors accepts all that the compiler accepts; what only the compiler refuses is the list below."""

import re

import pytest
import yaml
from frontend import BASE, COMMON, HEAD, QUEUE, accepted, channel, complaints
from test_check import BUSES, CHANNELS, DEFAULTS, ENUMS, GATED, GOLDEN, LENGTHS, PIPELINES, message
from test_legality import ALL, LEGAL, as_schema

from generator import grammar, json_schema

jsonschema = pytest.importorskip("jsonschema")
VALIDATOR = jsonschema.Draft7Validator(json_schema.generate())


class _Editor(yaml.SafeLoader):
    """Resolves plain words as YAML 1.2's core schema does, which is what editors do."""


_Editor.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"), ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+0123456789."),
):
    _Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), list(first))
_Editor.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value.replace(".inf", "inf").replace(".nan", "nan")))


def errors(text):
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in VALIDATOR.iter_errors(yaml.load(text, _Editor))]


def test_is_a_draft_07_schema():
    jsonschema.Draft7Validator.check_schema(json_schema.generate())
    assert json_schema.generate()["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_is_the_same_from_run_to_run():
    assert json_schema.render() == json_schema.render() and json_schema.render().endswith("}\n")


ACCEPTED = [
    HEAD, BASE, COMMON, HEAD + "doc: 1.50\nversion: 0x10\n", HEAD + "constants: {A: B, B: -8, C: 18446744073709551615}\n",
    *(f"{HEAD}enums: {{e: {{{text}}}}}\n" for text, expected in ENUMS if expected is None),
    *(message(f"name: a, {text}") for text, expected in DEFAULTS if expected is None),
    *(message(*fields) for fields, expected in LENGTHS if expected is None),
    *(channel(text) for text, expected in CHANNELS if expected is None),
    *(text for text, expected in PIPELINES if expected is None),
    *(as_schema(*key) for key in ALL if key in LEGAL),
    *(channel(f"{QUEUE}, wait: {wait}") for wait in (
        "spin", "monitor", "{strategy: adaptive, spin: 1, yield: 0, sleep_us: 0}", "{producer: park, consumer: {strategy: park, spin: 9}}",
        "{strategy: monitor, timeout_us: 5, otherwise: {strategy: backoff, spin: 2}}")),
    *(channel(f"{QUEUE}, tune: {tune}") for tune in (
        "latency", "{}", "{release: each}", "{release: 8}", "{prefetch: 3}", "{prefetch: {producer: 1, consumer: 2}}",
        "{goal: throughput, layout: packed, settle: 4, pause: false}")),
    BASE + "constants: {N: 8}\nchannels: {c: {message: tick, capacity: N, producers: {sharded: md.N}, consumers: single, tune: {release: N}}}\n",
    BASE + "defaults: {wait: park, full: {policy: reject, watermark: 0}, tune: latency, metrics: counters}\n",
    BASE + f"channels: {{c: {{{GATED}}}}}\nbuses: {{b: {{{BUSES[0][0]}}}}}\n",
    HEAD.replace("[x86_64]", "[{arch: x86_64, features: [waitpkg], line: 64, spacing: 128}, generic]"),
]
RULE = "layout: packed, per_line: 1, release_share: 0, prefetch_producer: 0, prefetch_consumer: 0, settle: 0, pause: true"
GOALS = ("latency", "balanced", "throughput")
PROFILE = "ringc_profile: 1\nrules:\n" + "".join(f"  - {{goal: {goal}, {RULE}}}\n" for goal in GOALS)


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_the_compiler_accepts_is_accepted(text):
    accepted(text)
    assert errors(text) == []


def test_a_target_with_a_profile_is_accepted(tmp_path):
    text = BASE.replace("[x86_64]", "[{arch: x86_64, profile: server.yaml}]")
    accepted(text, tmp_path, server=PROFILE)
    assert errors(text) == []


def test_the_example_of_every_kind_is_accepted():
    assert errors((GOLDEN / "schema.yaml").read_text()) == []


#: What the shape of single values does not tell, by reason.
ONLY_THE_COMPILER = {
    "a reference that leads nowhere": channel("message: nope, capacity: 4, producers: single, consumers: single"),
    "an unknown constant": channel("message: tick, capacity: N, producers: single, consumers: single"),
    "an unknown type": message("name: a, type: u9"),
    "an import that is missing": HEAD + "imports: [nope.yaml]\n",
    "a cycle of messages": message("name: a, type: m"),
    "a cycle of constants": HEAD + "constants: {A: A}\n",
    "a cycle of stages": next(text for text, expected in PIPELINES if expected and "a -> a" in expected),
    "a number that is not a power of two": channel("message: tick, capacity: 5, producers: single, consumers: single"),
    "a combination that does not exist": channel(QUEUE + ", full: overwrite"),
    "a producer model of another kind of channel": channel("message: tick, capacity: 4, producers: local, consumers: single"),
    "a watermark that fits no channel": channel(QUEUE + ", full: {policy: block, watermark: 4}"),
    "a release interval with drop_oldest": channel(QUEUE + ", full: drop_oldest, tune: {release: 4}"),
    "a layout with drop_oldest": channel(QUEUE + ", full: drop_oldest, tune: {layout: stamped}"),
    "prefetching with drop_oldest": channel(QUEUE + ", full: drop_oldest, tune: {prefetch: 1}"),
    "settling with drop_oldest": channel(QUEUE + ", full: drop_oldest, tune: {settle: 1}"),
    "a profile that is missing": HEAD.replace("[x86_64]", "[{arch: x86_64, profile: nope.yaml}]"),
    "a parameter of another wait strategy": channel(QUEUE + ", wait: {strategy: spin, spin: 4}"),
    "latest: false": channel("latest: false, message: tick, producers: single, consumers: single"),
    "an enum value that does not fit": HEAD + "enums: {e: {type: u8, values: {a: 256}}}\n",
    "an enum value given twice": HEAD + "enums: {e: {type: u8, values: {a: 1, b: 1}}}\n",
    "a default that does not fit": message("name: a, type: u8, default: 256"),
    "a length that does not count": message("name: a, type: u8, count: 2, length: b"),
    "a field given twice": message("name: a, type: u8", "name: a, type: u8"),
    "a keyword": message("name: class, type: u8"),
    "two names that make one C name": BASE + f"channels: {{tick: {{{QUEUE}}}}}\n",
    "a file that each package has": BASE + f"channels: {{types: {{{QUEUE}}}}}\n",
    "a message named like a scalar type": HEAD + "messages: {u8: {fields: [{name: a, type: u16}]}}\n",
    "an unknown feature": HEAD.replace("[x86_64]", "[{arch: x86_64, features: [lse]}]"),
    "a target listed twice": HEAD.replace("[x86_64]", "[x86_64, x86_64]"),
    "a queue in a bus": BASE + f"channels: {{c: {{{QUEUE}}}}}\nbuses: {{b: {{topics: {{t: {{channel: c}}}}}}}}\n",
    "a spelling that YAML reads as a number": HEAD + "version: 010\n",
    "a decimal that is whole": HEAD + "version: 1.0\n",
}


@pytest.mark.parametrize("reason", ONLY_THE_COMPILER)
def test_only_the_compiler_refuses(reason):
    text = ONLY_THE_COMPILER[reason]
    assert errors(text) == []
    assert complaints(text) != []


@pytest.mark.parametrize("text", [
    HEAD + "mesages: {}\n", HEAD.replace("ringc: 1", "ringc: 2"), HEAD.replace("targets: [x86_64]\n", ""), HEAD + "version: -1\n",
    channel("message: tick, capacity: 4, producers: singel, consumers: single"), channel("signal: 4, producers: multi, full: block"),
    channel("message: tick, capacity: 0, producers: single, consumers: single"), channel(QUEUE + ", wait: {}"),
    message("name: a-b, type: u8"), message("name: a__b, type: u8"), message("name: a_, type: u8"), message("name: a, type: u8, count: 0"),
    HEAD + "messages: {a_: {fields: [{name: a, type: u8}]}}\n", HEAD + "buses: {b: {doc: x}}\n", HEAD + "doc: ~\n",
])
def test_what_the_shape_tells_is_refused_by_both(text):
    assert errors(text) != [] and complaints(text) != []


def test_every_key_of_the_grammar_has_a_description():
    def walk(node):
        if isinstance(node, dict):
            for name, value in node.get("properties", {}).items():
                assert value.get("description"), name
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
    walk(json_schema.generate())
    assert all(doc for strategy in grammar.STRATEGIES for doc in (strategy.doc,))
