"""The settings of the knobs that a sweep tries, as the schema of the benchmark's queues wants them.

A point is a size of message and a number of slots; at each, every variant is a queue of its own. What cannot be told apart at a
point (a distance that its ring is too small for) is tried once.
"""
from __future__ import annotations

from dataclasses import dataclass

POINTS = (
    (8, 64), (8, 1024), (8, 4096), (8, 65536), (32, 64), (32, 1024), (32, 4096), (56, 1024),
    (64, 64), (64, 1024), (64, 4096), (64, 65536), (256, 1024), (256, 4096),
)
LINE = 64  # bytes


@dataclass(frozen=True)
class Variant:
    """One setting of all knobs. release_share: the consumer gives slots back by this share of the ring, 0 each."""

    layout: str
    per_line: int  # messages that share a stamp; 1 for packed
    release_share: int
    producer: int  # lines that it fetches ahead
    consumer: int
    settle: int  # pauses

    @property
    def name(self) -> str:
        """Fit for C."""
        form = "p" if self.layout == "packed" else f"s{self.per_line}"
        return f"{form}_r{self.release_share}_p{self.producer}_c{self.consumer}_t{self.settle}"

    def tune(self, slots: int) -> str:
        """The value of the schema's key `tune` for a ring of so many slots."""
        release = "each" if self.release_share == 0 else str(max(1, slots // self.release_share))
        goal = "latency" if self.layout == "stamped" and self.per_line == 1 else "throughput"
        prefetch = f"{{producer: {self.producer}, consumer: {self.consumer}}}"
        return f"{{goal: {goal}, layout: {self.layout}, release: {release}, prefetch: {prefetch}, settle: {self.settle}, pause: false}}"


def variants(size: int, slots: int) -> list[Variant]:
    """All that a sweep tries at one point. size: bytes of a message."""
    together = _messages_a_line(size)
    packed = [
        Variant("packed", 1, share, producer, consumer, settle)
        for share in (0, 4)
        for producer, consumer in ((0, 0), (8, 0), (16, 0), (32, 0), (0, 16), (16, 16))
        for settle in (0, 32)
        if 4 * max(producer, consumer) * LINE <= size * slots
    ]
    alone = [Variant("stamped", 1, share, producer, 0, 0) for share in (0, 4) for producer in (0, 1, 8)]
    shared = [Variant("stamped", together, share, 0, consumer, settle) for share in (0, 4) for consumer in (0, 1) for settle in (0, 16)]
    return packed + alone + (shared if together > 1 else [])


def _messages_a_line(size: int) -> int:
    """As the compiler counts them where it may: a power of two, beside a stamp of 8 bytes."""
    count = 1
    while 2 * count * size + 8 <= LINE:
        count *= 2
    return count
