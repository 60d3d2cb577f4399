"""What the templates print: plain views with every name, number and sentence already made.

A plan is computed from a checked schema and its layout; a template only prints it. If a template needs arithmetic, a name or a
decision, a field is missing here.
"""

import math
import shlex
import struct
from dataclasses import dataclass

from . import __version__, layout, text
from .model import INTEGERS, SCALARS, Channel, Enum, Field, Message, Schema
from .model_hash import model_hash
from .plan_broadcast import BroadcastPlan, broadcast_plan
from .plan_queue import ChannelPlan, aligned, queue_plan
from .resolve import STDIN


MEMBER_COMMENT_WIDTH = 70  # columns; a longer one stands above its member
COMMENT_ABOVE_WIDTH = 90
WORDS_WRITTEN_OUT = 8  # gcc 12 keeps a loop from three words on


@dataclass(frozen=True)
class Banner:
    """The top of every generated file of a package. schema: its name, fit for a comment and for the inside of a string."""

    version: str
    schema: str
    command: str
    hash: str


@dataclass(frozen=True)
class EnumValue:
    c: str
    name: str  # as a C string
    literal: str
    is_enumerator: bool  # False where the value does not fit an int: printed as a macro


@dataclass(frozen=True)
class EnumPlan:
    c: str
    type: str
    kind: str  # constant of ringc_kind
    is_bits: bool
    doc: tuple[str, ...]
    name_string: str
    doc_string: str
    values: tuple[EnumValue, ...]
    mask: str  # all bits of a bits enum, as a literal

    @property
    def enumerators(self) -> tuple[EnumValue, ...]:
        return tuple(value for value in self.values if value.is_enumerator)

    @property
    def macros(self) -> tuple[EnumValue, ...]:
        return tuple(value for value in self.values if not value.is_enumerator)


@dataclass(frozen=True)
class MemberPlan:
    """One member of a struct.

    declaration: as it stands in the struct. at: how it is reached, "px" or "legs[i]". loop: the C loop head around it or "".
    nested: C name of the message it holds, or "". bits: width of one element in bits. init: its initialiser.
    valid: conditions of is_valid with `{m}` being the element, "" where every value is valid.
    """

    name: str
    declaration: str
    comment: str  # behind the member, when it is short
    above: tuple[str, ...]  # before the member, when it is not
    offset: int
    count: int
    at: str
    loop: str
    nested: str
    bits: int
    init: str
    valid: str
    name_string: str
    doc_string: str
    unit_string: str
    kind: str
    element_size: int
    nested_info: str
    enum_info: str
    length_string: str
    is_padding: bool


@dataclass(frozen=True)
class MessagePlan:
    c: str
    macro: str
    doc: tuple[str, ...]
    name_string: str
    doc_string: str
    size: int
    align: int
    members: tuple[MemberPlan, ...]
    word_bits: int
    words: int
    word_offsets: tuple[int, ...]  # of each word while they are few enough to be written out, else ()
    lengths: tuple[str, ...]  # conditions on length fields
    is_valid_used: bool  # False where every bit pattern is valid

    @property
    def fields(self) -> tuple[MemberPlan, ...]:
        return tuple(member for member in self.members if not member.is_padding)


@dataclass(frozen=True)
class ConstantPlan:
    c: str
    literal: str


@dataclass(frozen=True)
class PackagePlan:
    banner: Banner
    package: str
    prefix: str
    macro: str
    version: int
    doc: tuple[str, ...]
    package_string: str
    doc_string: str
    targets_text: str
    target_condition: str  # preprocessor expression over the RINGC_TARGET_* macros, "" when only generic is listed
    has_generic: bool
    type_includes: tuple[str, ...]
    reflect_includes: tuple[str, ...]
    constants: tuple[ConstantPlan, ...]
    enums: tuple[EnumPlan, ...]
    messages: tuple[MessagePlan, ...]
    drops: tuple[tuple[str, str], ...]  # (function, message type)
    channels: tuple[ChannelPlan | BroadcastPlan, ...]


