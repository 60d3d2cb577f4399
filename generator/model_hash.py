"""A hash of what a schema means: the same for any formatting, comment, line ending or position of the same model."""

import hashlib
import json
from dataclasses import fields, is_dataclass

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
    if is_dataclass(value):
        return {f.name: _inner(getattr(value, f.name), f.name) for f in fields(value) if f.name not in _NOT_MEANING}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def _inner(value: object, name: str) -> object:
    """A type that is used stands as its name: it is spelled out once, where its package defines it."""
    return f"{value.package}.{value.name}" if name in ("type", "message") and isinstance(value, (Enum, Message)) else _plain(value)
