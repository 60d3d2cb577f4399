"""What a report says of each scenario: the order, the words, the kind of plot, and which of our contenders is judged.

A scenario that is not in the table is shown all the same, as bars, under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_CONTENDER = "ringc balanced"  # what a schema gets that says nothing
OVERWRITE, GATED = "ringc overwrite", "ringc gated"  # of the broadcasts


@dataclass(frozen=True)
class Scenario:
    """`judged` says whether there is a verdict; it is about the first of the scenario's metrics."""

    title: str
    what: str
    kind: str  # a key of figures.PLOTS
    judged: bool = True
    ours: str = DEFAULT_CONTENDER
    tunes: bool = True  # whether our other contenders answer the same question


SCENARIOS = {
    "pace": Scenario(
        "Riding the tip: a producer with work of its own",
        "The producer works for a while between two messages. The nearer to the ideal line, the less the queue costs; "
        "a queue whose consumer fights for the line that is being written rises far above it.",
        "pace",
    ),
    "saturated": Scenario(
        "Saturated, one message at a time",
        "Both sides as fast as they can, one push and one pop a message.",
        "throughput",
    ),
    "batch": Scenario(
        "Batches of 64",
        "Both sides as fast as they can, through the batch calls where a queue has them.",
        "throughput",
    ),
    "round_trip": Scenario(
        "Round trip",
        "One message there over one ring and back over another, never two under way.",
        "latency",
    ),
    "one_way": Scenario(
        "One way, at a steady rate",
        "From the time at which a message was due to be sent until it has been read, so that a stall counts against every "
        "message that it delays.",
        "latency",
    ),
    "burst": Scenario(
        "Bursts",
        "From the start of a burst until its last message has been read.",
        "burst",
    ),
    "single_thread": Scenario(
        "Push and pop on one thread",
        "No second thread, no shared line: what the instructions alone cost.",
        "cost",
    ),
    "single_thread_cycles": Scenario(
        "Push and pop on one thread, in cycles",
        "The same in ticks of the processor's counter.",
        "cost",
        judged=False,
    ),
    "wake_up": Scenario(
        "Waking a consumer that waits",
        "From a push to the return of the pop that waited for it. Judged is the strategy that sleeps, as the peers do.",
        "wait",
        ours="ringc park",
        tunes=False,
    ),
    "idle": Scenario(
        "What an idle pair costs",
        "Processor time of two threads that wait for a message that does not come.",
        "wait",
        judged=False,
        ours="ringc park",
        tunes=False,
    ),
    "broadcast_gated": Scenario(
        "Broadcast, held by its subscriber",
        "One publisher and one subscriber that it waits for, both as fast as they can. The others, ringc balanced too, are "
        "queues.",
        "throughput",
        ours=GATED,
    ),
    "broadcast_lossy": Scenario(
        "Broadcast, waiting for nobody",
        "What a publish costs while a subscriber reads all the time on another processor, and what share of the messages it "
        "receives. A queue that is full drops the message.",
        "cost",
        judged=False,
        ours=OVERWRITE,
    ),
    "broadcast_round_trip": Scenario(
        "Round trip over two broadcasts",
        "One message there over one channel and back over another, never two under way.",
        "latency",
        ours=OVERWRITE,
    ),
    "broadcast_fan_out": Scenario(
        "Fan-out on one thread",
        "One publish, and each subscriber receives the message. The others, ringc balanced too, have a queue for each.",
        "cost",
        ours=OVERWRITE,
    ),
    "broadcast_payload": Scenario(
        "Publish and receive on one thread, by the size of the message",
        "No second thread, no shared line; one subscriber.",
        "sizes",
        ours=OVERWRITE,
    ),
    "broadcast_alone": Scenario(
        "Publish to nobody",
        "No subscriber: what a publish costs that no one reads.",
        "sizes",
        judged=False,
        ours=OVERWRITE,
    ),
}


def about(name: str) -> Scenario:
    return SCENARIOS.get(name) or Scenario(name.replace("_", " ").capitalize(), "", "cost")


def in_order(names: list[str]) -> list[str]:
    """As in the table; those that it does not know come last, as they came."""
    known = list(SCENARIOS)
    return sorted(names, key=lambda name: known.index(name) if name in known else len(known))
