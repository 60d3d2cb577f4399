"""Which combinations of producers, consumers and full policy exist: the one table.

Each of the combinations has either the algorithm that implements it or the sentence that says why there is none and what is near.
A signal and a latest channel have no full policy; "signal" and "latest" stand in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from .model import Channel

PRODUCERS = ("single", "multi", "sharded", "upgrade", "local")
CONSUMERS = ("single", "workers", "broadcast")
POLICIES = ("reject", "block", "drop_oldest", "overwrite", "signal", "latest")


@dataclass(frozen=True)
class Algorithm:
    """What implements a row. `built`: this compiler generates it already."""

    name: str
    title: str
    built: bool = False


@dataclass(frozen=True)
class Refusal:
    """Why there is no such row; `key` is the channel's key that is the odd one out."""

    sentence: str
    key: str


SPSC = Algorithm("spsc", "SPSC ring, cached peer index", built=True)
SPSC_DROP_OLDEST = Algorithm("spsc_drop_oldest", "SPSC ring whose oldest message either side may claim", built=True)
SHARDED = Algorithm("sharded", "an SPSC ring per producer, one consumer that sweeps them")
SHARED_CLAIM = Algorithm("shared_claim", "shared-claim ring, a lap stamp per slot")
BROADCAST_OVERWRITE = Algorithm("broadcast_overwrite", "stamped slots, lag detected by the reader", built=True)
BROADCAST_GATED = Algorithm("broadcast_gated", "stamped slots, gated by the slowest gating subscriber", built=True)
SIGNAL = Algorithm("signal", "one pending flag per token and a FIFO of tokens")
LATEST = Algorithm("latest", "one stamped slot")
UPGRADE = Algorithm("upgrade", "SPSC ring that becomes a shared-claim ring when a second producer opens")

_QUEUE = ("reject", "block", "drop_oldest")
_ANY = ("reject", "block", "drop_oldest", "overwrite")

#: (producers, consumers, policies, what there is). The first row that fits counts.
ROWS: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], Algorithm | Refusal], ...] = (
    (("single",), ("single",), ("reject", "block"), SPSC),
    (("single",), ("single",), ("drop_oldest",), SPSC_DROP_OLDEST),
    (("sharded",), ("single",), _QUEUE, SHARDED),
    (("multi",), ("single", "workers"), _QUEUE, SHARED_CLAIM),
    (("single",), ("workers",), _QUEUE, SHARED_CLAIM),
    (("single", "multi"), ("broadcast",), ("overwrite",), BROADCAST_OVERWRITE),
    (("single", "multi"), ("broadcast",), ("reject", "block"), BROADCAST_GATED),
    (("single", "multi", "local"), ("single",), ("signal",), SIGNAL),
    (("single",), ("single", "broadcast"), ("latest",), LATEST),
    (("upgrade",), ("single",), ("reject", "block"), UPGRADE),

    (("local",), CONSUMERS, (*_ANY, "latest"), Refusal(
        "'local' is for a signal, whose consumer may notify itself; use 'single'", "producers")),
    (("sharded",), ("broadcast",), _ANY, Refusal(
        "subscribers share one sequence of messages, and shards have one each; use 'single' or 'multi' producers", "producers")),
    (("sharded",), ("workers",), _ANY, Refusal(
        "one consumer sweeps the shards, so they have no workers; use 'consumers: single', or 'producers: multi'", "consumers")),
    (("upgrade",), ("workers", "broadcast"), _ANY, Refusal(
        "a producer that can be upgraded exists for one consumer only; use 'consumers: single', or 'producers: multi'", "producers")),
    (("upgrade",), ("single",), ("drop_oldest",), Refusal(
        "a producer that can be upgraded cannot drop the oldest; use 'block' or 'reject', or 'producers: multi'", "full")),
    (PRODUCERS, ("broadcast",), ("drop_oldest",), Refusal(
        "a broadcast has no oldest message to drop, each subscriber has a place of its own; "
        "use 'overwrite', which tells a lapped subscriber how much it missed, or 'reject'", "full")),
    (PRODUCERS, ("single", "workers"), ("overwrite",), Refusal(
        "'overwrite' is for subscribers, who each see every message and can tell what they missed; "
        "use 'drop_oldest', or 'consumers: {broadcast: N}'", "full")),
    (("sharded", "upgrade"), CONSUMERS, ("signal",), Refusal(
        "a signal has one flag per token whoever sets it; use 'multi'", "producers")),
    (PRODUCERS, ("workers", "broadcast"), ("signal",), Refusal("a signal has one consumer", "consumers")),
    (("multi", "sharded", "upgrade"), CONSUMERS, ("latest",), Refusal(
        "a latest channel has one writer; use 'single', or a broadcast with 'full: overwrite'", "producers")),
    (PRODUCERS, ("workers",), ("latest",), Refusal(
        "the newest value is for every reader, not for one of several workers; use 'single' or '{broadcast: N}'", "consumers")),
)


def _expand() -> dict[tuple[str, str, str], Algorithm | Refusal]:
    table: dict[tuple[str, str, str], Algorithm | Refusal] = {}
    for producers, consumers, policies, outcome in ROWS:
        for key in product(producers, consumers, policies):
            table.setdefault(key, outcome)
    return table


#: (producers kind, consumers kind, policy) -> the algorithm, or why there is none. Every combination has an entry.
TABLE = _expand()


def lookup(producers: str, consumers: str, policy: str) -> Algorithm | Refusal:
    """The entry for words out of PRODUCERS, CONSUMERS and POLICIES."""
    return TABLE[producers, consumers, policy]


def policy_of(channel: Channel) -> str:
    """The channel's full policy, or "signal" or "latest" for a channel that has none; "" when it is broken."""
    return channel.kind if channel.full is None else channel.full.policy


def is_gated(channel: Channel) -> bool:
    """Whether it is a broadcast whose slowest gating subscriber holds the producers."""
    return channel.kind == "broadcast" and channel.full is not None and channel.full.policy in ("reject", "block")


def of(channel: Channel) -> Algorithm | Refusal | None:
    """The entry for a channel; None when a part of it is broken (which has been reported)."""
    return TABLE.get((channel.producers.kind, channel.consumers.kind, policy_of(channel)))


def algorithm_of(channel: Channel) -> Algorithm:
    """The algorithm of a channel that `check` has passed."""
    outcome = of(channel)
    assert isinstance(outcome, Algorithm)
    return outcome


def rows() -> list[tuple[str, str, str, str]]:
    """The table as a reader wants it: (producers, consumers, policies, what there is), one row per entry of ROWS."""
    return [(", ".join(producers), ", ".join(consumers), ", ".join(policies), _verdict(outcome)) for producers, consumers, policies, outcome in ROWS]


def _verdict(outcome: Algorithm | Refusal) -> str:
    if isinstance(outcome, Refusal):
        return f"none: {outcome.sentence}"
    return f"**{outcome.name}**: {outcome.title}" + ("" if outcome.built else " (checked, not generated yet)")
