"""A hash of what a schema means: the same for any formatting, comment, line ending or position of the same model."""

import hashlib
import json
from dataclasses import fields, is_dataclass

from .model import Schema

_NOT_MEANING = {"places", "text_hash", "file"}


def model_hash(schema: Schema) -> str:
    """First 16 hex digits of the sha256 of the resolved model, imports included."""
    canonical = json.dumps(_plain(schema), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name not in _NOT_MEANING}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