def c_name(schema_prefix: str, *parts: str) -> str:
    return "_".join((schema_prefix,) + parts)


def c_macro(schema_prefix: str, *parts: str) -> str:
    return c_name(schema_prefix, *parts).upper()


class Planner:
    """Plans one package; `prefixes` maps the package of an imported type to its C prefix."""

    def __init__(self, schema: Schema, options: str) -> None:
        self.schema = schema
        self.options = options
        self.prefixes = {schema.package: schema.prefix} | {imp.package: imp.prefix for imp in all_imports(schema)}

    def package(self, only: str | None = None) -> PackagePlan:
        schema = self.schema
        archs = [target.arch for target in schema.targets]
        return PackagePlan(
            banner=self.banner(),
            package=schema.package,
            prefix=schema.prefix,
            macro=schema.prefix.upper(),
            version=schema.version,
            doc=text.comment_lines(schema.doc),
            package_string=text.c_string(schema.package),
            doc_string=text.c_string(schema.doc),
            targets_text=", ".join(archs),
            target_condition=" || ".join(f"defined(RINGC_TARGET_{arch.upper()})" for arch in archs if arch != "generic"),
            has_generic="generic" in archs,
            type_includes=tuple(f"../{imp.package}/types.h" for imp in schema.imports),
            reflect_includes=tuple(f"../{imp.package}/reflect.h" for imp in schema.imports),
            constants=tuple(
                ConstantPlan(c_macro(schema.prefix, const.name), _constant_literal(const.value)) for const in schema.constants
            ),
            enums=tuple(self.enum(enum) for enum in schema.enums),
            messages=tuple(self.message(message) for message in in_dependency_order(schema.messages)),
            drops=tuple(sorted({(m.drop, self.type_name(m)) for m in schema.messages if m.drop})),
            channels=tuple(self.channel(ch) for ch in schema.channels if only in (None, ch.name)),
        )

    def channel(self, channel: Channel) -> ChannelPlan | BroadcastPlan:
        assert channel.message is not None
        plan = broadcast_plan if channel.kind == "broadcast" else queue_plan
        return plan(self.schema, channel, self.message(channel.message), self.type_name(channel.message))

    def banner(self) -> Banner:
        name = text.file_name(self.schema.file)
        command = f"ringc gen {'-' if name == STDIN else shlex.quote(name)}{self.options}"
        return Banner(__version__, name.replace('"', '\\"'), text.neutral(command), model_hash(self.schema))

    def type_name(self, named: "Enum | Message") -> str:
        return c_name(self.prefixes[named.package], named.name)

    # -- enums ---------------------------------------------------------------------------------------------------------

    def enum(self, enum: Enum) -> EnumPlan:
        c_type, size, _, kind = SCALARS[enum.type]
        mask = 0
        for _, value in enum.values:
            mask |= value
        return EnumPlan(
            c=self.type_name(enum),
            type=c_type,
            kind=kind,
            is_bits=enum.kind == "bits",
            doc=text.comment_lines(enum.doc),
            name_string=text.c_string(enum.name),
            doc_string=text.c_string(enum.doc),
            values=tuple(self._enum_value(enum, name, value, c_type) for name, value in enum.values),
            mask=text.integer(mask & ((1 << 8 * size) - 1), c_type) if enum.kind == "bits" else "",
        )

    def _enum_value(self, enum: Enum, name: str, value: int, c_type: str) -> EnumValue:
        fits_int = -(1 << 31) <= value < 1 << 31
        literal = text.integer(value, "int32_t" if fits_int else c_type)
        return EnumValue(c_macro(self.prefixes[enum.package], enum.name, name), text.c_string(name), literal, fits_int)

    # -- messages ------------------------------------------------------------------------------------------------------

    def message(self, message: Message) -> MessagePlan:
        laid = layout.message_layout(message)
        members = aligned(self._member(member, laid, first=index == 0) for index, member in enumerate(laid.members))
        lengths = tuple(
            f"message->{field.length} <= {field.count}u"
            for field in message.fields
            if field.length and not _always_fits(message, field)
        )
        width = layout.word_bytes(laid.size)
        return MessagePlan(
            c=self.type_name(message),
            macro=self.type_name(message).upper(),
            doc=text.comment_lines(message.doc),
            name_string=text.c_string(message.name),
            doc_string=text.c_string(message.doc),
            size=laid.size,
            align=laid.align,
            members=members,
            word_bits=8 * width,
            words=laid.size // width,
            word_offsets=tuple(range(0, laid.size, width)) if laid.size // width <= WORDS_WRITTEN_OUT else (),
            lengths=lengths,
            is_valid_used=bool(lengths) or any(member.valid for member in members),
        )

    def _member(self, member: layout.Member, laid: layout.MessageLayout, *, first: bool) -> MemberPlan:
        field = member.field
        if field is None:
            return _padding_plan(member)
        c_type, kind, nested, enum = self._type_of(field)
        aligned = f"RINGC_ALIGNAS({laid.align}) " if first and (laid.align >= 8 or laid.align > member.align) else ""
        dimension = f"[{member.count}]" if field.is_array else ""
        length = f"{field.length} in use" if field.length else ""
        comment = text.trailing_comment(field.doc, field.unit, length)
        is_short = len(comment) <= MEMBER_COMMENT_WIDTH
        return MemberPlan(
            name=member.name,
            declaration=f"{aligned}{c_type} {member.name}{dimension};",
            comment=comment if is_short else "",
            above=() if is_short else text.comment_lines(comment, width=COMMENT_ABOVE_WIDTH),
            offset=member.offset,
            count=member.count,
            at=f"{member.name}[i]" if field.is_array else member.name,
            loop=_loop(member.count) if field.is_array else "",
            nested=nested,
            bits=8 * member.element_size,
            init=self._initialiser(field),
            valid=self._validity(field),
            name_string=text.c_string(field.name),
            doc_string=text.c_string(field.doc),
            unit_string=text.c_string(field.unit),
            kind=kind,
            element_size=member.element_size,
            nested_info=f"&{nested}_info" if nested else "NULL",
            enum_info=f"&{enum}_info" if enum else "NULL",
            length_string=text.c_string(field.length) if field.length else "NULL",
            is_padding=False,
        )

    def _type_of(self, field: Field) -> tuple[str, str, str, str]:
        """C type, kind constant, C name of the nested message or "", C name of the enum or ""."""
        if isinstance(field.type, Message):
            name = self.type_name(field.type)
            return name, "RINGC_KIND_MESSAGE", name, ""
        if isinstance(field.type, Enum):
            name = self.type_name(field.type)
            return name, "RINGC_KIND_ENUM", "", name
        c_type, _, _, kind = SCALARS[field.type]
        return c_type, kind, "", ""

    def _validity(self, field: Field) -> str:
        """Condition under which one element `{}` is valid, or ""."""
        if isinstance(field.type, Message):
            return f"{self.type_name(field.type)}_is_valid(&{{}})"
        if isinstance(field.type, Enum):
            return f"{self.type_name(field.type)}_is_valid({{}})"
        return "{} <= 1u" if field.type == "bool" else ""

    # -- initialisers --------------------------------------------------------------------------------------------------

    def _initialiser(self, field: Field) -> str:
        if isinstance(field.type, Message):
            return self._nested_initialiser(field, field.type)
        if field.type == "char" and field.is_array and isinstance(field.default, str):
            return _char_array(field.default)
        if not field.is_array:
            return self._value(field, field.default)
        values = field.default if isinstance(field.default, tuple) else (field.default,) * (field.count if field.default else 1)
        return "{ " + ", ".join(self._value(field, value) for value in values or (None,)) + " }"

    def _nested_initialiser(self, field: Field, message: Message) -> str:
        macro = f"{self.type_name(message).upper()}_INIT"
        if not field.is_array:
            return macro
        return "{ " + ", ".join([macro] * (field.count if has_defaults(message) else 1)) + " }"

    def _value(self, field: Field, value: object) -> str:
        if isinstance(field.type, Enum):
            return self._enum_default(field.type, value)
        c_type = SCALARS[str(field.type)][0]
        if c_type in ("float", "double"):
            return _floating(0.0 if value is None else float(value), c_type)  # type: ignore[arg-type]
        if isinstance(value, str):
            return _char_literal(value)
        return text.integer(int(value or 0), c_type)  # type: ignore[call-overload]

    def _enum_default(self, enum: Enum, value: object) -> str:
        if value is None:
            return text.integer(0, SCALARS[enum.type][0])
        return c_macro(self.prefixes[enum.package], enum.name, str(value))


