"""The model pass: located nodes in, located plain values out, everything of the wrong shape reported on the way.

One function a shape of the grammar. Scalars are resolved here and nowhere else: decimal and 0x integers, decimals, true and false;
anything else, and whatever stands in quotes, is text. What cannot be read becomes a Value whose data is BROKEN: it keeps its name
and its place, so that later passes neither miss it nor complain about it again.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Callable, Iterator

from . import grammar, names
from .diagnostics import Diagnostics, article, listed, nearest, quote
from .source import Invalid, Mapping, Node, Scalar, Sequence, Span


class _Broken:
    """The data of a value that has been refused."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN = _Broken()


class ConstantName(str):
    """The name of a constant where an integer stands. `words`: what else could stand there."""

    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """What a node says. data: int, float, bool, str, ConstantName, a tuple of Values (list), a dict of Values (record, map) or
    BROKEN. what: its name in messages ("'capacity' of channel 'orders'"). key: where the key that leads here stands. shape: the form
    of the grammar that was read."""

    data: object
    span: Span
    what: str
    shape: grammar.Shape
    key: Span | None = None

    @property
    def place(self) -> Span:
        return self.key or self.span


_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_HEX = re.compile(r"[-+]?0x[0-9A-Fa-f]+\Z")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
_MAX_DIGITS = 64

#: Spellings of other languages: (pattern, sentence about it).
_FOREIGN_NUMBERS = (
    (re.compile(r"([-+]?)0+([0-9]+)(\.[0-9]*)?\Z"), "could be octal: write {1}{2}{3} without leading zeros"),
    (re.compile(r"[-+]?[0-9][0-9_,']*[_,'][0-9][0-9_,']*\Z"), "has separators: write {digits}"),
    (re.compile(r"[-+]?0[obOB][0-9]+\Z"), "is octal or binary: write a decimal or 0x number"),
    (re.compile(r"[-+]?0X[0-9A-Fa-f]+\Z"), "has a capital X: write {lower}"),
    (re.compile(r"([-+]?[0-9]+) ?[kKmMgG]i?[bB]?\Z"), "has a suffix: write the number out"),
    (re.compile(r"[-+]?\.[0-9]+\Z|[-+]?[0-9]+\.\Z"), "needs a digit on both sides of the point"),
    (re.compile(r"[-+]?\.?(?:nan|inf|infinity)\Z", re.IGNORECASE), "is not a finite number"),
)
_NULLS = {"null", "Null", "NULL", "~"}
_YAML_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false", "true": "true", "false": "false"}


def resolve_scalar(scalar: Scalar) -> int | float | bool | str:
    """The value of a scalar by the rules of the schema language."""
    text = scalar.text
    if not scalar.plain:
        return text
    if text in ("true", "false"):
        return text == "true"
    if len(text) <= _MAX_DIGITS:
        if _INTEGER.match(text):
            return int(text)
        if _HEX.match(text):
            return int(text, 16)
        if _DECIMAL.match(text):
            return float(text)
    return text


