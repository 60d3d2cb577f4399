"""Targets, enums and messages: located values in, model dataclasses out. See parts.py for what becomes of broken parts."""

from __future__ import annotations

from . import graph, grammar
from .model import SCALARS, Enum, Field, Message, Target
from .parts import Parts, items, section
from .profile import Profile
from .read import BROKEN, Value
from .source import Span

_FLOATS = ("f32", "f64")


def plain_target(arch: str) -> Target:
    """An architecture with its usual line and spacing, without features."""
    known = next((entry for entry in grammar.ARCHES if entry.name == arch), grammar.ARCHES[-1])
    return Target(arch, (), known.line, known.spacing)


def targets(parts: Parts, root: Value, profiles: dict[str, Profile | None]) -> tuple[Target, ...]:
    """`profiles`: what each name of a profile stands for, None where it could not be read."""
    return tuple(_target(parts, item, profiles) for item in items(root, "targets"))


def _target(parts: Parts, value: Value, profiles: dict[str, Profile | None]) -> Target:
    if not isinstance(value.data, dict):
        return plain_target(value.data or "")
    base = plain_target(parts.word(value, "arch"))
    line = parts.number(value, "line")
    line = base.line if line is None else line
    spacing = parts.number(value, "spacing")
    features = tuple(item.data or "" for item in items(value, "features"))
    profile = profiles.get(parts.word(value, "profile"))
    return Target(base.arch, features, line, max(base.spacing, line) if spacing is None else spacing, profile)


def enums(parts: Parts, root: Value) -> tuple[Enum, ...]:
    """Also defines them in the scope."""
    built = tuple(_enum(parts, name, value) for name, value in section(root, "enums").items())
    for enum in built:
        _define(parts, enum, section(root, "enums")[enum.name])
    return built


def _enum(parts: Parts, name: str, value: Value) -> Enum:
    if value.data is BROKEN:
        return Enum(name, "", "plain", "", (), parts.package)
    values = tuple((key, parts.scope.integer(entry)) for key, entry in section(value, "values").items())
    return Enum(name, parts.word(value, "type"), parts.word(value, "kind"), parts.word(value, "doc"), values, parts.package)


def _define(parts: Parts, thing: Enum | Message, value: Value) -> None:
    if thing.name in SCALARS:
        parts.diagnostics.error(value.place, f"'{thing.name}' is a built-in type; choose another name")
    parts.scope.types.setdefault(thing.name, thing if value.data is not BROKEN else None)


def messages(parts: Parts, root: Value) -> tuple[Message, ...]:
    """In the schema's order; also defines them in the scope, each after those that it holds."""
    found = section(root, "messages")
    order, cycles = graph.sort({name: [held for _, held in _held(parts, value)] for name, value in found.items()})
    for cycle in cycles:
        _refuse_cycle(parts, cycle, found)
        parts.scope.types.update(dict.fromkeys(cycle))
    built: dict[str, Message] = {}
    for name in order:
        built[name] = _message(parts, name, found[name])
        _define(parts, built[name], found[name])
    _refuse_nesting(parts, order, built, found)
    return tuple(built[name] for name in found)


def _held(parts: Parts, message: Value) -> list[tuple[Span, str]]:
    """(place, name without this package) of the type of each field."""
    types = [field.data.get("type") for field in items(message, "fields") if isinstance(field.data, dict)]
    return [(entry.span, entry.data.removeprefix(parts.package + ".")) for entry in types
            if entry is not None and isinstance(entry.data, str) and entry.data not in SCALARS]


def _refuse_cycle(parts: Parts, cycle: list[str], found: dict[str, Value]) -> None:
    steps = list(zip(cycle, cycle[1:]))
    spans = [next(span for span, name in _held(parts, found[owner]) if name == held) for owner, held in steps]
    notes = [(span, f"'{owner}' holds '{held}' here") for span, (owner, held) in zip(spans[1:], steps[1:])]
    parts.diagnostics.error(spans[0], f"a message that holds itself has no size: {graph.spell(cycle)}", notes)


def _refuse_nesting(parts: Parts, order: list[str], built: dict[str, Message], found: dict[str, Value]) -> None:
    """Report the messages that first exceed the depth to which messages may hold messages."""
    depth: dict[int, int] = {}
    for name in order:
        here = _depth(built[name], depth)
        if here == grammar.MAX_NESTING + 1:
            limit = f"at most {grammar.MAX_NESTING} levels are possible"
            parts.diagnostics.error(found[name].place, f"message '{name}' holds messages that hold messages, {here} levels deep; {limit}")


def _depth(message: Message, known: dict[int, int]) -> int:
    """Levels of messages from this one down, 1 for a message of scalars. `known` remembers by identity."""
    if id(message) not in known:
        below = [_depth(field.type, known) for field in message.fields if isinstance(field.type, Message)]
        known[id(message)] = 1 + max(below, default=0)
    return known[id(message)]


def _message(parts: Parts, name: str, value: Value) -> Message:
    if value.data is BROKEN:
        return Message(name, "", "declared", 0, 0, "", (), parts.package)
    return Message(
        name, parts.word(value, "doc"), parts.word(value, "layout"), parts.number(value, "align") or 0,
        parts.number(value, "max_size") or 0, parts.word(value, "drop"),
        tuple(_field(parts, item) for item in items(value, "fields")), parts.package)


def _field(parts: Parts, value: Value) -> Field:
    if value.data is BROKEN:
        return Field("", "")
    kind = value.data.get("type")
    kind = parts.scope.type(kind.data, kind.span) if kind is not None and isinstance(kind.data, str) else None
    count = parts.number(value, "count")
    return Field(
        parts.word(value, "name"), kind or "", 1 if count is None else count, count is not None, parts.word(value, "doc"),
        parts.word(value, "unit"), _default(value.data.get("default"), kind), parts.word(value, "length"))


def _default(value: Value | None, kind: object) -> object:
    """The default as plain data; None when there is none or it is broken. Integers become floats where the field is one."""
    if value is None or value.data is BROKEN:
        return None
    if isinstance(value.data, tuple):
        return tuple(_default(item, kind) for item in value.data)
    return float(value.data) if type(value.data) is int and kind in _FLOATS else value.data
