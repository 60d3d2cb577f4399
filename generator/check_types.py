"""Checks of enums and messages: values and defaults that fit their type, names that C can have, lengths that can count."""

from __future__ import annotations

import struct

from .diagnostics import nearest
from .findings import place, Findings, power_of_two_complaint
from .model import INTEGERS, SCALARS, Enum, Field, Message, Path
from .names import refuse_identifier
from .parts import VALUE

_MAX_ALIGN = 4096
_F32_MAX = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]


def bounds(scalar: str) -> tuple[int, int]:
    """The least and the largest value of an integer type."""
    _, size, signed, _ = SCALARS[scalar]
    bits = size * 8
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def check_enum(findings: Findings, enum: Enum) -> None:
    seen: dict[int, str] = {}
    for name, value in enum.values:
        if value is None or enum.type not in INTEGERS:
            continue
        path = ("enums", enum.name, "values", name)
        _check_value(findings, enum, path, value)
        first = seen.setdefault(value, name)
        if first != name and enum.kind == "plain":
            findings.error((*path, VALUE), f"'{name}' and '{first}' of enum '{enum.name}' both have the value {value}; a plain enum names each "
                           "value once", [((*path[:-1], first, VALUE), "the first is here")])


def _check_value(findings: Findings, enum: Enum, path: Path, value: int) -> None:
    least, largest = bounds(enum.type)
    if enum.kind == "bits" and value < 0:
        findings.error((*path, VALUE), f"'{path[-1]}' of enum '{enum.name}' is {value}; flags are not negative")
    elif not least <= value <= largest:
        findings.error((*path, VALUE), f"'{path[-1]}' of enum '{enum.name}' is {value}, but {enum.type} holds {least} to {largest}")


def check_message(findings: Findings, message: Message) -> None:
    path = ("messages", message.name)
    complaint = power_of_two_complaint("align", message.align, _MAX_ALIGN) if message.align else None
    if complaint:
        findings.error((*path, "align"), complaint)
    seen: dict[str, Path] = {}
    for index, field in enumerate(message.fields):
        where = (*path, "fields", index)
        if field.name:
            _check_field_name(findings, message, field, where, seen)
        _check_length(findings, message, field, where)
        _check_default(findings, message, field, where)
        _check_inner_drop(findings, message, field, (*where, "type"))


def _check_inner_drop(findings: Findings, message: Message, field: Field, where: Path) -> None:
    """A message that holds one with a drop function owns what that one owns, and the ring calls the outer function only."""
    inner = field.type
    if isinstance(inner, Message) and inner.drop and not message.drop:
        note = (findings.message_place(inner, "drop"), f"the drop function of '{inner.name}' is named here")
        findings.diagnostics.error(
            place(findings.schema, where), f"message '{message.name}' holds '{inner.name}', which has a drop function, but has none itself, so "
            f"nobody would drop the '{inner.name}' inside; name one that does", [note])


def _check_field_name(findings: Findings, message: Message, field: Field, where: Path, seen: dict[str, Path]) -> None:
    first = seen.setdefault(field.name, where)
    if first != where:
        findings.error(where, f"message '{message.name}' has two fields '{field.name}'", [(first, "the first is here")])
    refusal = refuse_identifier(field.name, bare=True)
    if refusal:
        findings.error(where, f"field: {refusal}")


def _check_length(findings: Findings, message: Message, field: Field, where: Path) -> None:
    if not field.length:
        return
    path = (*where, "length")
    if not field.is_array:
        findings.error(path, f"'length' belongs to an array; give '{field.name}' a 'count', or leave 'length' out")
        return
    names = [other.name for other in message.fields if other.name and other.name != field.name]
    counter = next((other for other in message.fields if other.name == field.length), None)
    if counter is field:
        findings.error(path, f"'{field.name}' cannot hold its own length; name another field of the message")
    elif counter is None and all(other.name for other in message.fields):
        findings.error(path, f"message '{message.name}' has no field '{field.length}' for the length of "
                       f"'{field.name}'{nearest(field.length, names)}")
    elif counter is not None and counter.type != "":
        _check_counter(findings, field, counter, path)