def describe(node: Node) -> str:
    """What a node is, for "expected ..., found ..."."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    value = resolve_scalar(node)
    kinds = {bool: "the boolean", int: "the integer", float: "the decimal", str: "the string"}
    return f"{kinds[type(value)]} {quote(node.text) if isinstance(value, str) else node.text}"


def read(node: Node, diagnostics: Diagnostics) -> Value:
    """The whole schema as a Value of grammar.SCHEMA. Of a schema in another version of the language only that is reported."""
    for key, value in node.entries if isinstance(node, Mapping) else ():
        number = resolve_scalar(value) if isinstance(value, Scalar) else None
        if key.text == "ringc" and type(number) is int and number != grammar.LANGUAGE:
            diagnostics.error(value.span, f"'ringc' is {number}, but {grammar.SCHEMA.key('ringc').shape.why}")
            return Value(BROKEN, node.span, "the schema", grammar.SCHEMA)
    return Reader(diagnostics).value(node, grammar.SCHEMA, "the schema")


class Reader:
    """Reads nodes by shape. `what` names the value for messages: "capacity of channel 'orders'"."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._readers: dict[type, Callable] = {
            grammar.Integer: self._integer,
            grammar.IntegerOrConstant: self._integer,
            grammar.Boolean: self._boolean,
            grammar.Text: self._text,
            grammar.Identifier: self._identifier,
            grammar.Reference: self._reference,
            grammar.Literal: self._literal,
            grammar.Choice: self._choice,
            grammar.ListOf: self._list,
            grammar.MapOf: self._map,
            grammar.Record: self._record,
            grammar.OneOf: self._one_of,
        }

    def value(self, node: Node, shape: grammar.Shape, what: str, key: Span | None = None) -> Value:
        if isinstance(node, Invalid):
            return Value(BROKEN, node.span, what, shape, key)
        if isinstance(node, Scalar) and node.plain and not node.text:
            return self._missing(node, shape, what, key)
        data, shape = self._readers[type(shape)](node, shape, what)
        if isinstance(data, dict) and isinstance(shape, grammar.Record) and node.is_whole:
            self._missing_keys(node, shape, what, key)
        return Value(data, node.span, what, shape, key)

    def _missing(self, node: Scalar, shape: grammar.Shape, what: str, key: Span | None) -> Value:
        hint = "; write {} for one without keys" if isinstance(shape, grammar.Record) and not any(k.required for k in shape.keys) else ""
        self._error(key or node.span, f"a value is missing for {what}{hint}")
        return Value(BROKEN, node.span, what, shape, key)

    def _error(self, span: Span, message: str, notes: tuple = ()) -> object:
        self._diagnostics.error(span, message, notes)
        return BROKEN

    def _expected(self, node: Node, expected: str, what: str, hint: str = "") -> object:
        hint = "; there is no null, leave the key out" if self._null(node) else hint
        return self._error(node.span, f"{what}: expected {expected}, found {describe(node)}{hint}")

    def _null(self, node: Node) -> bool:
        return isinstance(node, Scalar) and node.plain and node.text in _NULLS

    def _integer(self, node: Node, shape: grammar.Integer, what: str, expected: str = "") -> tuple:
        """`expected`: what could stand here, when the integer is one form of several."""
        constants = isinstance(shape, grammar.IntegerOrConstant)
        expected = expected or ("an integer or the name of a constant" if constants else "an integer")
        value = resolve_scalar(node) if isinstance(node, Scalar) else None
        if type(value) is int:
            complaint = out_of_range(value, shape, what)
            return (self._error(node.span, complaint) if complaint else value), shape
        if type(value) is str and node.plain:
            foreign = _foreign(node.text)
            if foreign:
                return self._error(node.span, f"{what}: expected {expected}, but {foreign}"), shape
            if constants and not self._null(node) and node.text not in _YAML_BOOLEANS and names.looks_like_reference(node.text):
                return ConstantName(node.text), shape
        return self._expected(node, expected, what, _quotes_hint(node)), shape

    def _boolean(self, node: Node, shape: grammar.Boolean, what: str) -> tuple:
        value = resolve_scalar(node) if isinstance(node, Scalar) else None
        if type(value) is bool:
            return value, shape
        word = _YAML_BOOLEANS.get(node.text.lower()) if isinstance(node, Scalar) else None
        hint = f"; write {word}" if word else ""
        return self._expected(node, "true or false", what, hint), shape

    def _text(self, node: Node, shape: grammar.Text, what: str) -> tuple:
        if not isinstance(node, Scalar):
            return self._expected(node, "a text", what), shape
        if self._null(node):
            return self._error(node.span, f"{what}: there is no null; leave the key out, or write \"{node.text}\" in quotes"), shape
        return node.text, shape

    def _word(self, node: Node, noun: str, what: str) -> object:
        value = resolve_scalar(node) if isinstance(node, Scalar) else None
        if type(value) is not str or self._null(node):
            return self._expected(node, f"the name of {article(noun)}", what)
        return value

    def _identifier(self, node: Node, shape: grammar.Identifier, what: str) -> tuple:
        word = self._word(node, shape.noun, what)
        malformed = names.malformed(word) if isinstance(word, str) else None
        return (self._error(node.span, malformed) if malformed else word), shape

    def _reference(self, node: Node, shape: grammar.Reference, what: str) -> tuple:
        return self._word(node, shape.noun, what), shape

    def _literal(self, node: Node, shape: grammar.Literal, what: str) -> tuple:
        if isinstance(node, Mapping):
            return self._expected(node, "a value or a list of values", what), shape
        if isinstance(node, Sequence):
            return self._list(node, grammar.ListOf(_ITEM), what)[0], shape
        value = resolve_scalar(node)
        if isinstance(value, float) and not math.isfinite(value):
            return self._error(node.span, f"{what}: {node.text} is too large for any type"), shape
        if self._null(node):
            return self._error(node.span, f"{what}: there is no null; leave the key out"), shape
        foreign = _foreign(node.text) if isinstance(value, str) and node.plain else ""
        if foreign:
            return self._error(node.span, f"{what}: {foreign}; a text goes in quotes"), shape
        return value, shape

    def _choice(self, node: Node, shape: grammar.Choice, what: str, expected: str = "", forms: dict[str, str] = {}) -> tuple:
        """`expected`: what could stand here, when the choice is one form of several; `forms`: how to write some of these, by word."""
        word = node.text if isinstance(node, Scalar) else None
        if word in shape.words:
            return word, shape
        expected = expected or listed(shape.words)
        if word is None or type(resolve_scalar(node)) is not str or self._null(node):
            return self._expected(node, expected, what), shape
        why = dict(shape.absent).get(word)
        if why:
            return self._error(node.span, f"{what} cannot be {quote(word)}: {why}; expected {expected}"), shape
        hint = f"; write {forms[word]}" if word in forms else self._diagnostics.nearest(word, shape.words) or f"; expected {expected}"
        return self._error(node.span, f"unknown {shape.noun} {quote(word)}{hint}"), shape

    def _list(self, node: Node, shape: grammar.ListOf, what: str) -> tuple:
        if not isinstance(node, Sequence):
            hint = "; write [ ] around it" if isinstance(node, Scalar) else "; start each entry with '- '"
            return self._expected(node, "a list", what, hint), shape
        if len(node.items) < shape.minimum:
            return self._error(node.span, f"{what}: the list is empty; it needs at least one entry"), shape
        entries = enumerate(node.items, 1)
        return tuple(self.value(item, shape.item, _item(item, shape.item, number, what)) for number, item in entries), shape

    def _map(self, node: Node, shape: grammar.MapOf, what: str) -> tuple:
        if not isinstance(node, Mapping):
            return self._expected(node, f"a mapping from the name of each {shape.noun}", what), shape
        if len(node.entries) < shape.minimum:
            return self._error(node.span, f"{what}: at least one {shape.noun} is needed"), shape
        return {key.text: self._named(key, value, shape) for key, value in node.entries}, shape

    def _named(self, key: Scalar, node: Node, shape: grammar.MapOf) -> Value:
        malformed = names.malformed(key.text)
        if malformed:
            self._error(key.span, malformed)
        return self.value(node, shape.value, f"{shape.noun} {quote(key.text)}", key.span)

    def _record(self, node: Node, shape: grammar.Record, what: str) -> tuple:
        if not isinstance(node, Mapping):
            required = [key.name for key in shape.keys if key.required]
            keys = listed(required, "and") if required else listed(shape.any_of or shape.names)
            return self._expected(node, f"a mapping with {keys}", what), shape
        data: dict[str, Value] = {}
        for key, value in node.entries:
            known = shape.key(key.text)
            if known is None:
                self._unknown_key(key, shape, what)
            else:
                data[key.text] = self.value(value, known.shape, _of(key.text, what), key.span)
        return data, shape

    def _unknown_key(self, key: Scalar, shape: grammar.Record, what: str) -> None:
        why = dict(shape.absent).get(key.text)
        if why:
            self._error(key.span, f"{article(shape.noun)} has no '{key.text}': {why}")
            return
        hint = self._diagnostics.nearest(key.text, shape.names) or f"; it may have {listed(shape.names, 'and')}"
        self._error(key.span, f"unknown key {quote(key.text)} in {what}{hint}")

    def _missing_keys(self, node: Mapping, shape: grammar.Record, what: str, place: Span | None) -> None:
        """Report required keys that are not there. A key that is close to a missing one has been called unknown already."""
        present = [key.text for key, _ in node.entries]
        unknown = [word for word in present if shape.key(word) is None]
        missing = [key.name for key in shape.keys if key.required and key.name not in present
                   and not any(self._diagnostics.nearest(word, (key.name,)) for word in unknown)]
        if missing:
            keys = f"the key {listed(missing)}" if len(missing) == 1 else f"the keys {listed(missing, 'and')}"
            self._error(place or _start(node), f"{what} lacks {keys}")
        elif shape.any_of and not unknown and not any(name in present for name in shape.any_of):
            self._error(place or node.span, f"{what} needs {listed(shape.any_of)}")

    def _one_of(self, node: Node, shape: grammar.OneOf, what: str) -> tuple:
        if isinstance(node, Mapping) and node.entries and shape.records and _unmarked(node, shape):
            return self._no_form(node, shape, what), shape
        form = _form(node, shape)
        if isinstance(form, grammar.Choice):
            return self._choice(node, form, what, _expectations(shape), _marked_forms(shape))
        if isinstance(form, grammar.Integer):
            return self._alternative(self._integer(node, form, what, _expectations(shape)), shape)
        if form is not None:
            return self._readers[type(form)](node, form, what)
        return self._expected(node, _expectations(shape), what), shape

    def _alternative(self, found: tuple, shape: grammar.OneOf) -> tuple:
        """`found`, an integer of `shape`; the name of a constant is told which words it could have been instead."""
        if isinstance(found[0], ConstantName):
            found[0].words = tuple(word for form in shape.forms if isinstance(form, grammar.Choice) for word in form.words)
        return found

    def _no_form(self, node: Mapping, shape: grammar.OneOf, what: str) -> object:
        """Refuse a mapping that has none of the keys that tell the record forms of `shape` apart."""
        key = node.entries[0][0]
        owner = next((record for record in shape.records if key.text in record.names), None)
        if owner is not None:
            return self._error(key.span, f"{what} lacks the key {quote(owner.marks[0])}, with which {quote(key.text)} goes")
        return self._error(key.span, f"unknown key {quote(key.text)} in {what}; it may be {listed(shape.marks)}")


