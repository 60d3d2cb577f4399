"""What a name stands for inside one package: its own things first, then `package.name` or a name that only one import has.

A name that cannot be found is reported once, with what is near; it is not reported when the package is incomplete (an import or a
whole section could not be read), since the missing part may well hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterable

from . import graph
from .diagnostics import Diagnostics, listed, quote
from .model import SCALARS, Enum, Message, Schema
from .read import ConstantName, Value, out_of_range
from .source import Span

#: Types of other languages -> what to write.
FOREIGN_TYPES = {
    **{f"{prefix}{bits}{suffix}": f"{letter}{bits}" for letter, prefix in (("u", "uint"), ("i", "int"))
       for bits in (8, 16, 32, 64) for suffix in ("", "_t")},
    "int": "i32", "uint": "u32", "unsigned": "u32", "short": "i16", "long": "i64", "byte": "u8", "size_t": "u64", "usize": "u64",
    "float": "f32", "float32": "f32", "double": "f64", "float64": "f64", "boolean": "bool",
    "string": "char' with a 'count", "str": "char' with a 'count",
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of name. members(schema): what an import has of it."""

    noun: str
    members: Callable[[Schema], Iterable]


_CONSTANTS = _Kind("constant", lambda schema: schema.constants)
_MESSAGES = _Kind("message", lambda schema: schema.messages)
_TYPES = _Kind("type", lambda schema: (*schema.enums, *schema.messages))


class Scope:
    """The names of one package. `types` and `values` fill up while the package is built: name -> Enum, Message or int; None for
    what is broken."""

    def __init__(self, package: str, imports: tuple[Schema, ...], complete: bool, diagnostics: Diagnostics) -> None:
        self.types: dict[str, Enum | Message | None] = {}
        self.values: dict[str, int | None] = {}
        self._package = package
        self._imports = imports
        self._complete = complete
        self._diagnostics = diagnostics
        self._found: dict[tuple[str, str], list] = {}

    def define_constants(self, section: dict[str, Value]) -> None:
        """Evaluate the `constants` section, in which constants may name one another in any order."""
        edges = {name: [value.data] for name, value in section.items() if isinstance(value.data, ConstantName)}
        order, cycles = graph.sort({**{name: [] for name in section}, **edges})
        for cycle in cycles:
            places = [(section[name].place, f"'{name}' names '{target}'") for name, target in zip(cycle[1:], cycle[2:])]
            self._diagnostics.error(section[cycle[0]].span, f"a constant that depends on itself: {graph.spell(cycle)}", places)
            self.values.update(dict.fromkeys(cycle))
        self.values.update((name, None) for name in section if name not in edges and type(section[name].data) is not int)
        for name in order:
            if name not in self.values:
                self.values[name] = self.integer(section[name])

    def integer(self, value: Value) -> int | None:
        """The number that a value stands for, constants replaced; None when it is broken (which has been reported)."""
        if not isinstance(value.data, ConstantName):
            return value.data if type(value.data) is int else None
        number = self.constant(value.data, value.span, value.data.words)
        if number is None:
            return None
        complaint = out_of_range(number, value.shape, f"{value.what} (constant '{value.data}')")
        if complaint:
            self._diagnostics.error(value.span, complaint)
            return None
        return number

    def constant(self, name: str, span: Span, words: tuple[str, ...] = ()) -> int | None:
        """The number of a constant, None when there is none (reported) or it is broken. `words`: what else could stand there."""
        own = name.removeprefix(self._package + ".")
        if own in self.values:
            return self.values[own]
        found = self._imported(name, span, _CONSTANTS)
        if found is not None:
            return found.value
        if not self._is_found(name, _CONSTANTS):
            self._unknown(name, span, _CONSTANTS, (*words, *self.values), f"; expected {listed(words)}, an integer or a constant" if words else "")
        return None

    def type(self, name: str, span: Span) -> str | Enum | Message | None:
        """A scalar type's name, an Enum or a Message; None when there is none (reported) or it is broken."""
        if name in SCALARS:
            return name
        own = name.removeprefix(self._package + ".")
        if own in self.types:
            return self.types[own]
        found = self._imported(name, span, _TYPES)
        if found is None and not self._is_found(name, _TYPES):
            self._unknown(name, span, _TYPES, (*SCALARS, *self.types))
        return found

    def message(self, name: str, span: Span) -> Message | None:
        """The message of that name; a name that means something else is reported."""
        own = name.removeprefix(self._package + ".")
        if name not in SCALARS and own not in self.types and not self._is_found(name, _TYPES):
            self._unknown(name, span, _MESSAGES, [word for word, thing in self.types.items() if not isinstance(thing, Enum)])
            return None
        found = self.type(name, span)
        if found is None or isinstance(found, Message):
            return found
        kind = "an enum" if isinstance(found, Enum) else "a scalar type"
        self._diagnostics.error(span, f"'{name}' is {kind}, and a channel carries messages; wrap it in a message with one field")
        return None

    def _candidates(self, name: str, kind: _Kind) -> list:
        """(schema, thing) of every import in which `name` may mean something."""
        key = (kind.noun, name)
        if key not in self._found:
            package, dot, bare = name.rpartition(".")
            self._found[key] = [
                (schema, thing) for schema in self._imports if not dot or schema.package == package
                for thing in kind.members(schema) if thing.name == bare
            ]
        return self._found[key]

    def _is_found(self, name: str, kind: _Kind) -> bool:
        return bool(self._candidates(name, kind))

    def _imported(self, name: str, span: Span, kind: _Kind) -> object | None:
        found = self._candidates(name, kind)
        packages = list(dict.fromkeys(schema.package for schema, _ in found))
        if len(packages) > 1:
            both = " and ".join(f"'{package}.{name}'" for package in packages)
            self._diagnostics.error(span, f"'{name}' is ambiguous: there are {both}; write the one that is meant")
            return None
        return found[0][1] if found else None

    def _unknown(self, name: str, span: Span, kind: _Kind, own: Iterable[str], otherwise: str = "") -> None:
        """`otherwise` ends the sentence when nothing in `own` or in the imports is near."""
        if not self._complete:
            return
        package, dot, _ = name.rpartition(".")
        packages = [schema.package for schema in self._imports]
        if dot and package not in packages and package != self._package:
            hint = self._diagnostics.nearest(package, packages) or "; list its schema in 'imports'"
            self._diagnostics.error(span, f"unknown package {quote(package)}{hint}")
            return
        foreign = FOREIGN_TYPES.get(name.lower()) if kind is _TYPES else None
        near = f"; write '{foreign}'" if foreign else _shape_hint(name) or self._diagnostics.nearest(name, self._visible(kind, own, package))
        self._diagnostics.error(span, f"unknown {kind.noun} {quote(name)}{near or otherwise}")

    def _visible(self, kind: _Kind, own: Iterable[str], package: str) -> list[str]:
        imported = [(schema.package, thing.name) for schema in self._imports for thing in kind.members(schema)]
        if package:
            return [f"{owner}.{name}" for owner, name in imported if owner == package]
        return [*own, *(name for _, name in imported)]


def _shape_hint(name: str) -> str:
    """What to write instead of C's way to make a type from another."""
    if name.endswith("]"):
        return "; write the type of one element, and their number as 'count'"
    return "; a message holds plain data, no pointers" if name.endswith("*") else ""


def not_a_type(name: str) -> str | None:
    """The sentence that refuses a definition named like a scalar type."""
    return f"'{name}' is a built-in type; choose another name" if name in SCALARS else None
