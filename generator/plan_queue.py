"""The plan of one queue: every name, number and sentence that its template prints."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import layout, profile, text, tune
from .legality import algorithm_of
from .model import Channel, Schema, Wait
from .waits import in_force, wait_expression, wait_text

if TYPE_CHECKING:
    from .plan import MessagePlan


@dataclass(frozen=True)
class WordPlan:
    name: str
    declaration: str
    comment: str
    offset: str  # C expression


@dataclass(frozen=True)
class SidePlan:
    """One side of a queue, in the words that the waiting code is made of; the labels are those of the header's ordering table."""

    name: str  # producer | consumer
    h: str  # name of the handle parameter
    verb: str  # push | pop
    message: str  # parameter declaration of the message
    pending: str  # status while there is nothing for this side
    what: str  # room | messages
    until: str
    index: str  # the word that the other side stores before it looks for a sleeper
    parks: bool
    parked: str  # futex word
    wait: str  # constructor of the schema's strategy
    text: str  # the same in words
    sleep_fence: str
    wake_fence: str
    blocking_does: str
    closed_means: str
    many: bool = False  # several may sleep on the word
    bare: int = 0  # looks without a pause before the strategy begins
    watched: str = ""  # C, of `ch` and `position`: the word to watch, where the schema's strategy is monitor

    @property
    def says(self) -> tuple[str, ...]:
        """What the schema says of its waits, as lines of a comment."""
        return text.comment_lines(f"The same as the schema says: it {self.text}.", width=112)

    @property
    def who(self) -> str:
        """Who may call."""
        return f"Any {self.name}" if self.many else f"The {self.name} only"

    @property
    def unpark(self) -> str:
        return "ringc_unpark_all_" if self.many else "ringc_unpark_"


@dataclass(frozen=True)
class FetchPlan:
    """Fetching lines ahead: once where `when` (C, ends in " && ", or "") holds, the lines at `offsets` (C, added to its address) of
    the slot `ahead` slots further on, if more than `needed` slots are this side's. which: in words. step: slots that one fetch is good for."""

    when: str
    ahead: int
    needed: int
    offsets: tuple[str, ...]
    which: str
    step: int


@dataclass(frozen=True)
class ChannelPlan:
    """One single-producer single-consumer queue."""

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
    size: int
    spacing: int
    line: int
    words: tuple[WordPlan, ...]
    slots_offset: int
    guard_offset: int
    slots_text: str
    stamped: bool
    per_line: int  # messages that share a stamp
    lines: int
    stride: int  # bytes from one slot to the next, of a stamped ring from one line to the next
    line_align: int
    line_index: str  # C expression of `index`, of the line of a slot
    slots_member: str  # slots | lines
    pieces: str  # where slots stop lying in one piece, in words
    published: str  # what the producer stores to publish: tail | stamp
    publishes: str  # the same as it stands in the table of orderings
    whole_before: str
    lazy: bool
    release: int  # slots that go back together
    guaranteed: int
    guaranteed_note: str
    fetch_room: "FetchPlan | None"
    fetch_messages: "FetchPlan | None"
    line_is_full: str  # C condition on `c`, "" where a line holds one message
    fetch_line: int  # of a stamped ring: so many slots ahead of a line that was found full, the next is fetched; 0 none
    settle: int  # pauses, 0 none
    few_messages: str  # C condition on `n`, messages found: so few that the consumer is at the producer's heels
    little_room: str  # the same of slots found
    policy: str
    blocks: bool
    evicts: bool
    drop: str
    load: str  # how a message leaves a slot outside the hot path: get | load
    producer_side: SidePlan
    consumer_side: SidePlan
    producer_parks: bool
    consumer_parks: bool
    close_partners: str  # labels of the fences of the sides that park
    info: tuple[str, ...]  # strings of its descriptor: name, doc, algorithm, producers, consumers, full
    algorithm: str


