"""The plan of one broadcast: every name, number and sentence that its template prints."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import layout, text
from .legality import algorithm_of, is_gated
from .model import Channel, Schema
from .plan_queue import SidePlan, WordPlan, aligned, close_partners, little, watched, word_plan
from .tune import STAMP_BYTES
from .waits import in_force, wait_expression, wait_text

if TYPE_CHECKING:
    from .plan import MessagePlan

SETTLE = 32  # pauses, where the schema says nothing: see docs/tune.md
BARE_LOOKS = 32  # of a subscriber that waits, before its strategy begins: the message may be on its way


@dataclass(frozen=True)
class BroadcastPlan:
    """One ring that every subscriber reads whole."""

    name: str
    c: str
    macro: str
    guard: str
    template: str
    message: "MessagePlan"
    message_type: str
    doc: tuple[str, ...]
    contract: tuple[str, ...]
    capacity: int
    places: int  # subscribers at a time
    room: int  # slots that gating subscribers leave to the producers: the capacity less the watermark
    size: int
    spacing: int
    words: tuple[WordPlan, ...]
    places_offset: int
    slots_offset: int
    guard_offset: int
    stride: int  # bytes from one cell to the next
    cell_align: int
    one_line: bool  # message and stamp share a line
    slots_text: str
    producers_text: str
    multi: bool
    gated: bool
    lossy: bool  # a subscriber may be overtaken
    in_place: bool  # a message is built where it is read
    blocks: bool
    drop: str
    settle: int  # pauses of the producer at a gating subscriber's heels, 0 none
    little_room: str  # C condition on `n`, slots found: so few that it is there
    bound: str  # the word that says how far a producer may go, whatever it knows of cursors
    refused_reading: str  # C condition on `reading` and its `kind`
    reading_text: tuple[str, ...]
    try_publish_text: tuple[str, ...]
    producer_side: SidePlan
    consumer_side: SidePlan
    producer_parks: bool
    consumer_parks: bool
    close_partners: str
    info: tuple[str, ...]  # strings of its descriptor: name, doc, algorithm, producers, consumers, full
    algorithm: str


def broadcast_plan(schema: Schema, channel: Channel, message: "MessagePlan", message_type: str) -> BroadcastPlan:
    assert channel.message is not None and channel.full is not None
    c = f"{schema.prefix}_{channel.name}"
    policy = channel.full.policy
    multi, gated, lossy = channel.producers.kind == "multi", is_gated(channel), is_lossy(channel)
    parks = _parks(channel)
    laid = broadcast_layout(schema, channel)
    algorithm = algorithm_of(channel)
    return BroadcastPlan(
        name=text.neutral(channel.name),
        c=c,
        macro=c.upper(),
        guard=f"{c.upper()}_H",
        template="broadcast.h.j2",
        message=message,
        message_type=message_type,
        doc=text.comment_lines(channel.doc),
        contract=text.comment_lines(_contract(channel), width=90),
        capacity=channel.capacity,
        places=channel.consumers.count,
        room=channel.capacity - channel.full.watermark,
        size=laid.size,
        spacing=laid.spacing,
        words=aligned(word_plan(word, laid.spacing, n == 0) for group in laid.groups for n, word in enumerate(group)),
        places_offset=laid.places_offset,
        slots_offset=laid.slots_offset,
        guard_offset=laid.guard_offset,
        stride=laid.slot_size,
        cell_align=max(laid.line, channel.message.align),
        one_line=laid.slot_size <= laid.line,
        slots_text=f"{channel.capacity} slots: a message of {message.size} bytes and a stamp in every {laid.slot_size}",
        producers_text="any number of producers" if multi else "one producer",
        multi=multi,
        gated=gated,
        lossy=lossy,
        in_place=not lossy and not multi,
        blocks=policy == "block",
        drop=channel.message.drop,
        settle=settle(channel),
        little_room=little(channel.capacity - channel.full.watermark),
        bound="bound" if multi else "limit",
        refused_reading=_refused_reading(gated, lossy),
        reading_text=_reading_text(gated, lossy),
        try_publish_text=text.comment_lines(_try_publish_text(channel)),
        producer_side=_producer_side(channel, message_type, parks[0], multi),
        consumer_side=_consumer_side(channel, message_type, parks[1], f"&{c}_cell_of_(ch, position)->stamp"),
        producer_parks=parks[0],
        consumer_parks=parks[1],
        close_partners=close_partners(("F4", parks[1]), ("F9", parks[0])),
        info=tuple(
            text.c_string(part)
            for part in (channel.name, channel.doc, algorithm.name, channel.producers.kind, channel.consumers.kind, policy)
        ),
        algorithm=algorithm.name,
    )


def is_lossy(channel: Channel) -> bool:
    """Whether a subscriber may be overtaken by a producer."""
    return not is_gated(channel) or channel.consumers.lossy


def settles(channel: Channel) -> bool:
    """Whether a producer may settle at the slowest subscriber's heels: one that is held back. Many share what they know of it."""
    return is_gated(channel) and channel.producers.kind != "multi"


def settle(channel: Channel) -> int:
    """Pauses, once, of a producer that finds little room; 0 none."""
    if not settles(channel):
        return 0
    return SETTLE if channel.tune.settle is None else channel.tune.settle


