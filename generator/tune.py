"""The knobs of a ring: what `tune` and the schema ask for, made into numbers by the measured rules.

A schema may set a knob; what it leaves out comes from the first rule of the target's profile that fits the goal, the size of
the message and that of the ring. A profile is data (profiles/*.yaml), measured by bench/tune; see docs/performance.md.
"""

from dataclasses import dataclass

from . import layout
from .model import Channel
from .profile import Profile, Rule


STAMP_BYTES = 8


@dataclass(frozen=True)
class Knobs:
    """What is in force for one channel. asked: the names of the knobs that the schema set itself."""

    layout: str  # packed | stamped
    per_line: int  # messages that share a stamp; a power of two
    stride: int  # bytes from one slot (packed) or line (stamped) to the next
    release: int  # slots that the consumer gives back together; 1 is `each`
    prefetch_producer: int  # distance in lines, 0 none
    prefetch_consumer: int
    settle: int  # pauses, 0 none
    pause: bool  # pause instruction in the schema's spin loops
    asked: frozenset[str] = frozenset()


def knobs(channel: Channel, line: int, profile: Profile) -> Knobs:
    """The knobs of an SPSC ring. `line` is in bytes."""
    assert channel.message is not None
    if channel.full is not None and channel.full.policy == "drop_oldest":
        return _without_knobs(channel)
    size = layout.message_layout(channel.message).size
    rule = profile.rule(channel.tune.goal, size, size * channel.capacity)
    tune = channel.tune
    form = tune.layout or rule.layout
    per_line = _messages_a_line(size, line, channel, rule) if form == "stamped" else 1
    stride = layout.round_up(per_line * size, STAMP_BYTES) + STAMP_BYTES if form == "stamped" else size
    stride = layout.round_up(stride, max(line, layout.message_layout(channel.message).align)) if form == "stamped" else size
    return Knobs(
        layout=form,
        per_line=per_line,
        stride=stride,
        release=_release(channel, rule),
        prefetch_producer=rule.prefetch_producer if tune.prefetch_producer is None else tune.prefetch_producer,
        prefetch_consumer=rule.prefetch_consumer if tune.prefetch_consumer is None else tune.prefetch_consumer,
        settle=rule.settle if tune.settle is None else tune.settle,
        pause=rule.pause if tune.pause is None else tune.pause,
        asked=asked(channel),
    )


def asked(channel: Channel) -> frozenset[str]:
    """The knobs that the schema sets for this channel, by their names here."""
    names = ("layout", "release", "prefetch_producer", "prefetch_consumer", "settle", "pause")
    return frozenset(name for name in names if getattr(channel.tune, name) is not None)


def _without_knobs(channel: Channel) -> Knobs:
    """drop_oldest: either side may take the head at any time, so that nothing may be fetched, kept or stamped ahead."""
    assert channel.message is not None
    pause = True if channel.tune.pause is None else channel.tune.pause
    return Knobs("packed", 1, layout.message_layout(channel.message).size, 1, 0, 0, 0, pause, asked(channel))


def _messages_a_line(size: int, line: int, channel: Channel, rule: Rule) -> int:
    """A power of two that fits beside a stamp, at most what the rule wants and the ring has. A large message has lines of its own."""
    count = 1
    while 2 * count * size + STAMP_BYTES <= line and 2 * count <= min(rule.per_line, channel.capacity):
        count *= 2
    return count


def _release(channel: Channel, rule: Rule) -> int:
    if channel.tune.release is not None:
        return channel.tune.release
    return max(1, channel.capacity // rule.release_share) if rule.release_share else 1


@dataclass(frozen=True)
class Fetch:
    """Fetching ahead, once for every `step` slots: the lines of the `step` slots that begin `ahead` slots further on.

    needed: slots that must be known to be this side's, `ahead` and the fetched ones. lines: how many to fetch at a time."""

    step: int
    ahead: int
    needed: int
    lines: int


def fetch(distance: int, channel: Channel, in_force: Knobs, line: int) -> Fetch | None:
    """None where the distance (in lines) is 0, or the ring too small for it."""
    if distance == 0:
        return None
    step = in_force.per_line if in_force.layout == "stamped" else _power_of_two_up_to(line // in_force.stride)
    bytes_a_step = in_force.stride if in_force.layout == "stamped" else step * in_force.stride
    ahead = layout.round_up(-(-distance * line // bytes_a_step) * step, step)
    if 2 * (ahead + step) > channel.capacity:
        return None
    return Fetch(step, ahead, ahead + step - 1, -(-bytes_a_step // line))


def _power_of_two_up_to(value: int) -> int:
    return 1 << max(0, value.bit_length() - 1)
