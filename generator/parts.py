"""How builders take a located record apart: a word, a number, a value of several forms, each with the grammar's default.

A part that could not be read keeps its name, so that whoever refers to it hears nothing more about it: numbers of it are 0, words
are "" and messages None. check.py passes over such parts; nothing later runs once anything has been reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from . import grammar
from .diagnostics import Diagnostics
from .model import Path
from .read import BROKEN, Value
from .scope import Scope
from .source import Span


#: Ends the path of what stands behind a name, where the path of the name itself is its key's.
VALUE = "="


def section(record: Value, key: str) -> dict[str, Value]:
    """A mapping inside a record; {} when it is not there or broken."""
    value = record.data.get(key) if isinstance(record.data, dict) else None
    return value.data if value is not None and isinstance(value.data, dict) else {}


def items(record: Value, key: str) -> tuple[Value, ...]:
    """A list inside a record; () when it is not there or broken."""
    value = record.data.get(key) if isinstance(record.data, dict) else None
    return value.data if value is not None and isinstance(value.data, tuple) else ()


def merge_defaults(root: Value) -> None:
    """Give each channel the keys of the `defaults` section that it leaves out."""
    defaults = section(root, "defaults")
    for channel in section(root, "channels").values():
        if isinstance(channel.data, dict):
            for key in grammar.DEFAULTS.names:
                if key in defaults and channel.shape.key(key) is not None:
                    channel.data.setdefault(key, defaults[key])


def places(root: Value) -> dict[Path, Span]:
    """Where each path of the schema stands: named things at their key, values at the value, fields at their name."""
    found: dict[Path, Span] = {}
    stack: list[tuple[Path, Value]] = [((), root)]
    while stack:
        path, value = stack.pop()
        if isinstance(value.data, dict):
            named = isinstance(value.shape, grammar.MapOf)
            for key, entry in value.data.items():
                found[(*path, key)] = entry.place if named else entry.span
                if named:
                    found[(*path, key, VALUE)] = entry.span
                if not isinstance(entry.data, str):
                    stack.append(((*path, key), entry))
        elif isinstance(value.data, tuple):
            for index, item in enumerate(value.data):
                found[(*path, index)] = _name_place(item)
                stack.append(((*path, index), item))
    return found


def _name_place(item: Value) -> Span:
    name = item.data.get("name") if isinstance(item.data, dict) else None
    return name.span if name is not None else item.span


@dataclass(frozen=True)
class Parts:
    """Takes the values of one package apart."""

    scope: Scope
    package: str
    diagnostics: Diagnostics

    def word(self, record: Value, key: str) -> str:
        value = record.data.get(key)
        if value is None:
            return record.shape.key(key).default or ""
        return value.data if isinstance(value.data, str) else ""

    def number(self, record: Value, key: str) -> int | None:
        """0 when it is broken; the grammar's default, which may be None, when it is not there."""
        value = record.data.get(key)
        if value is None:
            return record.shape.key(key).default
        return self.scope.integer(value) or 0

    def form(self, record: Value, key: str, build: Callable, broken: object) -> object:
        """A value of several forms: `build` gets the Value, or the grammar's default, a word. `broken` stands for a value that
        could not be read and for one that is neither there nor has a default."""
        value = record.data.get(key)
        if value is None:
            default = record.shape.key(key).default
            return broken if default is None else build(default)
        return broken if value.data is BROKEN else build(value)