_ITEM = grammar.Literal()


def out_of_range(value: int, shape: grammar.Integer, what: str) -> str:
    """The sentence that refuses `value`, or "" when it is inside the bounds of `shape`."""
    if shape.minimum <= value <= shape.maximum:
        return ""
    if shape.why:
        return f"{what} is {value}, but {shape.why}"
    return f"{what} is {value}, but it must be {shape.minimum} to {shape.maximum}"


def _start(node: Mapping) -> Span:
    """A place for a complaint about a mapping that no key leads to."""
    return node.entries[0][0].span if node.entries else node.span


def _item(node: Node, shape: grammar.Shape, number: int, what: str) -> str:
    """The name of an entry of the list `what`: "field 'a' of message 'm'", "target 1", "item 2 of 'imports'"."""
    if not isinstance(shape, (grammar.Record, grammar.OneOf)):
        return f"item {number} of {what}"
    owner = what.partition(" of ")[2]
    entries = node.entries if isinstance(node, Mapping) else ()
    name = next((value.text for key, value in entries if key.text == "name" and isinstance(value, Scalar) and value.text), None)
    return f"{shape.noun} {quote(name) if name else number}{' of ' if owner else ''}{owner}"


def _of(key: str, what: str) -> str:
    return f"'{key}'" if what == "the schema" else f"'{key}' of {what}"