def _check_counter(findings: Findings, field: Field, counter: Field, path: Path) -> None:
    if not isinstance(counter.type, str) or counter.type not in INTEGERS or SCALARS[counter.type][2] or counter.is_array:
        findings.error(path, f"the length of '{field.name}' is in '{counter.name}', which must be a single u8, u16, u32 or u64")
        return
    largest = bounds(counter.type)[1]
    if field.count > largest:
        findings.error(path, f"'{counter.name}' is {counter.type} and counts to {largest}, but '{field.name}' has {field.count} elements")


def _check_default(findings: Findings, message: Message, field: Field, where: Path) -> None:
    if field.default is None or field.type == "":
        return
    complaint = _array_complaint(field) if field.is_array else _complaint(field.type, field.default)
    if complaint:
        findings.error((*where, "default"), f"the default of '{field.name}': {complaint}")
    elif field.is_array and isinstance(field.default, tuple):
        for index, value in enumerate(field.default):
            complaint = _entry_complaint(field.type, value)
            if complaint:
                findings.error((*where, "default", index), f"the default of '{field.name}': {complaint}")


def _entry_complaint(kind: object, value: object) -> str | None:
    if isinstance(value, tuple):
        return "an array has one level; write all its entries in one list"
    return None if value is None else _complaint(kind, value)


def _array_complaint(field: Field) -> str | None:
    """Why the default as a whole does not fit an array, or None."""
    if field.type == "char" and isinstance(field.default, str):
        return _text_complaint(field.default, field.count)
    if not isinstance(field.default, tuple):
        form = "a text in quotes" if field.type == "char" else "a list, such as [1, 2]"
        return f"{_shown(field.default)} does not fit an array; write {form}"
    if field.count and len(field.default) > field.count:
        return f"the list has {len(field.default)} entries, but the array has {field.count}"
    return None


def _text_complaint(text: str, count: int) -> str | None:
    if any(not 1 <= ord(character) <= 127 for character in text):
        return "a char array holds ASCII characters"
    if count and len(text) > count:
        return f"the text has {len(text)} characters, but the array has {count}"
    return None


def _complaint(kind: object, value: object) -> str | None:
    """Why a single value does not fit the type, or None."""
    if isinstance(kind, Message):
        return "a message inside a message has no default of its own; set the defaults of its fields"
    if isinstance(value, tuple):
        return "a list is for an array; give the field a 'count'"
    if isinstance(kind, Enum):
        return _enum_complaint(kind, value)
    return _SCALAR_COMPLAINTS.get(kind, _integer_complaint)(kind, value)


def _enum_complaint(enum: Enum, value: object) -> str | None:
    words = [name for name, _ in enum.values]
    if value in words or not enum.type:
        return None
    if not isinstance(value, str):
        return f"{_shown(value)} does not fit enum '{enum.name}'; write the name of one of its values"
    return f"enum '{enum.name}' has no value '{value}'{nearest(value, words)}"


def _integer_complaint(kind: str, value: object) -> str | None:
    if type(value) is not int:
        return f"{_shown(value)} does not fit {kind}; write an integer"
    least, largest = bounds(kind)
    return None if least <= value <= largest else f"{value} does not fit {kind}, which holds {least} to {largest}"


def _float_complaint(kind: str, value: object) -> str | None:
    if type(value) is not float:
        return f"{_shown(value)} does not fit {kind}; write a number"
    return f"{value} is too large for f32" if kind == "f32" and abs(value) > _F32_MAX else None


def _bool_complaint(kind: str, value: object) -> str | None:
    return None if type(value) is bool else f"{_shown(value)} does not fit bool; write true or false"


def _char_complaint(kind: str, value: object) -> str | None:
    if not isinstance(value, str) or len(value) != 1:
        return f"{_shown(value)} does not fit char; write one character in quotes"
    return _text_complaint(value, 1)


_SCALAR_COMPLAINTS = {"f32": _float_complaint, "f64": _float_complaint, "bool": _bool_complaint, "char": _char_complaint}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "a list"
    return f"'{value}'" if isinstance(value, str) else f"{value}"
