"""`ringc layout`: the memory of messages and channels for a terminal, cache line by cache line."""

from . import layout
from .legality import algorithm_of
from .model import Channel, Enum, Message, Schema
from .plan_broadcast import broadcast_layout
from .plan_queue import knobs_of, queue_layout

_BAR = 32  # characters that stand for one cache line


def maps(schema: Schema) -> dict[str, str]:
    """Name -> drawing, for each message and each channel whose ring this version lays out."""
    line, _ = layout.target_line_spacing(schema)
    drawings = {message.name: message_map(message, line) for message in schema.messages}
    for channel in schema.channels:
        if algorithm_of(channel).built:
            drawings[channel.name] = channel_map(schema, channel)
    return drawings


def message_map(message: Message, line: int) -> str:
    """Each member with its bytes, its line and a bar that shows where in the line it lies."""
    laid = layout.message_layout(message)
    lines = -(-laid.size // line)
    head = f"message {message.name}: {laid.size} bytes, aligned to {laid.align}, {laid.padding} of padding, {_count(lines, 'line')} of {line}"
    rows = [head, f"  {'offset':>6} {'size':>6}  {'line':>4}  {'':{_BAR}}  member"]
    rows += [
        f"  {member.offset:>6} {member.size:>6}  {member.offset // line:>4}  {_bar(member.offset, member.size, line)}  {_member(member)}"
        for member in laid.members
    ]
    return "\n".join(rows) + "\n"


def _member(member: layout.Member) -> str:
    if member.field is None:
        return f"{member.name} (padding)"
    type_ = member.field.type
    name = type_.name if isinstance(type_, (Enum, Message)) else type_
    return f"{member.name}: {name}" + (f"[{member.count}]" if member.field.is_array else "")


def _bar(offset: int, size: int, line: int) -> str:
    """Where [offset, offset + size) lies in its first line, in eighths of what a character can show; what goes on ends in '>'."""
    start = offset % line
    stop = min(start + size, line)
    first, last = start * _BAR // line, max(start * _BAR // line + 1, -(-stop * _BAR // line))
    drawn = "." * first + "#" * (last - first) + "." * (_BAR - last)
    return drawn[:-1] + ">" if start + size > line else drawn


def channel_map(schema: Schema, channel: Channel) -> str:
    """Each word of the ring, its slots and its guard, with who writes them."""
    laid = broadcast_layout(schema, channel) if channel.kind == "broadcast" else queue_layout(schema, channel)
    line = laid.line
    per_line = f"{line / laid.slot_size:.3g} to a line" if laid.slot_size <= line else f"{laid.slot_size / line:.3g} lines each"
    rows = [f"channel {channel.name}: {laid.size} bytes, aligned to {laid.spacing}, lines of {line}, words {laid.spacing} apart"]
    rows.append(f"  {'offset':>10} {'size':>10}  {'line':>8}  what")
    for word in (word for group in laid.groups for word in group):
        size = layout.WORD_TYPES[word.type][0]
        rows.append(f"  {word.offset64:>10} {size:>10}  {word.offset64 // line:>8}  {word.name}: {word.doc} (written by {word.writer})")
    if laid.places:
        rows.append(f"  {laid.places_offset:>10} {laid.places * laid.spacing:>10}  {laid.places_offset // line:>8}  "
                    f"places: {laid.places} of {laid.spacing} bytes, a state and a cursor each (written by the subscriber in it)")
    slots = laid.capacity * laid.slot_size
    what = _slots(schema, channel, laid)
    rows.append(
        f"  {laid.slots_offset:>10} {slots:>10}  {laid.slots_offset // line:>8}  "
        f"{what} of {laid.slot_size} bytes, {per_line} (written by {'producers' if channel.producers.kind == 'multi' else 'producer'})"
    )
    rows.append(f"  {laid.guard_offset:>10} {laid.size - laid.guard_offset:>10}  {laid.guard_offset // line:>8}  guard")
    return "\n".join(rows) + "\n"


def _slots(schema: Schema, channel: Channel, laid: layout.ChannelLayout) -> str:
    if channel.kind == "broadcast":
        return f"cells of a message and a stamp: {laid.capacity}"
    knobs = knobs_of(schema, channel)
    return f"slots: {laid.capacity}" if knobs.layout == "packed" else f"lines of {knobs.per_line} and a stamp: {laid.capacity}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