def _unmarked(node: Mapping, shape: grammar.OneOf) -> bool:
    """Whether every record form has marks and the mapping has nothing like them."""
    return bool(shape.marks) and not any(key.text in shape.marks or nearest(key.text, shape.marks) for key, _ in node.entries)


def _form(node: Node, shape: grammar.OneOf) -> grammar.Shape | None:
    """The form of `shape` that fits the kind of the node, or None."""
    if isinstance(node, Mapping):
        return _record_form([key.text for key, _ in node.entries], shape.records)
    wanted = grammar.ListOf if isinstance(node, Sequence) else None
    forms = [form for form in shape.forms if not isinstance(form, grammar.Record) and isinstance(form, grammar.ListOf) == bool(wanted)]
    if len(forms) < 2:
        return forms[0] if forms else None
    choice = next(form for form in forms if isinstance(form, grammar.Choice))
    rest = next(form for form in forms if form is not choice)
    return choice if node.text in choice.words else rest


def _record_form(keys: list[str], records: tuple[grammar.Record, ...]) -> grammar.Record | None:
    """The record that the keys mark, or that a misspelt key is near to marking, or the last one."""
    if not records:
        return None
    marked = next((record for record in records if any(key in record.marks for key in keys)), None)
    strange = [key for key in keys if records[-1].key(key) is None]
    near = next((record for record in records if any(nearest(key, record.marks) for key in strange)), None)
    return marked or near or records[-1]