# -- small pieces ------------------------------------------------------------------------------------------------------


def all_imports(schema: Schema) -> list[Schema]:
    """Every package that `schema` imports, directly or not, dependencies first, each once."""
    found: dict[str, Schema] = {}

    def visit(importer: Schema) -> None:
        for imported in importer.imports:
            if imported.package not in found:
                visit(imported)
                found.setdefault(imported.package, imported)

    visit(schema)
    return list(found.values())


def in_dependency_order(messages: tuple[Message, ...]) -> list[Message]:
    """Messages such that each comes after those of its package that it holds; otherwise in schema order."""
    ordered: dict[str, Message] = {}
    own = {message.name: message for message in messages}

    def visit(message: Message) -> None:
        if message.name in ordered:
            return
        for field in message.fields:
            if isinstance(field.type, Message) and own.get(field.type.name) == field.type:
                visit(field.type)
        ordered.setdefault(message.name, message)

    for message in messages:
        visit(message)
    return list(ordered.values())


def has_defaults(message: Message) -> bool:
    """Whether a message's initialiser holds anything but zeros; -0.0 is none."""
    seen: set[int] = set()

    def look(inner: Message) -> bool:
        if id(inner) in seen:
            return False
        seen.add(id(inner))
        return any(look(f.type) if isinstance(f.type, Message) else not _is_zero(f.default) for f in inner.fields)

    return look(message)