def queue_plan(schema: Schema, channel: Channel, message: "MessagePlan", message_type: str) -> ChannelPlan:
    assert channel.message is not None and channel.full is not None
    c = f"{schema.prefix}_{channel.name}"
    policy = channel.full.policy
    producer, consumer = in_force(channel.wait_producer), in_force(channel.wait_consumer)
    blocks, evicts = policy == "block", policy == "drop_oldest"
    producer_parks, consumer_parks = blocks and producer.strategy == "park", consumer.strategy == "park"
    line, _ = layout.target_line_spacing(schema)
    knobs = knobs_of(schema, channel)
    laid = queue_layout(schema, channel)
    algorithm = algorithm_of(channel)
    stamped = knobs.layout == "stamped"
    published = "stamp" if stamped else "tail"
    return ChannelPlan(
        name=text.neutral(channel.name),
        c=c,
        macro=c.upper(),
        guard=f"{c.upper()}_H",
        template="spsc_drop_oldest.h.j2" if evicts else "spsc.h.j2",
        message=message,
        message_type=message_type,
        doc=text.comment_lines(channel.doc),
        contract=text.comment_lines(_contract(channel, blocks, knobs), width=90),
        capacity=channel.capacity,
        size=laid.size,
        spacing=laid.spacing,
        line=laid.line,
        words=aligned(word_plan(word, laid.spacing, n == 0) for group in laid.groups for n, word in enumerate(group)),
        slots_offset=laid.slots_offset,
        guard_offset=laid.guard_offset,
        slots_text=_slots_text(channel, message.size, knobs),
        stamped=stamped,
        per_line=knobs.per_line,
        lines=channel.capacity // knobs.per_line,
        stride=knobs.stride,
        line_align=max(line, message.align),
        line_index=f"index / {knobs.per_line}u" if knobs.per_line > 1 else "index",
        slots_member="lines" if stamped else "slots",
        pieces=_pieces(knobs),
        published=published,
        publishes="stamp = next " if stamped else "tail = next  ",
        whole_before="its stamp says so" if stamped else "its index moves",
        lazy=knobs.release > 1,
        release=knobs.release,
        guaranteed=channel.capacity - knobs.release + 1,
        guaranteed_note=f"; the consumer gives slots back {knobs.release} at a time" if knobs.release > 1 else "",
        fetch_room=_fetch_plan(knobs.prefetch_producer, channel, knobs, line),
        fetch_messages=None if stamped else _fetch_plan(knobs.prefetch_consumer, channel, knobs, line),
        line_is_full=f"(c->limit & {knobs.per_line - 1}u) == 0" if knobs.per_line > 1 else "",
        fetch_line=knobs.per_line * knobs.prefetch_consumer if stamped and 2 * knobs.per_line * (knobs.prefetch_consumer + 1) <= channel.capacity else 0,
        settle=0 if knobs.layout == "stamped" and knobs.per_line == 1 else knobs.settle,
        few_messages=_few(channel, knobs),
        little_room=little(channel.capacity),
        policy=policy,
        blocks=blocks,
        evicts=evicts,
        drop=channel.message.drop,
        load="load" if evicts else "get",
        producer_side=_producer_side(channel, message_type, producer_parks, knobs.pause),
        consumer_side=_consumer_side(channel, message_type, consumer_parks, knobs.pause, published, _stamp_or_tail(c, stamped)),
        producer_parks=producer_parks,
        consumer_parks=consumer_parks,
        close_partners=close_partners(("F2", consumer_parks), ("F4", producer_parks)),
        info=tuple(
            text.c_string(part)
            for part in (channel.name, channel.doc, algorithm.name, channel.producers.kind, channel.consumers.kind, policy)
        ),
        algorithm=algorithm.name,
    )


def close_partners(*fences: tuple[str, bool]) -> str:
    """The labels of the fences of the sides that park, of (label, parks)."""
    return " and ".join(label for label, parks in fences if parks)


def knobs_of(schema: Schema, channel: Channel) -> tune.Knobs:
    """The knobs in force. One header serves all targets, so the first of them decides."""
    line, _ = layout.target_line_spacing(schema)
    return tune.knobs(channel, line, profile.of_target(schema.targets[0]))