def broadcast_layout(schema: Schema, channel: Channel) -> layout.ChannelLayout:
    assert channel.message is not None
    line, spacing = layout.target_line_spacing(schema)
    message = layout.message_layout(channel.message)
    stride = layout.round_up(layout.round_up(message.size, STAMP_BYTES) + STAMP_BYTES, max(line, message.align))
    words = broadcast_words(channel, *_parks(channel))
    return layout.channel_layout(channel, words, line, spacing, stride, places=channel.consumers.count)


def broadcast_words(channel: Channel, producer_parks: bool, consumer_parks: bool) -> list[list[tuple[str, str, str, str]]]:
    """The words of a broadcast, in groups that share a spacing: (type, name, writer, doc)."""
    multi, gated = channel.producers.kind == "multi", is_gated(channel)
    claimed = "claimed" if multi else "published"
    front = [("ringc_seq", "next", "producers" if multi else "producer", f"sequence of the next message to be {claimed}")]
    if gated:
        front.append(("ringc_seq", "limit", "producers" if multi else "producer", "messages before it may be written"))
    if gated and multi:
        front.append(("ringc_seq", "bound", "producers", "the limit goes no further until cursors are looked at again"))
    cold = [
        ("ringc_seq", "first", "init", "sequence of the first message of all"),
        ("uint32_t", "closed", "close", "1 once the channel is closed"),
        ("uint32_t", "flags", "init", "RINGC_SHARED or 0, and what init found out"),
    ]
    if not multi:
        cold.append(("uint32_t", "producer_held", "open, close", "1 while a producer handle is open"))
    groups = [front, cold]
    if producer_parks:
        groups.append([("uint32_t", "producer_parked", "both sides", "futex word: odd while a producer may sleep" if multi else "futex word: 1 while the producer sleeps")])
    if consumer_parks:
        groups.append([("uint32_t", "subscriber_parked", "both sides", "futex word: odd while a subscriber may sleep")])
    return groups


def _parks(channel: Channel) -> tuple[bool, bool]:
    """Whether producers and subscribers sleep on a futex."""
    producer, consumer = (in_force(wait).strategy == "park" for wait in (channel.wait_producer, channel.wait_consumer))
    return producer and channel.full is not None and channel.full.policy == "block", consumer


def _producer_side(channel: Channel, message: str, parks: bool, many: bool) -> SidePlan:
    return SidePlan(
        name="producer", h="p", verb="publish", message=f"const {message} *message", pending="RINGC_FULL", what="room",
        until="a slot is free", index="cursor or the stamp" if many else "cursor", parks=parks, parked="producer_parked",
        wait=wait_expression(in_force(channel.wait_producer), channel.tune.pause is not False), text=wait_text(in_force(channel.wait_producer)),
        sleep_fence="F9", wake_fence="F8", blocking_does="Publishes one message, waiting for a free slot as the schema says.",
        closed_means="nothing was published", many=many,
    )  # fmt: skip


def _consumer_side(channel: Channel, message: str, parks: bool, stamp: str) -> SidePlan:
    wait = channel.wait_consumer
    return SidePlan(
        name="subscriber", h="s", verb="recv", message=f"{message} *message", pending="RINGC_EMPTY", what="messages",
        until="the message is there", index="stamp", parks=parks, parked="subscriber_parked",
        wait=wait_expression(wait, channel.tune.pause is not False), text=wait_text(channel.wait_consumer),
        sleep_fence="F4", wake_fence="F3", blocking_does="", closed_means="", many=True, bare=BARE_LOOKS, watched=watched(wait, stamp),
    )  # fmt: skip


def _refused_reading(gated: bool, lossy: bool) -> str:
    if not lossy:
        return "kind != RINGC_GATING"
    others = " && kind != RINGC_GATING" if gated else ""
    return f"reading != RINGC_LOSSY && kind != RINGC_TRACKED{others}"


def _reading_text(gated: bool, lossy: bool) -> tuple[str, ...]:
    gating = "RINGC_GATING: producers do not overwrite what it has not given back yet"
    if not lossy:
        return (gating,)
    lines = ("RINGC_LOSSY: nobody waits for it; it is told how much it missed", "RINGC_TRACKED: the same, but others may follow it")
    return (gating, *lines) if gated else lines


def _try_publish_text(channel: Channel) -> str:
    assert channel.full is not None
    refused = "RINGC_CLOSED: nothing was published."
    if is_gated(channel):
        return f"RINGC_FULL, {refused}"
    if channel.producers.kind == "multi":
        return f"RINGC_FULL: the one that claimed the same slot a lap ago is still writing; that or {refused}"
    return refused


def _contract(channel: Channel) -> str:
    assert channel.full is not None
    policy, watermark = channel.full.policy, channel.full.watermark
    room = f"{channel.capacity - watermark} messages beyond the slowest gating subscriber"
    full = {
        "overwrite": "The publisher never waits; a subscriber that it laps is told how many messages it missed.",
        "reject": f"A message more than {room} is refused with RINGC_FULL.",
        "block": f"For a message more than {room}, publish waits: the producer {wait_text(in_force(channel.wait_producer))}.",
    }[policy]
    if is_gated(channel):
        full += (" A subscriber may be lossy instead: nobody waits for it." if channel.consumers.lossy else
                 " All subscribers gate, so messages are built and read in place.")
    if channel.producers.kind == "multi":
        full += " All subscribers see the messages of all producers in one order. A producer that dies inside a call stops everyone until close."
    return f"{full} When nothing is there, recv waits: the subscriber {wait_text(channel.wait_consumer)}."
