"""`ringc layout`: the memory of messages and channels for a terminal, cache line by cache line."""

from . import layout
from .legality import algorithm_of
from .model import Channel, Enum, Message, Schema
from .plan import in_force, queue_words

_BAR = 32  # characters that stand for one cache line


def maps(schema: Schema) -> dict[str, str]:
    """Name -> drawing, for each message and each channel whose ring this version lays out."""
    line, spacing = layout.target_line_spacing(schema)
    drawings = {message.name: message_map(message, line) for message in schema.messages}
    for channel in schema.channels:
        if algorithm_of(channel).built:
            drawings[channel.name] = channel_map(channel, line, spacing)
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


def channel_map(channel: Channel, line: int, spacing: int) -> str:
    """Each word of the ring, its slots and its guard, with who writes them."""
    laid = channel_layout_of(channel, line, spacing)
    per_line = f"{line / laid.slot_size:.3g} to a line" if laid.slot_size <= line else f"{laid.slot_size / line:.3g} lines each"
    rows = [f"channel {channel.name}: {laid.size} bytes, aligned to {laid.spacing}, lines of {line}, words {laid.spacing} apart"]
    rows.append(f"  {'offset':>10} {'size':>10}  {'line':>8}  what")
    for word in (word for group in laid.groups for word in group):
        size = layout.WORD_TYPES[word.type][0]
        rows.append(f"  {word.offset64:>10} {size:>10}  {word.offset64 // line:>8}  {word.name}: {word.doc} (written by {word.writer})")
    slots = laid.capacity * laid.slot_size
    rows.append(
        f"  {laid.slots_offset:>10} {slots:>10}  {laid.slots_offset // line:>8}  "
        f"slots: {laid.capacity} of {laid.slot_size} bytes, {per_line} (written by producer)"
    )
    rows.append(f"  {laid.guard_offset:>10} {laid.size - laid.guard_offset:>10}  {laid.guard_offset // line:>8}  guard")
    return "\n".join(rows) + "\n"


def channel_layout_of(channel: Channel, line: int, spacing: int) -> layout.ChannelLayout:
    """The layout that the plan uses, for one channel on its own."""
    assert channel.full is not None
    parks = [in_force(wait).strategy == "park" for wait in (channel.wait_producer, channel.wait_consumer)]
    blocks = channel.full.policy == "block"
    return layout.channel_layout(channel, queue_words(channel.full.policy == "drop_oldest", blocks and parks[0], parks[1]), line, spacing)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
