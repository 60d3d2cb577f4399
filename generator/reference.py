"""The reference page of the schema language, in Markdown, made from the grammar so that it cannot say anything else."""

from __future__ import annotations

import json

from . import grammar, legality
from .grammar import Choice, Key, ListOf, MapOf, OneOf, Record
from .model import SCALARS

_HEAD = """\
# The schema language, version {language}

This page is generated (`ringc schema --reference`); the same description makes the compiler's reader and the JSON Schema.

A schema is YAML. Scalars are integers (decimal or 0x), decimals, `true`/`false` and strings, nothing else: what YAML 1.1 would
make of `on`, `no`, `1:30` or `010` is refused or a plain string. Anchors, aliases, merge keys, tags, several documents, tabs
in the indentation and duplicate keys are errors. Names are `[A-Za-z][A-Za-z0-9_]*`, at most {name} characters, without `__` and
without `_` at the end. Wherever a number stands, the name of a constant may stand.

For completion and checking in an editor, begin a schema with
`# yaml-language-server: $schema=ringc.schema.json`, which `ringc schema` prints and `schemas/ringc.schema.json` holds.
"""


def render() -> str:
    """The whole page."""
    rows = [_HEAD.format(language=grammar.LANGUAGE, name=grammar.MAX_NAME)]
    rows += _record("The top of a schema", grammar.SCHEMA)
    for title, record in _SECTIONS:
        rows += _record(title, record)
    rows += _types() + _choices() + _legality()
    return "\n".join(rows) + "\n"


_SECTIONS = (
    ("An entry of `targets`", grammar.TARGET.records[0]),
    ("`defaults`", grammar.DEFAULTS),
    ("An enum", grammar.ENUM),
    ("A message", grammar.MESSAGE),
    ("A field", grammar.FIELD),
    ("A channel: queue or broadcast", grammar.QUEUE),
    ("A channel: signal", grammar.SIGNAL),
    ("A channel: latest", grammar.LATEST),
    ("`wait`, in full", grammar.SIDE_WAIT.records[0]),
    ("`tune`, in full", grammar.TUNE.records[0]),
    ("`full`, in full", grammar.FULL.records[0]),
    ("A pipeline", grammar.PIPELINE),
    ("A stage of a pipeline", grammar.STAGE),
    ("A bus", grammar.BUS),
    ("A topic of a bus", grammar.TOPIC),
    ("Topics named at run time", grammar.DYNAMIC),
)


def _record(title: str, record: Record) -> list[str]:
    rows = [f"## {title}", "", "| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    rows += [f"| `{key.name}` | {_cell(_shape(key.shape))} | {_default(key)} | {_cell(key.doc)} |" for key in record.keys]
    return [*rows, ""]


def _default(key: Key) -> str:
    if key.required:
        return "required"
    if key.default in (None, "", ()):
        return ""
    return f"`{key.default if isinstance(key.default, str) else json.dumps(key.default)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


#: Shapes that many keys share, and where they are described.
_SHARED = (
    (grammar.WAIT, "a [strategy](#wait-strategies), [in full](#wait-in-full) with its parameters, or `{producer: …, consumer: …}`"),
    (grammar.SIDE_WAIT, "a [strategy](#wait-strategies), or [in full](#wait-in-full) with its parameters"),
    (grammar.TUNE, "`balanced` | `latency` | `throughput`, or [the knobs](#tune-in-full)"),
    (grammar.FULL, "a [policy](#full-policies), or [with a watermark](#full-in-full)"),
    (grammar.PRODUCERS, "see [producers](#producers)"),
    (grammar.CONSUMERS, "see [consumers](#consumers)"),
    (grammar.FIELD, "[field](#a-field)"),
    (grammar.TARGET, "architectures, or [in full](#an-entry-of-targets)"),
)


def _shape(shape: object) -> str:
    """A shape in a few words; records have tables of their own."""
    for known, words in _SHARED:
        if shape is known:
            return words
    if isinstance(shape, OneOf):
        return ", or ".join(_shape(form) for form in shape.forms)
    if isinstance(shape, Choice):
        return " | ".join(f"`{word}`" for word in shape.words)
    if isinstance(shape, Record):
        return "`{" + ", ".join(f"{key.name}: …" for key in shape.keys) + "}`"
    if isinstance(shape, ListOf):
        return f"list of {_plural(_shape(shape.item))}"
    if isinstance(shape, MapOf):
        return f"{shape.noun} names, each with a value"
    if isinstance(shape, grammar.IntegerOrConstant):
        return f"integer or constant, {_bounds(shape)}"
    if isinstance(shape, grammar.Integer):
        return f"integer, {_bounds(shape)}"
    if isinstance(shape, (grammar.Identifier, grammar.Reference)):
        return f"name of a {shape.noun}"
    return {grammar.Boolean: "`true` | `false`", grammar.Text: "text", grammar.Literal: "a value, or a list of values"}[type(shape)]


def _plural(words: str) -> str:
    """Of the few shapes that lists hold."""
    return {"text": "texts", "[field](#a-field)": "[fields](#a-field)", "name of a stage": "names of stages"}.get(words, words)


def _bounds(shape: grammar.Integer) -> str:
    if shape.minimum == shape.maximum:
        return f"{shape.minimum}"
    return f"{_power(shape.minimum)} to {_power(shape.maximum)}"


def _power(value: int) -> str:
    """A large power of two, or one less, as such."""
    for offset, suffix in ((0, ""), (1, " - 1")):
        whole = value + offset
        if abs(whole) > 1 << 16 and abs(whole) & (abs(whole) - 1) == 0:
            return f"{'-' if whole < 0 else ''}2^{abs(whole).bit_length() - 1}{suffix}"
    return str(value)


def _types() -> list[str]:
    rows = ["## Scalar types", "", "| type | in C | bytes |", "| --- | --- | --- |"]
    rows += [f"| `{name}` | `{c_type}` | {size} |" for name, (c_type, size, _, _) in SCALARS.items()]
    return [*rows, "", "`bool` holds 0 or 1 and enums one of their values; `<message>_is_valid` checks both.", ""]


def _choices() -> list[str]:
    rows = []
    for title, choice in (("Full policies", grammar.POLICY), ("Producers", grammar.PRODUCERS), ("Consumers", grammar.CONSUMERS)):
        rows += [f"## {title}", "", *_words(choice), ""]
    rows += ["## Wait strategies", ""]
    for strategy in grammar.STRATEGIES:
        given = ", ".join(f"{name} {value}" for name, value in strategy.parameters)
        rows.append(f"- `{strategy.name}`" + (f" ({given})" if given else "") + f": {strategy.doc}")
    return [*rows, ""]


def _words(shape: object) -> list[str]:
    if isinstance(shape, Choice):
        return [f"- `{word}`: {doc}" for word, doc in shape.values]
    if isinstance(shape, Record):
        return [f"- `{{{key.name}: …}}`: {key.doc}" for key in shape.keys]
    assert isinstance(shape, OneOf)
    return [row for form in shape.forms for row in _words(form)]


def _legality() -> list[str]:
    rows = ["## Which combinations exist", "", "| producers | consumers | full | what is generated |", "| --- | --- | --- | --- |"]
    for producers, consumers, full, verdict in legality.rows():
        rows.append(f"| {producers} | {consumers} | {full} | {_cell(verdict)} |")
    return rows