def queue_layout(schema: Schema, channel: Channel) -> layout.ChannelLayout:
    assert channel.full is not None
    line, spacing = layout.target_line_spacing(schema)
    parks = [in_force(wait).strategy == "park" for wait in (channel.wait_producer, channel.wait_consumer)]
    policy = channel.full.policy
    words = queue_words(policy == "drop_oldest", policy == "block" and parks[0], parks[1])
    knobs = knobs_of(schema, channel)
    return layout.channel_layout(channel, words, line, spacing, knobs.stride, channel.capacity // knobs.per_line)


def _few(channel: Channel, knobs: tune.Knobs) -> str:
    """Of a packed ring: less than a quarter of it. Of a stamped one: a line that is not full."""
    if knobs.layout == "stamped":
        return f"n > 1 && (view.limit & {knobs.per_line - 1}u) != 0"
    return little(channel.capacity)


def little(slots: int) -> str:
    """C condition on `n`: little of that many. One alone says nothing: a thread that pushes and pops by turns finds just that."""
    return f"n > 1 && n < {max(3, slots // 4)}u"


def _slots_text(channel: Channel, size: int, knobs: tune.Knobs) -> str:
    if channel.full is not None and channel.full.policy == "drop_oldest":
        return f"the newest {channel.capacity} messages of {size} bytes"
    if knobs.layout == "packed":
        return f"{channel.capacity} slots of {size} bytes"
    a_line = "one message" if knobs.per_line == 1 else f"{knobs.per_line} messages"
    return f"{channel.capacity} slots, {a_line} of {size} bytes and a stamp in every {knobs.stride}"


def _pieces(knobs: tune.Knobs) -> str:
    if knobs.layout == "packed":
        return "so never beyond the ring's end"
    return "one at a time here" if knobs.per_line == 1 else f"so never beyond the end of a line of {knobs.per_line}"


def _fetch_plan(distance: int, channel: Channel, knobs: tune.Knobs, line: int) -> FetchPlan | None:
    found = tune.fetch(distance, channel, knobs, line)
    if found is None:
        return None
    return FetchPlan(
        when=f"(position & {found.step - 1}u) == 0 && " if found.step > 1 else "",
        ahead=found.ahead,
        needed=found.needed,
        offsets=tuple(f" + {n * line}" if n else "" for n in range(found.lines)),
        which="the next line" if distance == 1 else f"the line {distance} lines further on",
        step=found.step,
    )


def queue_words(evicts: bool, producer_parks: bool, consumer_parks: bool) -> list[list[tuple[str, str, str, str]]]:
    """The words of a single × single queue, in groups that share a spacing: (type, name, writer, doc)."""
    tail = [("ringc_seq", "tail", "producer", "sequence of the next message to be pushed")]
    if evicts:
        tail.append(("ringc_seq", "dropped", "producer", "messages evicted so far"))
    head_writer, head_doc = ("both sides, by CAS", "oldest message that nobody has claimed") if evicts else (
        "consumer", "sequence of the next message to be popped")
    cold = [
        ("uint32_t", "closed", "close", "1 once the channel is closed"),
        ("uint32_t", "flags", "init", "RINGC_SHARED or 0, and what init found out"),
        ("uint32_t", "producer_held", "open, close", "1 while a producer handle is open"),
        ("uint32_t", "consumer_held", "open, close", "1 while a consumer handle is open"),
    ]
    groups = [tail, [("ringc_seq", "head", head_writer, head_doc)], cold]
    if producer_parks:
        groups.append([("uint32_t", "producer_parked", "both sides", "futex word: 1 while the producer sleeps")])
    if consumer_parks:
        groups.append([("uint32_t", "consumer_parked", "both sides", "futex word: 1 while the consumer sleeps")])
    return groups


def word_plan(word: layout.Word, spacing: int, first: bool) -> WordPlan:
    offset = f"{word.offset64}" if word.offset64 == word.offset32 else (
        f"(RINGC_SEQ_BITS == 64 ? {word.offset64} : {word.offset32})")
    aligned = f"RINGC_ALIGNAS({spacing}) " if first else ""
    return WordPlan(word.name, f"{aligned}{word.type} {word.name};", f"{word.doc}; written by {word.writer}", offset)


def watched(wait: Wait, word: str) -> str:
    """The word, if the strategy is one that watches it."""
    return word if wait.strategy == "monitor" else ""


def _stamp_or_tail(c: str, stamped: bool) -> str:
    return f"&{c}_line_of_(ch, position)->stamp" if stamped else "&ch->tail"


def _producer_side(channel: Channel, message: str, parks: bool, pause: bool) -> SidePlan:
    wait = channel.wait_producer
    return SidePlan(
        name="producer", h="p", verb="push", message=f"const {message} *message", pending="RINGC_FULL", what="room",
        until="a slot is free", index="head", parks=parks, parked="producer_parked", wait=wait_expression(wait, pause),
        text=wait_text(channel.wait_producer), sleep_fence="F4", wake_fence="F3",
        blocking_does="Pushes one message, waiting for a free slot as the schema says.",
        closed_means="nothing was pushed", watched=watched(wait, "&ch->head"),
    )  # fmt: skip


def _consumer_side(channel: Channel, message: str, parks: bool, pause: bool, published: str, word: str) -> SidePlan:
    wait = channel.wait_consumer
    return SidePlan(
        name="consumer", h="c", verb="pop", message=f"{message} *message", pending="RINGC_EMPTY", what="messages",
        until="a message is there", index=published, parks=parks, parked="consumer_parked", wait=wait_expression(wait, pause),
        text=wait_text(channel.wait_consumer), sleep_fence="F2", wake_fence="F1",
        blocking_does="Pops one message, waiting for it as the schema says.",
        closed_means="closed, and nothing is left", watched=watched(wait, word),
    )  # fmt: skip


def _contract(channel: Channel, blocks: bool, knobs: tune.Knobs) -> str:
    full = {
        "reject": "When full, a push is refused with RINGC_FULL.",
        "block": f"When full, push waits: the producer {wait_text(channel.wait_producer)}.",
        "drop_oldest": "When full, a push evicts the oldest message; dropped() counts them exactly.",
    }[channel.full.policy if channel.full else "reject"]
    if knobs.release > 1:
        full += f" Slots come back {knobs.release} at a time, or when the consumer has taken all it knew of: {channel.capacity - knobs.release + 1} can always be filled."
    return f"{full} When empty, pop waits: the consumer {wait_text(channel.wait_consumer)}."


def aligned(members: Iterable) -> tuple:
    """The same members with their declarations padded so that the comments behind them start in one column."""
    members = tuple(members)
    width = max(len(member.declaration) for member in members if member.comment) if any(m.comment for m in members) else 0
    return tuple(replace(m, declaration=m.declaration.ljust(width)) if m.comment else m for m in members)
