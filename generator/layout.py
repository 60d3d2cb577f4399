"""Where everything lies in memory: fields in, offsets, padding and a byte map out.

Nothing else in the compiler computes an offset, a size or an alignment. All figures are bytes. The result depends on the
schema alone, never on the machine that runs the compiler.
"""

from dataclasses import dataclass, replace

from . import findings, legality
from .diagnostics import Diagnostics
from .model import SCALARS, Channel, Enum, Field, Message, Schema
from .source import Span

MAX_MESSAGE_BYTES = 1 << 24
MAX_CHANNEL_BYTES = 1 << 46


@dataclass(frozen=True)
class Member:
    """One member of a message's struct in memory order; field is None for padding that the planner added."""

    name: str
    offset: int
    element_size: int
    align: int
    count: int
    field: Field | None

    @property
    def size(self) -> int:
        return self.element_size * self.count

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True)
class MessageLayout:
    size: int
    align: int
    members: tuple[Member, ...]

    @property
    def padding(self) -> int:
        return sum(member.size for member in self.members if member.field is None)


@dataclass(frozen=True)
class Word:
    """One word of a channel's struct: its offset and size where pointers are 64 and where they are 32 bits wide."""

    name: str
    type: str
    offset64: int
    offset32: int
    writer: str
    doc: str


@dataclass(frozen=True)
class ChannelLayout:
    """The memory of one ring: words in groups a spacing apart, then places of a spacing each, then the slots, then a guard."""

    spacing: int
    line: int
    groups: tuple[tuple[Word, ...], ...]
    slots_offset: int
    slot_size: int  # of a stamped ring: a line's
    capacity: int  # of a stamped ring: lines
    guard_offset: int
    size: int
    places: int = 0  # subscribers
    places_offset: int = 0


def round_up(value: int, align: int) -> int:
    return (value + align - 1) // align * align


def type_size_align(type_: "str | Enum | Message") -> tuple[int, int]:
    """Size and natural alignment of one element of a field's type."""
    if isinstance(type_, Message):
        inner = message_layout(type_)
        return inner.size, inner.align
    scalar = type_.type if isinstance(type_, Enum) else type_
    size = SCALARS[scalar][1]
    return size, size


_LAID: dict[int, tuple[Message, MessageLayout]] = {}  # by identity: hashing a message would walk all that it holds


def message_layout(message: Message) -> MessageLayout:
    """Lays out a message's fields, once; every gap becomes a named padding member `pad<N>_`."""
    if id(message) not in _LAID:
        _LAID[id(message)] = message, _lay_out(message)
    return _LAID[id(message)][1]


def _lay_out(message: Message) -> MessageLayout:
    members: list[Member] = []
    offset, natural = 0, 1
    for field in _in_memory_order(message):
        size, align = type_size_align(field.type)
        natural = max(natural, align)
        offset = _pad(members, offset, align)
        members.append(Member(field.name, offset, size, align, field.count, field))
        offset = members[-1].end
    align = max(natural, message.align)
    offset = _pad(members, offset, align)
    return MessageLayout(offset, align, tuple(members))


def _in_memory_order(message: Message) -> tuple[Field, ...]:
    if message.layout == "declared":
        return message.fields
    return tuple(sorted(message.fields, key=lambda field: -type_size_align(field.type)[1]))


def _pad(members: list[Member], offset: int, align: int) -> int:
    gap = round_up(offset, align) - offset
    if gap:
        number = sum(1 for member in members if member.field is None)
        members.append(Member(f"pad{number}_", offset, 1, 1, gap, None))
    return offset + gap


def word_bytes(size: int) -> int:
    """Widest word, at most 8 bytes, that divides a slot of `size` bytes: slots start on a line, so it is aligned in each."""
    return next(width for width in (8, 4, 2, 1) if size % width == 0)


WORD_TYPES = {"ringc_seq": (8, 4), "uint32_t": (4, 4)}


def channel_layout(channel: Channel, groups: list[list[tuple[str, str, str, str]]], line: int, spacing: int, stride: int = 0,
                   strides: int = 0, places: int = 0) -> ChannelLayout:
    """Places the words of a ring, each group (of (type, name, writer, doc)) on a spacing of its own, then `places` spacings, then `strides` (0: one for each
    slot) of `stride` bytes (0: those of a message) that hold the slots, and a guard."""
    assert channel.message is not None
    message = message_layout(channel.message)
    spacing = max(spacing, message.align)
    placed = tuple(_place_group(group, index * spacing) for index, group in enumerate(groups))
    slots = (len(groups) + places) * spacing
    stride, strides = stride or message.size, strides or channel.capacity
    guard = round_up(slots + strides * stride, spacing)
    return ChannelLayout(spacing, line, placed, slots, stride, strides, guard, guard + spacing, places, len(groups) * spacing)


def _place_group(group: list[tuple[str, str, str, str]], start: int) -> tuple[Word, ...]:
    words, at64, at32 = [], start, start
    for type_, name, writer, doc in group:
        size64, size32 = WORD_TYPES[type_]
        at64, at32 = round_up(at64, size64), round_up(at32, size32)
        words.append(Word(name, type_, at64, at32, writer, doc))
        at64, at32 = at64 + size64, at32 + size32
    return tuple(words)


