"""The JSON Schema (draft-07) of the language, made from the grammar, so that editors complete and check schemas as they are typed.

It accepts all that the compiler accepts. What needs more than the shape of one value (references, cycles, sizes, collisions, legal
combinations) only the compiler refuses. A YAML editor resolves plain words by its own rules, hence the generous types of a text.
"""

from __future__ import annotations

import json

from . import grammar

DRAFT = "http://json-schema.org/draft-07/schema#"
TITLE = "ringc schema"
_REFERENCE = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?$"
_SCALAR = ["boolean", "number", "string"]


def generate() -> dict:
    """The whole document as plain data. A form that several keys share stands once, under "definitions"."""
    writer = _Writer(_shared(grammar.SCHEMA))
    head = {"$schema": DRAFT, "title": TITLE, "description": "Messages and the channels that carry them."}
    document = {**head, **writer.of(grammar.SCHEMA), "title": TITLE}
    return {**document, "definitions": {name: writer.form(shape) for name, shape in writer.shared.items()}}


def _parts(shape: grammar.Shape) -> list[grammar.Shape]:
    """The shapes directly inside a shape."""
    if isinstance(shape, grammar.Record):
        return [key.shape for key in shape.keys]
    if isinstance(shape, grammar.OneOf):
        return list(shape.forms)
    return [getattr(shape, name) for name in ("item", "value") if hasattr(shape, name)]


def _shared(root: grammar.Shape) -> dict[str, grammar.OneOf]:
    """The OneOfs that stand in more than one place, by a name made from their noun, in the grammar's order."""
    count: dict[int, int] = {}
    order: list[grammar.OneOf] = []
    waiting = [root]
    while waiting:
        shape = waiting.pop(0)
        count[id(shape)] = count.get(id(shape), 0) + 1
        if count[id(shape)] > 1:
            continue
        if isinstance(shape, grammar.OneOf):
            order.append(shape)
        waiting += _parts(shape)
    found: dict[str, grammar.OneOf] = {}
    for shape in order:
        if count[id(shape)] > 1:
            name = base = shape.noun.replace(" ", "_")
            number = 1
            while name in found:
                number += 1
                name = f"{base}_{number}"
            found[name] = shape
    return found


def render() -> str:
    """The document as it is written to a file: indented, keys in the grammar's order, a line end at the end."""
    return json.dumps(generate(), indent=2, ensure_ascii=True) + "\n"


class _Writer:
    """Writes shapes; `shared` are written as references."""

    def __init__(self, shared: dict[str, grammar.OneOf]) -> None:
        self.shared = shared
        self._names = {id(shape): name for name, shape in shared.items()}

    def of(self, shape: grammar.Shape) -> dict:
        """The JSON Schema of one shape."""
        name = self._names.get(id(shape))
        return {"allOf": [{"$ref": f"#/definitions/{name}"}]} if name else self.form(shape)

    def form(self, shape: grammar.Shape) -> dict:
        return _WRITERS[type(shape)](self, shape)

    def _integer(self, shape: grammar.Integer) -> dict:
        if shape.minimum == shape.maximum:
            return {"type": "integer", "const": shape.minimum}
        return {"type": "integer", "minimum": shape.minimum, "maximum": shape.maximum}

    def _integer_or_constant(self, shape: grammar.IntegerOrConstant) -> dict:
        name = {"type": "string", "pattern": _REFERENCE, "description": "The name of a constant."}
        return {"oneOf": [self._integer(shape), name]}

    def _identifier(self, shape: grammar.Identifier) -> dict:
        return {"type": "string", "pattern": grammar.NAME_PATTERN, "description": f"The name of a {shape.noun}."}

    def _reference(self, shape: grammar.Reference) -> dict:
        return {"type": "string", "pattern": _REFERENCE, "description": f"The name of a {shape.noun}."}

    def _literal(self, _: grammar.Literal) -> dict:
        return {"oneOf": [{"type": _SCALAR}, {"type": "array", "items": {"type": _SCALAR}}]}

    def _choice(self, shape: grammar.Choice) -> dict:
        """`enumDescriptions` is what YAML language servers show beside each word."""
        return {"type": "string", "enum": list(shape.words), "title": shape.noun, "enumDescriptions": [doc for _, doc in shape.values]}

    def _list(self, shape: grammar.ListOf) -> dict:
        found = {"type": "array", "items": self.of(shape.item)}
        return {**found, "minItems": shape.minimum} if shape.minimum else found

    def _map(self, shape: grammar.MapOf) -> dict:
        found = {"type": "object", "propertyNames": {"pattern": grammar.NAME_PATTERN}, "additionalProperties": self.of(shape.value)}
        return {**found, "minProperties": shape.minimum} if shape.minimum else found

    def _record(self, shape: grammar.Record) -> dict:
        found: dict = {"type": "object", "title": shape.noun, "additionalProperties": False,
                       "properties": {key.name: self._key(key) for key in shape.keys}}
        required = [key.name for key in shape.keys if key.required]
        if required:
            found["required"] = required
        if shape.any_of:
            found["anyOf"] = [{"required": [name]} for name in shape.any_of]
        return found

    def _key(self, key: grammar.Key) -> dict:
        found = {**self.of(key.shape), "description": key.doc}
        if key.default is not None and key.default != ():
            found["default"] = key.default
        return found

    def _one_of(self, shape: grammar.OneOf) -> dict:
        scalars = [form for form in shape.forms if isinstance(form, (grammar.Choice, grammar.Integer))]
        kind = "oneOf" if len(scalars) < 2 else "anyOf"  # a word of a Choice can also be a constant's name
        return {"title": shape.noun, kind: [self.of(form) for form in shape.forms]}


_WRITERS = {
    grammar.Integer: _Writer._integer,
    grammar.IntegerOrConstant: _Writer._integer_or_constant,
    grammar.Boolean: lambda *_: {"type": "boolean"},
    grammar.Text: lambda *_: {"type": _SCALAR},
    grammar.Identifier: _Writer._identifier,
    grammar.Reference: _Writer._reference,
    grammar.Literal: _Writer._literal,
    grammar.Choice: _Writer._choice,
    grammar.ListOf: _Writer._list,
    grammar.MapOf: _Writer._map,
    grammar.Record: _Writer._record,
    grammar.OneOf: _Writer._one_of,
}