def _is_zero(default: object) -> bool:
    return not default and not (isinstance(default, float) and math.copysign(1.0, default) < 0)


def _always_fits(message: Message, field: Field) -> bool:
    """Whether no value of the length field can exceed the array (a compare would be a warning)."""
    length = next(other for other in message.fields if other.name == field.length)
    assert length.type in INTEGERS
    return (1 << 8 * SCALARS[str(length.type)][1]) - 1 <= field.count


def _padding_plan(member: layout.Member) -> MemberPlan:
    return MemberPlan(
        name=member.name, declaration=f"uint8_t {member.name}[{member.count}];", comment="", above=(), offset=member.offset,
        count=member.count, at=f"{member.name}[i]", loop=_loop(member.count), nested="", bits=8, init="{ 0 }", valid="",
        name_string=text.c_string(member.name), doc_string='""', unit_string='""', kind="RINGC_KIND_PADDING", element_size=1,
        nested_info="NULL", enum_info="NULL", length_string="NULL", is_padding=True,
    )  # fmt: skip


def _loop(count: int) -> str:
    return f"for (size_t i = 0; i < {count}u; i++)"


def _constant_literal(value: int) -> str:
    if -(1 << 31) < value < 1 << 31:
        return str(value) if value >= 0 else f"({value})"
    return text.integer(value, "int64_t") if value < 1 << 63 else text.integer(value, "uint64_t")


def _floating(value: float, c_type: str) -> str:
    """A float that a C float would round to zero is written as zero: compilers warn of it otherwise."""
    if c_type != "float":
        return repr(value)
    rounded = struct.unpack("<f", struct.pack("<f", value))[0]
    return f"{value if rounded else rounded!r}f"


def _char_literal(value: str) -> str:
    escaped = text.c_string(value)[1:-1] if value else "0"
    if not value:
        return escaped
    return "'" + {"'": "\\'", '\\"': '"'}.get(escaped, escaped) + "'"


def _char_array(value: str) -> str:
    """Characters one by one: a literal as long as its array, without the final NUL, is an error in C++."""
    return "{ " + ", ".join(_char_literal(char) for char in value or "\0") + " }"