def target_line_spacing(schema: Schema) -> tuple[int, int]:
    """One layout per header: the largest line and spacing over the package's targets."""
    return max(target.line for target in schema.targets), max(target.spacing for target in schema.targets)


def check(schema: Schema, diagnostics: Diagnostics) -> None:
    """Reports every message and channel of `schema` (not of its imports) whose size, alignment or bounds are impossible.

    Passes over what is broken or holds something that is broken, and over what holds a message that is too large itself."""
    whole: dict[int, bool] = {}
    for message in schema.messages:
        if _is_whole(message, whole):
            _check_message(schema, message, diagnostics)
    for channel in schema.channels:
        if channel.message is not None and channel.capacity and _is_whole(channel.message, whole):
            _check_channel(schema, channel, diagnostics)


def _is_whole(message: Message, known: dict[int, bool]) -> bool:
    """Whether every field has a type and a count, all the way down. `known` remembers by identity."""
    if id(message) not in known:
        known[id(message)] = bool(message.fields) and all(field.count and _is_type(field.type, known) for field in message.fields)
    return known[id(message)]


def _is_type(type_: "str | Enum | Message", known: dict[int, bool]) -> bool:
    if isinstance(type_, Message):
        return _is_whole(type_, known)
    return (type_.type if isinstance(type_, Enum) else type_) in SCALARS


def _check_message(schema: Schema, message: Message, diagnostics: Diagnostics) -> None:
    layout = message_layout(message)
    natural = max(member.align for member in layout.members)
    path = ("messages", message.name)
    if message.align and message.align < natural:
        diagnostics.error(
            schema.places[path + ("align",)],
            f"align {message.align} is below the natural alignment of message '{message.name}', which is {natural} bytes; "
            f"write {natural} or more, or leave it out",
        )
    limit = message.max_size or MAX_MESSAGE_BYTES
    if layout.size > limit and not any(_is_too_large(field.type) for field in message.fields):
        span, culprit = _first_over(schema, message, layout, limit)
        bound = f"max_size {limit}" if message.max_size else f"the limit of {limit} bytes for a message"
        diagnostics.error(span, f"message '{message.name}' is {layout.size} bytes, over {bound}: {culprit}{_cure(message, limit)}")


def _is_too_large(type_: "str | Enum | Message") -> bool:
    return isinstance(type_, Message) and message_layout(type_).size > MAX_MESSAGE_BYTES


def _first_over(schema: Schema, message: Message, layout: MessageLayout, limit: int) -> tuple[Span, str]:
    path = ("messages", message.name)
    for member in layout.members:
        if member.field is not None and member.end > limit:
            index = message.fields.index(member.field)
            taken = f"bytes {member.offset} to {member.end - 1}" if member.size > 1 else f"byte {member.offset}"
            return schema.places[path + ("fields", index)], f"field '{member.name}' takes {taken}"
    tail = layout.members[-1]
    amount = f"{tail.size} bytes" if tail.size > 1 else "a byte"
    return schema.places[path], f"its alignment of {layout.align} adds {amount} of padding at its end"


def _cure(message: Message, limit: int) -> str:
    """"; 'layout: by_size' would make it 16" when another order of the fields fits."""
    size = _lay_out(replace(message, layout="by_size")).size
    return f"; 'layout: by_size' would make it {size}" if size <= limit else ""


def _check_channel(schema: Schema, channel: Channel, diagnostics: Diagnostics) -> None:
    assert channel.message is not None
    size = message_layout(channel.message).size
    if size > MAX_MESSAGE_BYTES:
        return
    rings = channel.producers.count if channel.producers.kind == "sharded" else 1
    count, stride, what = _slots_of(schema, channel, size)
    total = stride * count * rings
    if total > MAX_CHANNEL_BYTES:
        each = f"{rings} rings of " if rings > 1 else ""
        diagnostics.error(
            findings.place(schema, ("channels", channel.name, "capacity")),
            f"channel '{channel.name}' needs {total} bytes for {each}{count} {what} of {stride} bytes; "
            f"the limit is {MAX_CHANNEL_BYTES} bytes (64 TiB)",
        )


def _slots_of(schema: Schema, channel: Channel, size: int) -> tuple[int, int, str]:
    """(how many, bytes from one to the next, what they are) of what holds the messages; of a kind that is not built yet, packed slots."""
    from . import plan_broadcast, plan_queue  # they plan with what is defined here

    found = legality.of(channel)
    if not schema.targets or not isinstance(found, legality.Algorithm) or not found.built:  # no targets: refused already
        return channel.capacity, size, "slots"
    if channel.kind == "broadcast":
        laid = plan_broadcast.broadcast_layout(schema, channel)
        return laid.capacity, laid.slot_size, "slots with a stamp each"
    laid = plan_queue.queue_layout(schema, channel)
    stamped = plan_queue.knobs_of(schema, channel).layout == "stamped"
    return laid.capacity, laid.slot_size, "lines with a stamp each" if stamped else "slots"
