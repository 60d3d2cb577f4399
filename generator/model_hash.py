"""A hash of what a schema means: the same for any formatting, comment, line ending or position of the same model."""

import functools
import hashlib
import json
from dataclasses import fields

from .model import Enum, Message, Schema

_NOT_MEANING = {"places", "text_hash", "file", "imports"}


def model_hash(schema: Schema) -> str:
    """First 16 hex digits of the sha256 of the resolved model, imports included."""
    return _digest(schema, {})[:16]


def _digest(schema: Schema, known: dict[int, str]) -> str:
    """sha256 of one package, in which each import stands as its own digest; `known` holds those that are made already."""
    if id(schema) not in known:
        imports = [_digest(imported, known) for imported in schema.imports]
        canonical = json.dumps([_plain(schema), imports], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        known[id(schema)] = hashlib.sha256(canonical.encode()).hexdigest()
    return known[id(schema)]


def _plain(value: object) -> object:
    """Dataclasses as mappings, tuples as lists, anything else as it is."""
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    names = _meaning(type(value))
    return {name: _inner(getattr(value, name), name) for name in names} if names else value


@functools.cache
def _meaning(type_: type) -> tuple[str, ...]:
    """The fields of a dataclass that mean something; none of any other type."""
    if not hasattr(type_, "__dataclass_fields__"):
        return ()
    return tuple(field.name for field in fields(type_) if field.name not in _NOT_MEANING)


def _inner(value: object, name: str) -> object:
    """A type that is used stands as its name: it is spelled out once, where its package defines it."""
    return f"{value.package}.{value.name}" if name in ("type", "message") and isinstance(value, (Enum, Message)) else _plain(value)