def _expectations(shape: grammar.OneOf) -> str:
    """All forms of a value: "'single', {workers: ...} or {broadcast: ...}"."""
    forms = list(_forms(shape))
    return forms[0] if len(forms) == 1 else f"{', '.join(forms[:-1])} or {forms[-1]}"


def _forms(shape: grammar.OneOf) -> Iterator[str]:
    for form in shape.forms:
        if isinstance(form, grammar.Choice):
            yield from (f"'{word}'" for word in form.words)
        elif isinstance(form, grammar.Record):
            yield _sketch(form)
        elif isinstance(form, grammar.ListOf):
            yield "a list"
        elif isinstance(form, grammar.Integer):
            yield from ("an integer", "the name of a constant")
        else:
            yield f"the name of {article(shape.noun)}"


def _sketch(record: grammar.Record) -> str:
    """A record by the key that tells it from others: "{workers: N}", "{single: upgrade}", "{strategy: ...}"."""
    first = next((key.name for key in record.keys if key.required), record.names[0])
    name = record.marks[0] if record.marks else first
    shape = record.key(name).shape
    if isinstance(shape, grammar.Choice) and len(shape.words) == 1:
        return f"{{{name}: {shape.words[0]}}}"
    return f"{{{name}: {'N' if isinstance(shape, grammar.Integer) else '...'}}}"


def _marked_forms(shape: grammar.OneOf) -> dict[str, str]:
    """The word that marks a record form, or that such a form holds -> how to write it."""
    marks = {record.marks[0]: _sketch(record) for record in shape.records if record.marks}
    single = {key.shape.words[0]: _sketch(record) for record in shape.records for key in record.keys
              if isinstance(key.shape, grammar.Choice) and len(key.shape.words) == 1}
    return {**marks, **single}


def _foreign(text: str) -> str:
    """A sentence about a number in a spelling that the schema language does not have, or ""."""
    for pattern, sentence in _FOREIGN_NUMBERS:
        found = pattern.match(text)
        if found:
            groups = [group or "" for group in found.groups()]
            digits = re.sub(r"[_,']", "", text)
            return f"{quote(text)} " + sentence.format(text, *groups, digits=digits, lower=text.lower())
    if len(text) > _MAX_DIGITS and text.lstrip("+-").isdigit():
        return f"{quote(text)} has more digits than any type can hold"
    return ""


def _quotes_hint(node: Node) -> str:
    """"; remove the quotes" when the quoted text would be an integer without them."""
    if isinstance(node, Scalar) and not node.plain and type(resolve_scalar(Scalar(node.text, True, node.span))) is int:
        return "; remove the quotes"
    return ""
